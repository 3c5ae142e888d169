"""The log lines of the process: one line for each event on standard error, as text or JSON.

A thread writes them, so that a full pipe never stops the loop. When its queue is full, lines are dropped and counted.
Text from clients can neither start a new line nor control the terminal.
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

QUEUED_LINES: Final = 10_000  # Bounds the memory of lines not yet written.
STOP_SECONDS: Final = 1.0  # Time limit for writing the queued lines at exit.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_exception: Final = logging.Formatter()


class LogOutput:
    """The root logger's one handler, between `start` and `stop`."""

    def __init__(self, config: LoggingConfig, descriptor: int = 2, *, stop_seconds: float = STOP_SECONDS) -> None:
        # Not sys.stderr: a thread blocked in its write() holds a lock that the interpreter waits for at exit.
        self._descriptor = descriptor
        self._stop_seconds = stop_seconds
        self._queue: queue.Queue[logging.LogRecord | None] = queue.Queue(QUEUED_LINES)
        self._handler = _Queued(self._queue)
        self._writer = threading.Thread(target=self._write, name="logs", daemon=True)
        self.configure(config)

    def configure(self, config: LoggingConfig) -> None:
        self._formatter = _JsonLines() if config.format == "json" else _TextLines()
        logging.getLogger().setLevel(config.level.upper())
        # asyncio's debug lines concern only its own work.
        logging.getLogger("asyncio").setLevel(max(logging.INFO, logging.getLogger().level))

    def start(self) -> None:
        logging.getLogger().addHandler(self._handler)
        self._writer.start()

    def stop(self) -> None:
        """Write the queued lines within the time limit."""
        logging.getLogger().removeHandler(self._handler)
        with suppress(queue.Full):
            self._queue.put(None, timeout=self._stop_seconds)
        self._writer.join(self._stop_seconds)

    def _write(self) -> None:
        while (record := self._queue.get()) is not None:
            line = f"{self._formatter.format(record)}\n".encode(errors="backslashreplace")
            with suppress(OSError):  # Standard error is closed.
                while line:
                    line = line[os.write(self._descriptor, line) :]


class _Queued(logging.Handler):
    """Queues records without waiting. After dropped lines the next one gives their number."""

    def __init__(self, records: queue.Queue[logging.LogRecord | None]) -> None:
        super().__init__()
        self._records = records
        self._dropped = 0

    def emit(self, record: logging.LogRecord) -> None:
        record = copy.copy(record)
        # Format now: the arguments may change before the thread writes the line.
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
    def format(self, record: logging.LogRecord) -> str:
        lines = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}".replace("\n", "\\n")
        if record.exc_text:
            # Indented, so that no text in it looks like a line of the log.
            lines += "\n    " + record.exc_text.replace("\n", "\n    ")
        return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", lines)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        fields["message"] = record.getMessage()
        return json.dumps(fields | ({"error": record.exc_text} if record.exc_text else {}))


def _time(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
