"""What Eyewall says about itself: one line an event on standard error, as text or JSON.

Written by a thread of its own, so that a full pipe never stops the loop; when even the queue is
full, lines are dropped and counted. What others put into a line (names, User-Agents) cannot start
a new one or reach the terminal.
"""

import json
import logging
import logging.handlers
import queue
import re
import sys
import time
from typing import Final

from hub.config import LoggingConfig

QUEUED_LINES: Final = 10_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Logs:
    """The root logger's one handler. `start` and `stop` frame the process's life."""

    def __init__(self, config: LoggingConfig) -> None:
        self._output = logging.StreamHandler(sys.stderr)
        self._queue = _BoundedQueueHandler(queue.Queue(QUEUED_LINES))
        self._writer = logging.handlers.QueueListener(self._queue.queue, self._output)
        self.configure(config)

    def configure(self, config: LoggingConfig) -> None:
        """Level and form from now on."""
        self._output.setFormatter(_JsonLines() if config.format == "json" else _TextLines())
        logging.getLogger().setLevel(config.level.upper())
        # asyncio's debug lines are about its own innards.
        logging.getLogger("asyncio").setLevel(max(logging.INFO, logging.getLogger().level))

    def start(self) -> None:
        logging.getLogger().addHandler(self._queue)
        self._writer.start()

    def stop(self) -> None:
        """Write what is queued."""
        logging.getLogger().removeHandler(self._queue)
        self._writer.stop()


class _BoundedQueueHandler(logging.handlers.QueueHandler):
    dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self.dropped:
                record.msg = f"{record.msg} ({self.dropped} lines before this one were dropped)"
            self.queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1
        else:
            self.dropped = 0


class _TextLines(logging.Formatter):
    """`2026-11-23T11:02:04.120Z WARNING eyewall.hub: …`, tracebacks on lines of their own."""

    def format(self, record: logging.LogRecord) -> str:
        lines = f"{_time(record)} {record.levelname} {record.name}: {record.getMessage()}".replace("\n", "\\n")
        if record.exc_text:
            lines += "\n" + record.exc_text
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
