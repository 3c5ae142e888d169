"""The log lines of the process, on standard error, as text or JSON.

A thread writes them, so that a full pipe never stops the loop. When its queue is full, lines are dropped and counted.
"""

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

QUEUED_LINES: Final = 10_000  # Bounds the memory of lines not yet written.
STOP_SECONDS: Final = 1.0  # Time limit for writing the queued lines at exit.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_exception: Final = logging.Formatter()


class LogOutput(logging.Handler):
    """The root logger's one handler, between `start` and `stop`."""

    def __init__(self, config: LoggingConfig, descriptor: int = 2, *, stop_seconds: float = STOP_SECONDS) -> None:
        super().__init__()
        # Not sys.stderr: its write() holds a lock for which the interpreter waits at exit.
        self._descriptor = descriptor
        self._stop_seconds = stop_seconds
        self._queue: queue.Queue[str | None] = queue.Queue(QUEUED_LINES)
        self._dropped = 0  # Since the last line queued, which gives their number.
        self._writer = threading.Thread(target=self._write, name="logs", daemon=True)
        self.configure(config)

    def configure(self, config: LoggingConfig) -> None:
        self._line = _json_line if config.format == "json" else _text_line
        logging.getLogger().setLevel(config.level.upper())
        logging.getLogger("asyncio").setLevel(max(logging.INFO, logging.getLogger().level))

    def start(self) -> None:
        logging.getLogger().addHandler(self)
        self._writer.start()

    def stop(self) -> None:
        """Write the queued lines within the time limit."""
        logging.getLogger().removeHandler(self)
        with suppress(queue.Full):
            self._queue.put(None, timeout=self._stop_seconds)
        self._writer.join(self._stop_seconds)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a line without waiting."""
        message = record.getMessage()
        if self._dropped:
            message += f" ({self._dropped} lines before this one were dropped)"
        error = _exception.formatException(record.exc_info) if record.exc_info else ""
        try:
            self._queue.put_nowait(self._line(record, message, error))
        except queue.Full:
            self._dropped += 1
        else:
            self._dropped = 0

    def _write(self) -> None:
        while (text := self._queue.get()) is not None:
            line = f"{text}\n".encode(errors="backslashreplace")
            with suppress(OSError):  # Standard error is closed.
                while line:
                    line = line[os.write(self._descriptor, line) :]


def _text_line(record: logging.LogRecord, message: str, error: str) -> str:
    line = f"{_time(record)} {record.levelname} {record.name}: {message}".replace("\n", "\\n")
    if error:  # Text from clients must not look like a line of the log.
        line += "\n    " + error.replace("\n", "\n    ")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", line)


def _json_line(record: logging.LogRecord, message: str, error: str) -> str:
    fields = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name, "message": message}
    return json.dumps(fields | ({"error": error} if error else {}))


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
