"""Publishing many messages: in turns, in order, with back-pressure and retry. Knows neither HTTP nor files."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from hub.config import PublishConfig
from hub.config.live import LiveConfig
from hub.errors import InvalidInput, NotStored, TooLarge
from hub.ingest.decode import Decoder
from hub.ingest.lines import Line
from hub.ingest.multiline import Joiner, Record
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

    def read(self, records: Sequence[Record], decoder: Decoder, limits: PublishConfig) -> list[Draft]:
        """Return the drafts of the valid records. Their lines count once `settle` is called."""
        drafts, decode = [], decoder.decode
        for record in records:
            number, self._read = self._read + 1, self._read + record.lines
            try:
                draft = decode(record.line, limits)
            except InvalidInput as error:
                self._unsettled_count += 1
                if len(self.rejected) + len(self._unsettled) < SHOWN_REJECTED:
                    self._unsettled.append({"line": number, "error": str(error)})
                continue
            if draft is not None:
                drafts.append(draft)
        return drafts

    def settle(self, receipt: Receipt | None = None) -> None:
        """Count everything read so far. `receipt` is for its drafts, if there were any."""
        self.lines = self._read
        self.rejected += self._unsettled
        self.rejected_count += self._unsettled_count
        self._unsettled, self._unsettled_count = [], 0
        if receipt is not None and receipt.count:
            self._first = self._first or receipt.first_id
            self._last = receipt.last_id
            self.accepted += receipt.count

    def settle_repeat(self, receipt: Receipt, drafts: int) -> None:
        """Count as the first answer to this request did. A limit has changed since if `drafts` differs from then.

        In that case it is unknown which messages were rejected.
        """
        if drafts != receipt.count:
            self._unsettled = []
            self._unsettled_count = max(0, self._unsettled_count + drafts - receipt.count)
        self.settle(receipt)

    def as_json(self) -> dict[str, object]:
        """Return the counts; `rejected` has the first ones, `rejected_count` counts them all."""
        counts: dict[str, object] = {"lines": self.lines, "accepted": self.accepted}
        if self.accepted:
            counts |= {"first": self._first, "last": self._last}
        return counts | {"rejected": self.rejected, "rejected_count": self.rejected_count}


class WhileConnected:
    """Raises TimeoutError in its block when the publisher is gone: a stuck log must not keep its slot."""

    # A class: a function that schedules itself would be a reference circle for each chunk.
    __slots__ = ("_is_connected", "_timeout", "_timer")

    def __init__(self, is_connected: Callable[[], bool]) -> None:
        self._is_connected = is_connected
        self._timeout = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._timer = asyncio.get_running_loop().call_later(CONNECTION_CHECK_SECONDS, self._check)

    async def __aexit__(self, *error: Any) -> None:
        self._timer.cancel()
        await self._timeout.__aexit__(*error)

    def _check(self) -> None:
        loop = asyncio.get_running_loop()
        if self._is_connected():
            self._timer = loop.call_later(CONNECTION_CHECK_SECONDS, self._check)
        else:
            self._timeout.reschedule(loop.time())


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

    async def append_all(
        self, lines: Iterable[Line], decoder: Decoder, key: IdempotencyKey | None, joiner: Joiner | None = None
    ) -> Batch:
        """Append all messages of `lines` in one transaction. Raises TooLarge for more than MAX_MESSAGES."""
        batch, drafts, rest = Batch(), list[Draft](), iter(lines)
        while part := list(islice(rest, LINES_PER_TURN)):
            limits = self.live.current.publish
            records = joiner.feed(part, limits.max_message_bytes) if joiner else [Record(line, 1) for line in part]
            if joiner and len(part) < LINES_PER_TURN:
                records += joiner.release()
            drafts += batch.read(records, decoder, limits)
            if len(drafts) > MAX_MESSAGES:
                raise too_many(f"more than {MAX_MESSAGES:,}")
            await asyncio.sleep(0)
        # Without drafts the key may have an earlier receipt: all were accepted under another limit.
        receipt = await self.append(drafts, key) if drafts or key else None
        if receipt is not None and receipt.is_repeat:
            batch.settle_repeat(receipt, len(drafts))
        else:
            batch.settle(receipt)
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


def too_many(count: str) -> TooLarge:
    """Return the error for a body with more messages than one append takes."""
    hint = "split it, or send it as a stream: without an Idempotency-Key, one object a line as application/x-ndjson"
    return TooLarge("body", f"{count} messages, where one request may hold {MAX_MESSAGES:,}", hint=hint)
