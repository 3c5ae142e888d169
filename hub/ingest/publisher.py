"""Publishing many messages: in turns, in order, with back-pressure and retry. Knows neither HTTP nor files."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from hub.config import PublishConfig
from hub.config.live import LiveConfig
from hub.errors import InvalidInput, NotStored, TooLarge
from hub.ingest.decode import Decoder
from hub.ingest.encoding import Transcoder
from hub.ingest.lines import Line, Lines
from hub.ingest.upload_budget import UploadBudget
from hub.log.protocol import IdempotencyKey, Receipt
from hub.message import Draft

MAX_MESSAGES: Final = 10_000  # In one append: they are stored and delivered in one step.
# Decoded in one turn of the loop, about 3 ms. A piece of 64 KiB usually holds fewer and stays one commit; 65,536 empty
# ones took 250 ms (measured).
LINES_PER_TURN: Final = 1000
CONNECTION_CHECK_SECONDS: Final = 1.0  # While a publisher is held back.
SHOWN_REJECTED: Final = 100


class Batch:
    """Counts of one request: lines consumed, messages stored with their ids, and lines rejected with the reason."""

    def __init__(self) -> None:
        self.lines = 0  # With a known outcome: the publisher need not send them again.
        self.accepted = 0
        self.rejected: list[dict[str, object]] = []  # The first SHOWN_REJECTED.
        self.rejected_count = 0
        self._first = self._last = ""
        self._read = 0  # Lines, including those not settled yet.
        self._unsettled: list[dict[str, object]] = []
        self._unsettled_count = 0

    def read(self, lines: Sequence[Line], decoder: Decoder, limits: PublishConfig) -> list[Draft]:
        """Return the drafts of the valid lines. They count once `settle` is called."""
        drafts, decode = [], decoder.decode
        for number, line in enumerate(lines, self._read + 1):
            try:
                draft = decode(line, limits)
            except InvalidInput as error:
                self._unsettled_count += 1
                if len(self.rejected) + len(self._unsettled) < SHOWN_REJECTED:
                    self._unsettled.append({"line": number, "error": str(error)})
                continue
            if draft is not None:
                drafts.append(draft)
        self._read += len(lines)
        return drafts

    def settle(self, receipt: Receipt | None = None) -> None:
        """Count everything read so far. `receipt` is for its drafts, if there were any."""
        self.lines = self._read
        self.rejected += self._unsettled
        self.rejected_count += self._unsettled_count
        self._unsettled, self._unsettled_count = [], 0
        if receipt is not None:
            self._first = self._first or receipt.first_id
            self._last = receipt.last_id
            self.accepted += receipt.count

    def as_json(self) -> dict[str, object]:
        """Return the counts; `rejected` has the first ones, `rejected_count` counts them all."""
        counts: dict[str, object] = {"lines": self.lines, "accepted": self.accepted}
        if self.accepted:
            counts |= {"first": self._first, "last": self._last}
        return counts | {"rejected": self.rejected, "rejected_count": self.rejected_count}


class Publisher:
    """Appends drafts for one publisher.

    With `is_connected` the publisher is held back while the log refuses: NotStored is retried as long as
    `is_connected()` is true and the server runs. Without it every error is raised at once.
    """

    def __init__(
        self,
        publish: Callable[..., Awaitable[Receipt]],
        live: LiveConfig,
        budget: UploadBudget,
        is_connected: Callable[[], bool] | None = None,
    ) -> None:
        self.live = live
        self.budget = budget
        self._publish = publish  # Hub.publish
        self._is_connected = is_connected

    async def append(self, drafts: Sequence[Draft], key: IdempotencyKey | None = None) -> Receipt:
        """Return when the drafts are durable. Raises what Hub.publish raises, and Overloaded at shutdown."""
        while True:
            try:
                return await self._publish(drafts, key=key)
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
        """Wait `error.retry_seconds`. Raises `error` when the publisher is gone, which releases its slot."""
        loop = asyncio.get_running_loop()
        end = loop.time() + error.retry_seconds
        while (left := end - loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.budget.stopping.wait(), min(left, CONNECTION_CHECK_SECONDS))
            self.budget.check_running()
            if not is_connected():
                raise error


class LinePublisher:
    """Publishes a stream of lines as they arrive, and counts the outcomes in `batch`.

    `feed` returns when its lines are stored: back-pressure for its source.
    """

    def __init__(self, publisher: Publisher, decoder: Decoder, charset: str = "utf-8") -> None:
        self.batch = Batch()
        self.is_publishing = False
        self._publisher = publisher
        self._decoder = decoder
        self._lines = Lines(0)
        self._transcoder = Transcoder(charset)

    async def feed(self, chunk: bytes) -> None:
        """Publish the lines that end in `chunk`. Raises what Publisher.append raises, and Overloaded at shutdown."""
        self._lines.max_bytes = self._decoder.max_line_bytes(self._publisher.live.current.publish)
        await self._publish(self._lines.feed(self._transcoder.feed(chunk)))
        self._publisher.budget.check_running()
        self._publisher.budget.resize(self, self._lines.unfinished_bytes)

    async def finish(self) -> None:
        """Publish the last line, which may have no line end."""
        await self._publish(self._lines.feed(self._transcoder.feed(b"", is_last=True)))
        await self._publish(iter(self._lines.end()))

    def close(self) -> None:
        """Forget the unfinished line and release its bytes. Idempotent."""
        self._lines = Lines(0)
        self._publisher.budget.resize(self, 0)

    async def _publish(self, lines: Iterator[Line]) -> None:
        self.is_publishing = True
        try:
            while part := list(islice(lines, LINES_PER_TURN)):
                self._publisher.budget.check_running()
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
