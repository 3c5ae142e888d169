"""What Eyewall says about itself: one line an event on standard error, as text or JSON.

Written by a thread of its own, so that a full pipe never stops the loop; when even the queue is
full, lines are dropped and counted. What others put into a line (names, User-Agents) cannot start
a new one or reach the terminal.
"""

import copy
import json
import logging
import os
import queue
import re
import threading
import time
from contextlib import suppress
from typing import Final

from hub.config import LoggingConfig

QUEUED_LINES: Final = 10_000
STOP_SECONDS: Final = 1.0  # At the end, what is queued waits so long for somebody to read it.
_STANDARD_ERROR: Final = 2
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_exception: Final = logging.Formatter()


class LogOutput:
    """The root logger's one handler. `start` and `stop` frame the process's life."""

    def __init__(self, config: LoggingConfig, descriptor: int = _STANDARD_ERROR) -> None:
        # Not sys.stderr: a thread that waits inside its write() holds its lock, and the interpreter
        # would wait for that at the end, for ever, or abort.
        self._descriptor = descriptor
        self._queue: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUED_LINES)
        self._handler = _Queued(self._queue)
        self._writer = threading.Thread(target=self._write, name="logs", daemon=True)
        self.configure(config)

    def configure(self, config: LoggingConfig) -> None:
        """Level and form from now on."""
        self._formatter = _JsonLines() if config.format == "json" else _TextLines()
        logging.getLogger().setLevel(config.level.upper())
        # asyncio's debug lines are about its own innards.
        logging.getLogger("asyncio").setLevel(max(logging.INFO, logging.getLogger().level))

    def start(self) -> None:
        logging.getLogger().addHandler(self._handler)
        self._writer.start()

    def stop(self) -> None:
        """Write what is queued; where nobody reads it, give up after a moment."""
        logging.getLogger().removeHandler(self._handler)
        with suppress(queue.Full):
            self._queue.put(None, timeout=STOP_SECONDS)
        self._writer.join(STOP_SECONDS)

    def _write(self) -> None:
        while (record := self._queue.get()) is not None:
            line = f"{self._formatter.format(record)}\n".encode(errors="backslashreplace")
            with suppress(OSError):  # Nobody reads any more, and nobody is left who could be told.
                while line:
                    line = line[os.write(self._descriptor, line) :]


class _Queued(logging.Handler):
    """Never waits. What does not fit is dropped, and the next line that does says how many these were."""

    def __init__(self, records: queue.Queue[logging.LogRecord | None]) -> None:
        super().__init__()
        self._records = records
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        record = copy.copy(record)
        # Made into text now: what the arguments name may have changed when it is written.
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text, record.exc_info = _exception.formatException(record.exc_info), None
        if self._dropped:
            record.msg = f"{record.msg} ({self._dropped} lines before this one were dropped)"
        try:
            self._records.put_nowait(record)
        except queue.Full:
            self._dropped += 1
        else:
            self._dropped = 0


class _TextLines(logging.Formatter):
    """`2026-11-23T11:02:04.120Z WARNING eyewall.hub: …`, tracebacks on lines of their own, set in."""

    def format(self, record: logging.LogRecord) -> str:
        lines = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}".replace("\n", "\\n")
        if record.exc_text:
            # Set in, so that no text in it can pass for a line of the log.
            lines += "\n    " + record.exc_text.replace("\n", "\n    ")
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", lines)


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        return json.dumps(
            said | {"message": record.getMessage()} | ({"error": record.exc_text} if record.exc_text else {})
        )


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
