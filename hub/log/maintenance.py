"""Maintenance of the log in the writer's thread: short steps of several tasks, in turn, with pauses.

Publishers wait for the same thread, so a step does about 3 ms of work. Steps end by the clock, not by a
number of rows, because a row or a page may cost a microsecond or a disk seek.
"""

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Protocol

# The pause after a step, as a multiple of its duration. 9: at most 10 % of the time while publishers are active.
PAUSE_ACTIVE: Final = 9
# 6 when none is active: the loop may need the same core (p99 of its lag during replays was 36 ms without a pause).
PAUSE_IDLE: Final = 6
# Bytes committed between two rounds of urgent steps. A round costs as much as a small commit, and what the tasks look
# for grows by megabytes.
URGENT_INTERVAL_BYTES: Final = 256 << 10
COMMIT_BYTES: Final = 8 << 10  # Bytes that the smallest commit adds to the write-ahead log.

Step = Callable[[sqlite3.Connection], bool]
"""Does about 3 ms of work; true if it did something, so that there may be more to do."""


class MaintenanceTask(Protocol):
    """One kind of work. Everything is called in the writer's thread, outside of a transaction."""

    def step(self, connection: sqlite3.Connection) -> bool:
        """A Step while the writer is idle."""

    def urgent_step(self, connection: sqlite3.Connection) -> bool:
        """A Step between two commits: only work that cannot wait until the writer is idle."""


class IdleTask:
    """A task of which no work is ever urgent."""

    def __init__(self, step: Step) -> None:
        self.step = step

    def urgent_step(self, connection: sqlite3.Connection) -> bool:  # noqa: ARG002  # Part of the protocol.
        return False


class Maintenance:
    """The schedule. `attempt` runs one step on the writing connection and handles its errors."""

    def __init__(
        self, tasks: Sequence[MaintenanceTask], attempt: Callable[[Step], bool], interval: float = 1.0
    ) -> None:
        self._tasks = tasks
        self._attempt = attempt
        self._interval = interval
        self._turns = itertools.cycle(tasks)
        self._idle_turns = 0  # Steps in a row that had nothing to do.
        self._bytes_since = 0
        # Monotonic. The first appends after a start wait for no maintenance.
        self._next_at = time.monotonic() + interval

    def seconds_left(self) -> float:
        """Seconds until a step is due; not positive when one is."""
        return self._next_at - time.monotonic()

    def committed(self, size: int) -> None:
        """Count a commit of `size` bytes."""
        self._bytes_since += COMMIT_BYTES + size

    def run(self, *, is_active: bool) -> None:
        """Do one step if it is due. `is_active`: publishers were waiting."""
        began = time.monotonic()
        if began >= self._next_at:
            self._take_turn()
            now = time.monotonic()
            pause = (PAUSE_ACTIVE if is_active else PAUSE_IDLE) * (now - began)
            self._next_at = max(self._next_at, now + pause)
        elif self._bytes_since >= URGENT_INTERVAL_BYTES:
            self._bytes_since = 0
            any(self._attempt(task.urgent_step) for task in self._tasks)  # At most one of them does something.

    def _take_turn(self) -> None:
        """Run the next task's step. When no task had anything to do, wait for the interval.

        In turn, because a long indexing must not keep retention from deleting.
        """
        if not self._tasks:
            self._next_at = time.monotonic() + self._interval
            return
        self._idle_turns = 0 if self._attempt(next(self._turns).step) else self._idle_turns + 1
        if self._idle_turns == len(self._tasks):
            self._idle_turns = 0
            self._next_at = time.monotonic() + self._interval


@contextmanager
def relaxed_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a transaction that does not wait for the disk. A power cut may undo it, as maintenance may be undone.

    The next commit of messages syncs it too, because both are in the write-ahead log, in order. After an error the
    writer rolls back and restores `synchronous`.
    """
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA synchronous = {level}")
