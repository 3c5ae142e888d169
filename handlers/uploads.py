"""Bodies that have not ended yet: those that are streams of lines, and how many bytes are kept of all together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hub.errors import Overloaded

if TYPE_CHECKING:
    from handlers.publish import PublishHandler

# Of a single body, not counted: every connection has as much in its buffers anyway.
FREE_BYTES: Final = 16 << 10


class Uploads:
    """One for a process."""

    def __init__(self) -> None:
        self.lines: set[PublishHandler] = set()
        self.kept_bytes = 0
        self.stopping = asyncio.Event()

    def keep(self, before: int, now: int, limit: int) -> bool:
        """Whether a body of which `before` bytes were counted may grow to `now`. One alone always may."""
        others = self.kept_bytes - before
        if now > before and others and others + now > limit:
            return False
        self.kept_bytes = others + now
        return True

    def no_room(self) -> Overloaded:
        """What is said when `keep` is False."""
        return Overloaded(
            f"unfinished bodies already take {self.kept_bytes:,} bytes (publish.max_unfinished_bytes)",
            hint="send it again later, or raise publish.max_unfinished_bytes in config.yaml",
        )

    def ending(self) -> Overloaded:
        """What is said to a stream of lines when `stopping` is set."""
        return Overloaded("the server is stopping", hint="send the rest when it is back")

    def stop(self) -> None:
        """The server ends, and streams of lines would go on: from now on there are none. Safe to call twice."""
        self.stopping.set()
        for upload in tuple(self.lines):
            upload.stop()
