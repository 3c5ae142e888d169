"""When the log cannot be written: what its publishers are told, and the one line that its operator gets."""

import logging
import sqlite3
import time
from typing import Final

from hub.errors import EyewallError, LogFull, NotStored

logger = logging.getLogger("eyewall.log")

REPEAT_SECONDS: Final = 60.0
UNWRITABLE: Final = "cannot be written"
_DAMAGED: Final = "the file is damaged: stop, then restore it from a backup, or move it away to begin a new log"
# What to do about each of SQLite's primary result codes. A disk that was remounted read-only fails its writes (IOERR).
ADVICE: Final = {
    sqlite3.SQLITE_FULL: "make room, and it goes on",
    sqlite3.SQLITE_READONLY: "the file or its disk may only be read: make it writable, and it goes on",
    sqlite3.SQLITE_IOERR: "its disk fails, or has become read-only: see the kernel's messages (dmesg)",
    sqlite3.SQLITE_BUSY: "another program is writing to it: stop that, and it goes on",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


class ErrorThrottle:
    """With one log, called `name` in the lines. In one thread: the writer has its own, the loop another."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: dict[str, tuple[str, float]] = {}  # The last line of each kind, and when (monotonic).

    def say(self, what: str, error: Exception) -> None:
        """Log it when it begins, and each minute; not for every publisher who tries."""
        text = f"{self._name}: {what}: {error}"
        if advice := ADVICE.get(code_of(error)):
            text += f"; {advice}"
        now = time.monotonic()
        before, at = self._said.get(what, ("", 0.0))
        if text != before or now > at + REPEAT_SECONDS:
            self._said[what] = text, now
            unexpected = not isinstance(error, sqlite3.Error | EyewallError)
            logger.error("%s", text, exc_info=error if unexpected else None)

    def is_over(self) -> None:
        """Something was written. Chores may fail all the same, and of these a line each minute is enough."""
        if self._said.pop(UNWRITABLE, None):
            logger.info("%s: can be written again", self._name)


def explain(error: Exception) -> EyewallError:
    """The same for a publisher."""
    if code_of(error) == sqlite3.SQLITE_FULL:
        return LogFull("the log's disk is full", hint="nothing was stored; make room, then publish again")
    if isinstance(error, sqlite3.Error):
        return NotStored(f"the log cannot be written ({error})", hint="nothing was stored; publish again")
    return NotStored("the log cannot be written", hint="nothing was stored; the server's log says more")


def code_of(error: Exception) -> int:
    """SQLite's primary result code; 0 for what is none of its errors."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
