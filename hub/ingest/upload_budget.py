"""Unfinished request bodies: the bytes kept of all together, and the end of streams at shutdown."""

import asyncio
from collections.abc import Callable
from typing import Final

from hub.config.live import LiveConfig
from hub.errors import EyewallError, Overloaded
from hub.ingest.decode import too_large

# Of a single body, not counted: every connection has buffers of this size in any case.
UNCOUNTED_BYTES: Final = 16 << 10

REFUSED_BYTES: Final = 64 << 20  # Read of a refused body, so that its sender can read the answer before a reset.


class UploadBudget:
    """The limit publish.max_unfinished_bytes over all bodies of this process. Loop thread only."""

    def __init__(self, live: LiveConfig) -> None:
        self.kept_bytes = 0
        self.stopping = asyncio.Event()
        self._live = live
        self._kept: dict[object, int] = {}  # Counted bytes by body.
        self._streams: set[Callable[[Overloaded], None]] = set()

    def resize(self, body: object, size: int) -> None:
        """Set the bytes kept of a body; 0 releases it. Raises Overloaded when the budget is full.

        A single body always has room.
        """
        counted, before = size if size > UNCOUNTED_BYTES else 0, self._kept.pop(body, 0)
        others = self.kept_bytes - before
        if counted > before and others and others + counted > self._live.current.publish.max_unfinished_bytes:
            self._kept[body] = before
            raise Overloaded(
                f"unfinished bodies already take {self.kept_bytes:,} bytes (publish.max_unfinished_bytes)",
                hint="send it again later, or raise publish.max_unfinished_bytes in config.yaml",
            )
        self.kept_bytes = others + counted
        if counted:
            self._kept[body] = counted

    def check_running(self) -> None:
        """Raise Overloaded while the server stops."""
        if self.stopping.is_set():
            raise _stopping_error()

    def add_stream(self, stop: Callable[[Overloaded], None]) -> None:
        """Have `stop` called at shutdown with the error to answer. Raises Overloaded when stopping."""
        self.check_running()
        self._streams.add(stop)

    def remove_stream(self, stop: Callable[[Overloaded], None]) -> None:
        """Undo `add_stream`. Idempotent."""
        self._streams.discard(stop)

    def stop(self) -> None:
        """End the streams of lines, and accept no more. Idempotent."""
        self.stopping.set()
        for stop in tuple(self._streams):
            stop(_stopping_error())


class WholeBody:
    """A body kept until it ends, or dropped because of `problem`.

    A refused body is read too: a client that only writes would get a reset instead of the answer.
    """

    def __init__(self, live: LiveConfig, budget: UploadBudget, problem: Exception | None = None) -> None:
        self._live = live
        self._problem = problem
        self._content = bytearray()
        self._received = 0
        self._budget = budget

    def feed(self, chunk: bytes) -> None:
        """Keep a piece. Raises the problem behind REFUSED_BYTES of a refused body."""
        self._received += len(chunk)
        if self._problem is None:
            try:
                if self._received > (limit := self._live.current.publish.max_body_bytes):
                    raise too_large("body", limit)
                self._budget.resize(self, self._received)
            except EyewallError as error:
                self._problem = error.with_traceback(None)  # A traceback would keep this piece.
                self.close()
            else:
                self._content += chunk
        elif self._received > REFUSED_BYTES:
            raise self._problem

    def content(self) -> bytes:
        """Return the whole body. Raises the problem."""
        if self._problem is not None:
            raise self._problem
        return bytes(self._content)

    def close(self) -> None:
        """Forget the body and release its bytes. Idempotent."""
        self._content = bytearray()
        self._budget.resize(self, 0)


def _stopping_error() -> Overloaded:
    return Overloaded("the server is stopping", hint="send the rest when it is back")
