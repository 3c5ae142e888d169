"""The connections that read, each for one thread at a time."""

import sqlite3
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from hub.log.database import open_reader

T = TypeVar("T")


class ReaderPool:
    """As many connections as threads read. `read` in any thread."""

    def __init__(self) -> None:
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()

    def open(self, path: str, count: int) -> None:
        for _ in range(count):
            self._idle.put(open_reader(path))

    def read(self, function: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._idle.get()
        try:
            return function(connection)
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Close the idle connections. Call it when no thread reads any more. Idempotent."""
        while not self._idle.empty():
            self._idle.get().close()
