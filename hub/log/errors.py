"""Errors of the log: for publishers, and one line for the operator."""

import logging
import sqlite3
import time
from typing import Final

from hub.errors import EyewallError, LogFull, NotStored

logger = logging.getLogger("eyewall.log")

REPEAT_SECONDS: Final = 60.0
UNWRITABLE: Final = "cannot be written"
_DAMAGED: Final = "the file is damaged: stop, then restore it from a backup, or move it away to begin a new log"
# Writes to a disk that was remounted read-only fail with IOERR.
ADVICE: Final = {
    sqlite3.SQLITE_FULL: "free disk space, and it recovers",
    sqlite3.SQLITE_READONLY: "the file or its disk is read-only: make it writable, and it recovers",
    sqlite3.SQLITE_IOERR: "its disk fails, or has become read-only: see the kernel's messages (dmesg)",
    sqlite3.SQLITE_BUSY: "another program is writing to it: stop that program, and it recovers",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


class ErrorThrottle:
    """Logs each error when it begins, then once a minute. For one thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reported: dict[str, tuple[str, float]] = {}

    def report(self, what: str, error: Exception) -> None:
        text = f"{self._name}: {what}: {error}"
        if advice := ADVICE.get(code_of(error)):
            text += f"; {advice}"
        now = time.monotonic()
        before, at = self._reported.get(what, ("", 0.0))
        if text != before or now > at + REPEAT_SECONDS:
            self._reported[what] = text, now
            unexpected = not isinstance(error, sqlite3.Error | EyewallError)
            logger.error("%s", text, exc_info=error if unexpected else None)

    def recovered(self) -> None:
        if self._reported.pop(UNWRITABLE, None):
            logger.info("%s: can be written again", self._name)


def to_client_error(error: Exception) -> EyewallError:
    if code_of(error) == sqlite3.SQLITE_FULL:
        return LogFull("the log's disk is full", hint="nothing was stored; make room, then publish again")
    if isinstance(error, sqlite3.Error):
        return NotStored(f"the log cannot be written ({error})", hint="nothing was stored; publish again")
    return NotStored("the log cannot be written", hint="nothing was stored; the server's log says more")


def code_of(error: Exception) -> int:
    """Return SQLite's primary result code; 0 for other errors."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
