"""A log's file and the tasks of its maintenance, without the thread that runs them."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from hub.log.age import Age
from hub.log.database import open_writer
from hub.log.limits import Deletion, Limits
from hub.log.maintenance import Checkpoint
from hub.log.retention import Retention
from hub.log.tuning import DEFAULT, Tuning
from hub.search.index import SearchIndex
from tests.hub.log_files import NOON, Time, config
from tests.hub.parts import EPOCH

AT_ONCE: Final = replace(DEFAULT, keep_delay_seconds=0)  # A narrower limit takes effect at once.


class Kept:
    """A log's file and its maintenance. Checks the file after each step of retention."""

    def __init__(
        self, path: str, *, tuning: Tuning = AT_ONCE, index: SearchIndex | None = None, **settings: object
    ) -> None:
        self.path = Path(path)
        self.connection = open_writer(path, "full", EPOCH, tuning=tuning)
        self.clock = Time()
        self.pruned: list[int] = []
        self.index = index or SearchIndex()
        self.config = config(**settings)
        self.announced: list[Deletion | None] = []
        self.tune(tuning)
        self.steps = 0

    def tune(self, tuning: Tuning) -> None:
        """Make the tasks anew."""
        age = Age(self.clock, self.clock.monotonic)
        self.limits = Limits(self.config, age, self.announced.append, tuning.keep_delay_seconds)
        self.limits.begin(self.connection)
        self.retention = Retention(self.limits, age, self.index, self.pruned.append, tuning)
        self.checkpoint = Checkpoint(self.wal_bytes, tuning)
        self.expire_receipts = self.retention.expire_receipts

    def limit(self, **settings: object) -> None:
        self.config = self.limits.config = config(**settings)

    def reopen(self) -> None:
        self.connection.close()
        self.connection = open_writer(str(self.path), "full", EPOCH)

    def wal_bytes(self) -> int:
        return Path(f"{self.path}-wal").stat().st_size

    def fill(self, count: int, size: int = 300, *, time: float = NOON, apart: float = 0) -> None:
        """Store `count` more messages, the first at `time`, then one each `apart` seconds."""
        ((head,),) = self.connection.execute("SELECT head FROM log").fetchall()
        rows = (
            (head + number, int((time + apart * number) * 1000), "a", 1, "", "x" * size, None)
            for number in range(1, count + 1)
        )
        self.connection.execute("BEGIN")
        self.connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.execute("UPDATE log SET head = head + ?", (count,))
        self.connection.execute("COMMIT")

    def prune(self, *, urgent: bool = False) -> None:
        """Run all steps of retention. After each one the log has no holes, and the new first seq was reported."""
        step = self.retention.urgent_step if urgent else self.retention.step
        while step(self.connection):
            self.steps += 1
            rows = "SELECT min(seq), max(seq), count(*), (SELECT head FROM log) FROM message"
            first, newest, count, head = self.connection.execute(rows).fetchone()
            assert newest == head
            assert count == head - first + 1
            assert self.pruned[-1] == first
            assert not self.connection.in_transaction
        assert self.pruned == sorted(set(self.pruned))

    @property
    def seqs(self) -> tuple[int, int]:
        first, last = self.connection.execute("SELECT min(seq), max(seq) FROM message").fetchone()
        return first, last

    def pragma(self, name: str) -> int:
        return int(self.connection.execute(f"PRAGMA {name}").fetchone()[0])

    @property
    def used_bytes(self) -> int:
        return (self.pragma("page_count") - self.pragma("freelist_count")) * self.pragma("page_size")
