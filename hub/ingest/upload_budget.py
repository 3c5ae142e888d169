"""Unfinished request bodies: the bytes kept of all together, and the end of streams at shutdown."""

import asyncio
from collections.abc import Callable
from typing import Final

from hub.config.live import LiveConfig
from hub.errors import Overloaded

# Of a single body, not counted: every connection has buffers of this size in any case.
UNCOUNTED_BYTES: Final = 16 << 10


class UploadBudget:
    """The limit publish.max_unfinished_bytes over all bodies of this process. Loop thread only."""

    def __init__(self, live: LiveConfig) -> None:
        self.kept_bytes = 0
        self.stopping = asyncio.Event()
        self._live = live
        self._streams: set[Callable[[], None]] = set()

    def reserve(self, before: int, now: int) -> bool:
        """True if a body of which `before` bytes are counted may grow to `now`. A single body always may."""
        others = self.kept_bytes - before
        if now > before and others and others + now > self._live.current.publish.max_unfinished_bytes:
            return False
        self.kept_bytes = others + now
        return True

    def full_error(self) -> Overloaded:
        """Return the error for a body that `reserve` refuses."""
        return Overloaded(
            f"unfinished bodies already take {self.kept_bytes:,} bytes (publish.max_unfinished_bytes)",
            hint="send it again later, or raise publish.max_unfinished_bytes in config.yaml",
        )

    def shutdown_error(self) -> Overloaded:
        """Return the error for a stream of lines while the server stops."""
        return Overloaded("the server is stopping", hint="send the rest when it is back")

    def add_stream(self, stop: Callable[[], None]) -> None:
        """Have `stop` called at shutdown: a stream of lines has no end of its own. Raises Overloaded when stopping."""
        if self.stopping.is_set():
            raise self.shutdown_error()
        self._streams.add(stop)

    def remove_stream(self, stop: Callable[[], None]) -> None:
        """Undo `add_stream`. Idempotent."""
        self._streams.discard(stop)

    def stop(self) -> None:
        """End the streams of lines, and accept no more. Idempotent."""
        self.stopping.set()
        for stop in tuple(self._streams):
            stop()


class Reservation:
    """The bytes of one body in the budget."""

    def __init__(self, budget: UploadBudget) -> None:
        self._budget = budget
        self._bytes = 0
        self._is_closed = False

    def resize(self, size: int) -> None:
        """Set the number of bytes kept. Raises Overloaded when the budget is full. Does nothing after `close`."""
        counted = size if size > UNCOUNTED_BYTES and not self._is_closed else 0
        if counted == self._bytes:
            return
        if not self._budget.reserve(self._bytes, counted):
            raise self._budget.full_error()
        self._bytes = counted

    def close(self) -> None:
        """Release the bytes for good. Idempotent."""
        self._is_closed = True
        self.resize(0)
