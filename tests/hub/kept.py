"""A log's file and its chores, without the thread that asks them."""

from pathlib import Path

from hub.log.age import Age
from hub.log.database import open_writer
from hub.log.readers import ReaderPool
from hub.log.retention import Retention
from tests.hub.log_files import NOON, Time, config
from tests.hub.parts import EPOCH


class Kept:
    """A log's file and its chores, without the thread; each step is checked."""

    def __init__(self, path: str, **settings: object) -> None:
        self.path = Path(path)
        self.connection = open_writer(path, "full", EPOCH)
        self.clock = Time()
        self.heard: list[int] = []
        age = Age(self.clock, self.clock.monotonic)
        self.readers = ReaderPool()
        self.chores = Retention(config(**settings), age, self.wal_bytes, self.readers, self.heard.append)
        self.steps = 0

    def reopen(self) -> None:
        self.connection.close()
        self.connection = open_writer(str(self.path), "full", EPOCH)

    def wal_bytes(self) -> int:
        return Path(f"{self.path}-wal").stat().st_size

    def fill(self, count: int, size: int = 300, *, time: float = NOON, apart: float = 0) -> None:
        """`count` more messages, the first said at `time`, then one each `apart` seconds."""
        ((head,),) = self.connection.execute("SELECT head FROM log").fetchall()
        rows = (
            (head + number, int((time + apart * number) * 1000), "a", 1, "", "x" * size, None)
            for number in range(1, count + 1)
        )
        self.connection.execute("BEGIN")
        self.connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.execute("UPDATE log SET head = head + ?", (count,))
        self.connection.execute("COMMIT")

    def prune(self, *, busy: bool = False) -> None:
        """All steps that there are to do; after each one what is kept has no holes, and the loop was told."""
        while self.chores.prune(self.connection, busy):
            self.steps += 1
            rows = "SELECT min(seq), max(seq), count(*), (SELECT head FROM log) FROM message"
            first, newest, count, head = self.connection.execute(rows).fetchone()
            assert newest == head
            assert count == head - first + 1
            assert self.heard[-1] == first
            assert not self.connection.in_transaction
        assert self.heard == sorted(set(self.heard))

    @property
    def seqs(self) -> tuple[int, int]:
        first, last = self.connection.execute("SELECT min(seq), max(seq) FROM message").fetchone()
        return first, last

    def pragma(self, name: str) -> int:
        return int(self.connection.execute(f"PRAGMA {name}").fetchone()[0])

    @property
    def used_bytes(self) -> int:
        return (self.pragma("page_count") - self.pragma("freelist_count")) * self.pragma("page_size")
