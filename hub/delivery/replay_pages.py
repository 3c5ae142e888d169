"""The log as pages of framed bytes. Readers at the same position share the bytes of a page."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.delivery import sse
from hub.delivery.cursor import Gap
from hub.delivery.group import CpuBudget, GroupKey
from hub.delivery.recent import RecentBuffer
from hub.delivery.settings import Settings
from hub.log.protocol import Log
from hub.message import Message
from hub.query.match_context import MatchContext

PAGE_OVERHEAD: Final = 512  # Bytes of a cached page besides its payload (an estimate).


@dataclass(frozen=True, slots=True)
class ReplayPage:
    payload: bytes  # Whole blocks, framed; b"" if no message matched.
    cursor: int  # Seq of the last message examined.
    count: int  # Messages in the payload.


MatchBatch = list[tuple[MatchContext | None, bytes]]
"""Consecutive messages and frames. Several filters share one MatchContext; None: a damaged message, framed as a gap."""


class Pages:
    """Frames behind a cursor. The hub appends every message, in order."""

    def __init__(self, log: Log, settings: Settings) -> None:
        self._log = log
        self._settings = settings
        self._recent: RecentBuffer[tuple[Message, bytes]] = RecentBuffer(settings.recent_bytes, head=log.head)
        self._cache: OrderedDict[tuple[GroupKey, int], ReplayPage] = OrderedDict()
        self._cache_bytes = 0
        self._batches: OrderedDict[tuple[int, int], MatchBatch] = OrderedDict()
        self._payloads = sse.PayloadCache()

    @property
    def head(self) -> int:
        return self._recent.head

    @property
    def head_id(self) -> str:
        return self._log.generations.format_id(self.head)

    @property
    def cached(self) -> tuple[int, int]:
        """Cached pages, and their bytes."""
        return len(self._cache), self._cache_bytes

    def append(self, message: Message) -> bytes:
        """Return the message's frame, and keep it for replay."""
        frame = sse.encode(message)
        self._recent.append((message, frame), len(frame))
        return frame

    def after(self, seq: int) -> Sequence[tuple[Message, bytes]] | None:
        """Return all messages behind `seq`, or None if memory does not hold all."""
        return None if seq < self._recent.first - 1 else self._recent.after(seq, self._recent.head - seq)

    def recent(self, key: GroupKey, after: int, up_to: int) -> ReplayPage | None:
        """Return the page behind seq `after`, or None if it must be fetched. The caller checks `log.first`."""
        page = self._cache.get((key, after))
        if page is not None:
            self._cache.move_to_end((key, after))
            return page
        batch = self._batches.get((after, self._limit(after, up_to)))
        if batch is None:
            if after < self._recent.first - 1:
                return None
            batch = self._make_batch(after, up_to, self._recent.after(after, self._limit(after, up_to)))
        return self._keep(key, after, self._make_page(key, after, batch))

    async def fetch(self, key: GroupKey, after: int, up_to: int) -> ReplayPage | None:
        """Return the page behind seq `after` from storage, or None if it has been pruned."""
        messages = await self._log.read(after, self._limit(after, up_to))
        if not messages:
            return None
        batch = self._make_batch(after, up_to, map(self._frame, messages))
        return self._keep(key, after, self._make_page(key, after, batch))

    def _frame(self, message: Message | int) -> tuple[Message | None, bytes]:
        if isinstance(message, int):
            return None, sse.event("gap", Gap.damaged(self._log, message).as_json())
        return message, sse.encode(message)

    def _make_batch(self, after: int, up_to: int, frames: Iterable[tuple[Message | None, bytes]]) -> MatchBatch:
        batch: MatchBatch = []
        size = 0
        for message, frame in frames:
            batch.append((MatchContext(message) if message else None, frame))
            size += len(frame)
            if size >= self._settings.batch_bytes:
                break
        self._batches[after, self._limit(after, up_to)] = batch
        if len(self._batches) > self._settings.batches_kept:
            self._batches.popitem(last=False)
        return batch

    def _keep(self, key: GroupKey, after: int, page: ReplayPage) -> ReplayPage:
        previous = self._cache.pop((key, after), None)
        self._cache[key, after] = page
        self._cache_bytes += _size(page) - (_size(previous) if previous else 0)
        while self._cache_bytes > self._settings.page_cache_bytes and len(self._cache) > 1:
            self._cache_bytes -= _size(self._cache.popitem(last=False)[1])
        return page

    def _make_page(self, key: GroupKey, after: int, batch: MatchBatch) -> ReplayPage:
        matching, size, cursor, count = [], 0, after, 0
        budget = CpuBudget(self._settings.page_seconds)
        for context, frame in batch:
            cursor += 1
            if context is None or key.filter.matches(context):
                matching.append(frame)
                count += context is not None
                size += len(frame)
            if size >= self._settings.page_bytes or (key.filter.query and budget.is_spent):
                break
        return ReplayPage(self._payloads.payload(matching, chunked=key.chunked), cursor, count)

    def _limit(self, after: int, up_to: int) -> int:
        # Messages that the page behind seq `after` may examine.
        page_messages = self._settings.page_messages
        return min(page_messages - after % page_messages, up_to - after)


def _size(page: ReplayPage) -> int:
    return PAGE_OVERHEAD + len(page.payload)
