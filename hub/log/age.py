"""The age at which messages expire, by a clock that may be wrong."""

import logging
import sqlite3
import time
from typing import Final

from hub.log.protocol import Clock

logger = logging.getLogger("eyewall.log")

JUMP_SECONDS: Final = 3600  # Forward, between two readings.
DOUBT_SECONDS: Final = 3600
WINDOW_ROWS: Final = 8192


def uptime() -> float:
    """Like `time.monotonic`, but also while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Age:
    """The clock of retention, which may be wrong.

    A clock set forward by mistake would expire the whole log at once. So for an hour after a jump nothing expires.
    """

    def __init__(self, clock: Clock, monotonic: Clock = uptime) -> None:
        self.clock, self.monotonic = clock, monotonic
        self._last_reading = clock(), monotonic()
        self._doubted_until = float("-inf")  # Monotonic.

    def begin(self, newest: int, keep_for: float) -> None:
        """`newest`: time of the newest message (ms since 1970); `keep_for`: seconds."""
        now, monotonic = self._last_reading
        if newest < (now - keep_for) * 1000:
            self._doubted_until = monotonic + DOUBT_SECONDS
            logger.warning("by the clock all messages have expired: for an hour nothing expires by its age")

    def now(self) -> float | None:
        """Return seconds since 1970; None while the clock may be wrong."""
        (before, then), self._last_reading = self._last_reading, (self.clock(), self.monotonic())
        now, monotonic = self._last_reading
        jump = now - before - (monotonic - then)
        if jump > JUMP_SECONDS:
            self._doubted_until = monotonic + DOUBT_SECONDS
            logger.warning("the clock jumped %.1f hours forward: for an hour nothing expires by its age", jump / 3600)
        return None if monotonic < self._doubted_until else now

    def last_expired(self, connection: sqlite3.Connection, first: int, head: int, keep_for: float) -> int:
        """Return the last seq of the expired messages within a window; `first - 1` for none."""
        now = self.now()
        if now is None:
            return first - 1
        last = min(first - 1 + WINDOW_ROWS, head)
        young = "SELECT seq FROM message WHERE seq BETWEEN ? AND ? AND time >= ? ORDER BY seq LIMIT 1"
        row = connection.execute(young, (first, last, int((now - keep_for) * 1000))).fetchone()
        return int(row[0]) - 1 if row else last
