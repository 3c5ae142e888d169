"""Which messages are too old, by a clock that may be wrong.

Set forward by mistake, it would take the whole history within a second, so a jump is doubted for as
long as it takes to set it right. What was said in the meantime seems to come from the future: that
goes with what is too old behind it, and not a year later.
"""

import logging
import sqlite3
import time
from typing import Final

from hub.log.protocol import Clock

logger = logging.getLogger("eyewall.log")

JUMP_SECONDS: Final = 3600  # Forward, between two looks, more than the time that passed.
DOUBT_SECONDS: Final = 3600
AHEAD_SECONDS: Final = 24 * 3600  # A message that is further ahead of the clock than this was stamped by a wrong one.
WINDOW_ROWS: Final = 8192  # How many rows one step looks at for their age.


def uptime() -> float:
    """Like `time.monotonic`, but that stands still on Linux while the machine is suspended: waking would be a jump."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Age:
    """Asked by the writer's chores, each second or more often. `monotonic` is like `uptime`."""

    def __init__(self, clock: Clock, monotonic: Clock = uptime) -> None:
        self._clock, self._monotonic = clock, monotonic
        self._seen = clock(), monotonic()
        self._doubted_until = float("-inf")  # Monotonic.
        self._ahead = 0  # Up to this seq all rows are ahead …
        self._ahead_until = 0  # … until this time (ms since 1970).

    def begin(self, newest: int, keep_for: float) -> None:
        """Of a log whose newest message is from then (ms since 1970): the clock may have jumped between two runs."""
        now, monotonic = self._seen
        if newest < (now - keep_for) * 1000:
            self._doubted_until = monotonic + DOUBT_SECONDS
            logger.warning("by the clock all messages are too old: for an hour nothing goes by its age")

    def now(self) -> float | None:
        """Seconds since 1970; None while the clock may be wrong."""
        (before, then), self._seen = self._seen, (self._clock(), self._monotonic())
        now, monotonic = self._seen
        jump = now - before - (monotonic - then)
        if jump > JUMP_SECONDS:
            self._doubted_until = monotonic + DOUBT_SECONDS
            logger.warning("the clock jumped %.1f hours forward: for an hour nothing goes by its age", jump / 3600)
        return None if monotonic < self._doubted_until else now

    def last_old(self, connection: sqlite3.Connection, first: int, head: int, keep_for: float) -> int:
        """The last seq, as far as one step looks, that is too old with none in front that is young."""
        now = self.now()
        if now is None:
            return first - 1
        oldest, ahead = int((now - keep_for) * 1000), int((now + AHEAD_SECONDS) * 1000)
        if ahead >= self._ahead_until:
            self._ahead = 0
        start = max(first, self._ahead + 1)
        last = min(start - 1 + WINDOW_ROWS, head)
        # The plus keeps SQLite from looking in the order of the time, at rows that are elsewhere.
        young = "SELECT seq FROM message WHERE seq BETWEEN ? AND ? AND +time BETWEEN ? AND ? ORDER BY seq LIMIT 1"
        row = connection.execute(young, (start, last, oldest, ahead)).fetchone()
        old = "SELECT seq FROM message WHERE seq BETWEEN ? AND ? AND +time < ? ORDER BY seq DESC LIMIT 1"
        found = connection.execute(old, (start, row[0] - 1 if row else last, oldest)).fetchone()
        if row is None and found is None and start <= last:
            (until,) = connection.execute(
                "SELECT min(+time) FROM message WHERE seq BETWEEN ? AND ?", (start, last)
            ).fetchone()
            self._ahead_until = min(until, self._ahead_until) if self._ahead else until
            self._ahead = last
        return int(found[0]) if found else first - 1
