"""The connections that read, each for one reader at a time, and the moments in which there is none."""

import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final, TypeVar

from hub.log.database import open_reader

T = TypeVar("T")

# Longer than a writer holds (retention.py). One that hangs in a sync, or whose disk fails, may not come back to go on,
# and whoever waits here holds up the end of the server.
HELD_SECONDS: Final = 2.0


class ReaderPool:
    """`read` in any thread; `hold` and `go_on` in the writer's."""

    def __init__(self) -> None:
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._count = 0
        self._may_begin = threading.Event()
        self._may_begin.set()

    def open(self, path: str, count: int) -> None:
        for _ in range(count):
            self._idle.put(open_reader(path))
        self._count += count

    def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        while True:
            # Who begins all the same is in no danger: SQLite has its own locks.
            if late := not self._may_begin.wait(HELD_SECONDS):
                self.go_on()
            connection = self._idle.get()
            try:
                # Asked with the connection in hand: `hold` counts those that are not.
                if late or self._may_begin.is_set():
                    return function(connection)
            finally:
                self._idle.put(connection)

    def hold(self) -> bool:
        """Nobody begins from now on; true when those who had begun have ended."""
        self._may_begin.clear()
        return self._idle.qsize() == self._count

    def go_on(self) -> None:
        self._may_begin.set()

    def close(self) -> None:
        """When nobody reads any more. Safe to call twice."""
        while not self._idle.empty():
            self._idle.get().close()
