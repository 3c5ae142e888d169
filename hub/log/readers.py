"""The connections that read, each for one reader at a time, and the moments in which there is none."""

import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from hub.log.database import open_reader

T = TypeVar("T")


class Readers:
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
            self._may_begin.wait()
            connection = self._idle.get()
            try:
                if self._may_begin.is_set():  # Asked with the connection in hand: `hold` counts those that are not.
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
