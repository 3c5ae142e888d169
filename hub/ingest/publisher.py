"""Publishing many messages: in turns, in order, with back-pressure and retry.

Owns when an append is retried: only after NotStored, and only for a publisher that can be held back.
Knows neither HTTP nor files.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Protocol

from hub.access import ANONYMOUS, Principal
from hub.config.live import LiveConfig
from hub.errors import NotStored, TooLarge
from hub.ingest.batch import Batch
from hub.ingest.decode import Decoder
from hub.ingest.lines import Line, Lines
from hub.ingest.upload_budget import Reservation, UploadBudget
from hub.log.protocol import IdempotencyKey, Receipt
from hub.message import Draft

MAX_MESSAGES: Final = 10_000  # In one append: they are stored and delivered in one step.
# Decoded in one turn of the loop, about 3 ms. A received piece of 64 KiB usually holds fewer lines and stays one
# commit; it can hold 65,536 empty ones, which took a quarter of a second.
LINES_PER_TURN: Final = 1000
CONNECTION_CHECK_SECONDS: Final = 1.0  # While a publisher is held back.


class Publishes(Protocol):
    """The hub, as publishers use it."""

    async def publish(
        self, drafts: Sequence[Draft], principal: Principal = ANONYMOUS, key: IdempotencyKey | None = None
    ) -> Receipt:
        """Append the drafts, all or none."""


class Publisher:
    """Appends drafts for one publisher.

    With `is_connected` the publisher is held back while the log refuses: NotStored is retried as long as
    `is_connected()` is true and the server runs. Without it every error is raised at once.
    """

    def __init__(
        self, hub: Publishes, live: LiveConfig, budget: UploadBudget, is_connected: Callable[[], bool] | None = None
    ) -> None:
        self.live = live
        self.budget = budget
        self._hub = hub
        self._is_connected = is_connected

    async def append(self, drafts: Sequence[Draft], key: IdempotencyKey | None = None) -> Receipt:
        """Return when the drafts are durable. Raises what Hub.publish raises, and Overloaded at shutdown."""
        while True:
            try:
                return await self._hub.publish(drafts, key=key)
            except NotStored as error:
                if self._is_connected is None:
                    raise
                await self._hold_back(error, self._is_connected)

    async def append_all(self, lines: Iterable[Line], decoder: Decoder, key: IdempotencyKey | None) -> Batch:
        """Append all messages of `lines` in one transaction. Raises TooLarge for more than MAX_MESSAGES."""
        batch, drafts, rest = Batch(), list[Draft](), iter(lines)
        while part := list(islice(rest, LINES_PER_TURN)):
            drafts += batch.read(part, decoder, self.live.current.publish)
            if len(drafts) > MAX_MESSAGES:
                raise too_many(f"more than {MAX_MESSAGES:,}")
            await asyncio.sleep(0)
        batch.settle(await self.append(drafts, key) if drafts else None)
        return batch

    async def _hold_back(self, error: NotStored, is_connected: Callable[[], bool]) -> None:
        """Wait `error.retry_seconds`. Raises `error` when the publisher is gone: its place must not stay taken."""
        loop, stopping = asyncio.get_running_loop(), self.budget.stopping
        end = loop.time() + error.retry_seconds
        while (left := end - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), min(left, CONNECTION_CHECK_SECONDS))
            if stopping.is_set():
                raise self.budget.shutdown_error() from error
            if not is_connected():
                raise error


class LinePublisher:
    """Publishes a stream of lines as they arrive, and counts what became of them.

    `feed` returns when its lines are stored, so that a caller that waits for it applies back-pressure to its source.
    """

    def __init__(self, publisher: Publisher, decoder: Decoder) -> None:
        self.batch = Batch()
        self.is_publishing = False
        self._publisher = publisher
        self._decoder = decoder
        self._lines = Lines(0)
        self._reservation = Reservation(publisher.budget)

    async def feed(self, chunk: bytes) -> None:
        """Publish the lines that end in `chunk`. Raises what Publisher.append raises, and Overloaded at shutdown."""
        budget = self._publisher.budget
        self._lines.max_bytes = self._decoder.max_line_bytes(self._publisher.live.current.publish)
        await self._publish(self._lines.feed(chunk))
        if budget.stopping.is_set():
            raise budget.shutdown_error()
        self._reservation.resize(self._lines.unfinished_bytes)

    async def finish(self) -> None:
        """Publish the last line, which may have no line end."""
        await self._publish(iter(self._lines.end()))

    def close(self) -> None:
        """Forget the unfinished line and release its bytes. Idempotent."""
        self._lines = Lines(0)
        self._reservation.close()

    async def _publish(self, lines: Iterator[Line]) -> None:
        self.is_publishing = True
        try:
            while part := list(islice(lines, LINES_PER_TURN)):
                if self._publisher.budget.stopping.is_set():
                    raise self._publisher.budget.shutdown_error()
                drafts = self.batch.read(part, self._decoder, self._publisher.live.current.publish)
                self.batch.settle(await self._publisher.append(drafts) if drafts else None)
                if len(part) == LINES_PER_TURN:  # Where all were rejected, nothing has been awaited.
                    await asyncio.sleep(0)
        finally:
            self.is_publishing = False


def too_many(count: str) -> TooLarge:
    """Return the error for a body with more messages than one append takes."""
    hint = "split it, or send it as a stream: without an Idempotency-Key, one object a line as application/x-ndjson"
    return TooLarge("body", f"{count} messages, where one request may hold {MAX_MESSAGES:,}", hint=hint)
