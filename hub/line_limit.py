"""A limited rate of log lines: a thousand clients that are refused or disconnected at once are a few lines."""

import logging
from typing import Final

from tornado.ioloop import IOLoop

LINES_PER_SECOND: Final = 10


class LineLimit:
    """Writes at most LINES_PER_SECOND lines; the next one gives the number of those left out. Loop thread only."""

    def __init__(self, logger: logging.Logger, io_loop: IOLoop) -> None:
        self._logger = logger
        self._loop = io_loop
        self._second_ends = 0.0  # Loop time.
        self._left = 0
        self._hidden = 0

    def write(self, level: int, text: str) -> None:
        now = self._loop.time()
        if now >= self._second_ends:
            self._second_ends, self._left = now + 1, LINES_PER_SECOND
        if not self._left:
            self._hidden += 1
            return
        self._left -= 1
        if self._hidden:
            text += f" ({self._hidden} such lines before this one are left out)"
            self._hidden = 0
        self._logger.log(level, "%s", text)
