"""Which messages have expired, by a clock that may be wrong.

A clock set forward by mistake would expire the whole log at once. So after a jump of more than an hour
nothing expires by its age for an hour. Messages stamped with a time in the future expire when that time
is old enough; until then keep_messages and keep_bytes bound them and what follows them.
"""

import logging
import sqlite3
import time
from typing import Final

from hub.log.protocol import Clock

logger = logging.getLogger("eyewall.log")

JUMP_SECONDS: Final = 3600  # Forward, between two readings, beyond the time that passed.
DOUBT_SECONDS: Final = 3600
WINDOW_ROWS: Final = 8192  # Rows of which one step reads the age.


def uptime() -> float:
    """Like `time.monotonic`, but includes the time in which the machine was suspended: waking up is not a jump."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Age:
    """The clock of retention, for the writer's thread. `monotonic` is like `uptime`."""

    def __init__(self, clock: Clock, monotonic: Clock = uptime) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._last_reading = clock(), monotonic()
        self._doubted_until = float("-inf")  # Monotonic.

    def begin(self, newest: int, keep_for: float) -> None:
        """Check the clock at the start. `newest`: time of the newest message (ms since 1970); `keep_for`: seconds."""
        now, monotonic = self._last_reading
        if newest < (now - keep_for) * 1000:
            self._doubted_until = monotonic + DOUBT_SECONDS
            logger.warning("by the clock all messages have expired: for an hour nothing expires by its age")

    def now(self) -> float | None:
        """Return seconds since 1970; None while the clock may be wrong."""
        (before, then), self._last_reading = self._last_reading, (self._clock(), self._monotonic())
        now, monotonic = self._last_reading
        jump = now - before - (monotonic - then)
        if jump > JUMP_SECONDS:
            self._doubted_until = monotonic + DOUBT_SECONDS
            logger.warning("the clock jumped %.1f hours forward: for an hour nothing expires by its age", jump / 3600)
        return None if monotonic < self._doubted_until else now

    def last_expired(self, connection: sqlite3.Connection, first: int, head: int, keep_for: float) -> int:
        """Return the last seq of the expired messages at the beginning, within a window; `first - 1` for none."""
        now = self.now()
        if now is None:
            return first - 1
        last = min(first - 1 + WINDOW_ROWS, head)
        # The plus keeps SQLite from using an index of times, whose rows are elsewhere in the file.
        young = "SELECT seq FROM message WHERE seq BETWEEN ? AND ? AND +time >= ? ORDER BY seq LIMIT 1"
        row = connection.execute(young, (first, last, int((now - keep_for) * 1000))).fetchone()
        return int(row[0]) - 1 if row else last
