"""The access log, and refused requests: counted by error code, logged at a limited rate, told to operators."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from tornado.ioloop import IOLoop

from hub.line_limit import LineLimit

logger = logging.getLogger("eyewall.http")

PATH_CHARACTERS: Final = 200  # Of a log line.
NOTICE_SECONDS: Final = 10.0  # Least time between two notices.
NOTICE_CHARACTERS: Final = 300
OVER_SECONDS: Final = 600.0  # Without a refused message: the notice ends.


class Refusals:
    """`notify` is Hub.notify. Loop thread only."""

    def __init__(self, notify: Callable[[str, str, int], None], io_loop: IOLoop) -> None:
        self.counts: Counter[str] = Counter()  # By error code.
        self._notify = notify
        self._loop = io_loop
        self._lines = LineLimit(logger, io_loop)
        self._latest = ("", "")  # Address and reason of the messages counted in `_messages`.
        self._messages = 0
        self._told_at = -NOTICE_SECONDS
        self._timer: object | None = None

    def log_request(self, status: int, method: str | None, path: str, seconds: float, *, reason: str = "") -> None:
        """Write a line of the access log, without the query. The log itself reports failed writes (503 and 507)."""
        level = logging.ERROR if status == 500 else logging.INFO if 400 <= status < 500 else logging.DEBUG
        if not logger.isEnabledFor(level):
            return
        because = f": {reason[:PATH_CHARACTERS]}" if reason else ""
        line = f"{status} {method} {path[:PATH_CHARACTERS]} {1000 * seconds:.1f} ms{because}"
        if level == logging.INFO:
            self._lines.write(level, line)
        else:
            logger.log(level, "%s", line)

    def take_malformed(self, record: logging.LogRecord) -> bool:
        """Count and log a request that Tornado answers itself. A filter of its logger: False drops Tornado's line."""
        if not record.msg.startswith("Malformed HTTP message"):
            return True
        self.counts["invalid_input"] += 1
        if logger.isEnabledFor(logging.INFO):
            _, _, cause = record.getMessage().partition(" from ")
            self._lines.write(logging.INFO, f"400 malformed request from {cause[:PATH_CHARACTERS]}")
        return False

    def count_messages(self, address: str, count: int, reason: str) -> None:
        """Tell operators that messages of a publisher were refused, at once or with the next notice."""
        if self._latest != (address, reason):
            self._latest, self._messages = (address, reason), 0
        self._messages += count
        wait = self._told_at + NOTICE_SECONDS - self._loop.time()
        if wait > 0:
            self._schedule(wait, self._tell)
        else:
            self._tell()

    def stop(self) -> None:
        """Idempotent."""
        if self._timer is not None:
            self._loop.remove_timeout(self._timer)
            self._timer = None

    def _tell(self) -> None:
        address, reason = self._latest
        what = "1 message" if self._messages == 1 else f"{self._messages:,} messages"
        text = f"{what} from {address} {'was' if self._messages == 1 else 'were'} refused: {reason}"
        self._told_at = self._loop.time()
        self._schedule(OVER_SECONDS, lambda: self._notify("refused", "", 0))
        self._notify("refused", text[:NOTICE_CHARACTERS], self._messages)

    def _schedule(self, seconds: float, call: Callable[[], None]) -> None:
        self.stop()
        self._timer = self._loop.call_later(seconds, call)
