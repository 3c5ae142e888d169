"""What readers who are catching up are sent: the log in pages of ready-made bytes.

Recent frames come from a tail in memory, older ones from the log's storage. A page is immutable
and shared: ten thousand readers who resume from the same place hold views on the same bytes.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hub.delivery import sse
from hub.delivery.recent import RecentBuffer
from hub.filter import Filter
from hub.log.protocol import Log
from hub.message import Message
from hub.query.match_context import MatchContext

TAIL_BYTES: Final = 16 << 20
PAGE_BYTES: Final = 64 << 10  # Below what one send to a fresh socket takes at TCP_NOTSENT_LOWAT 128 KiB (measured).
# The most messages that one page looks at, also when the filter lets little through; it ends at a multiple of
# this, so that readers who come from different places are soon on the same pages.
PAGE_MESSAGES: Final = 256
LOOK_SECONDS: Final = 0.005  # A page ends with the message at which a query has taken so long.
CACHE_BYTES: Final = 8 << 20  # Of pages; the newest is kept whatever its size.
ROOM_BYTES: Final = 512  # What a page takes beside its payload (a guess).
STRETCH_BYTES: Final = 1 << 20  # A page looks at no more than this, and the message that reaches it.
STRETCHES: Final = 4


@dataclass(frozen=True, slots=True)
class ReplayPage:
    payload: bytes  # Whole blocks, framed; b"" when nothing on it matched.
    cursor: int  # Seq of the last message looked at.
    count: int  # Messages in it.


Stretch = list[tuple[MatchContext, bytes]]
"""Messages one behind the other, and their frames."""


class Pages:
    """Frames behind a cursor. Told of every message by the hub, in order."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._tail: RecentBuffer[tuple[Message, bytes]] = RecentBuffer(TAIL_BYTES, head=log.head)
        self._cache: OrderedDict[tuple[Filter, bool, int], ReplayPage] = OrderedDict()
        self._cache_bytes = 0
        self._stretches: OrderedDict[tuple[int, int], Stretch] = OrderedDict()
        self._joined = sse.PayloadCache()

    @property
    def head(self) -> int:
        """Seq of the newest message delivered to this process's readers."""
        return self._tail.head

    def append(self, message: Message) -> bytes:
        """Encode the next message, once, and keep its frame for those who come after."""
        frame = sse.encode(message)
        self._tail.append((message, frame), len(frame))
        return frame

    def after(self, seq: int) -> Sequence[tuple[Message, bytes]] | None:
        """Everything behind `seq`, for a group made between two flushes; None when memory does not hold all of it."""
        return None if seq < self._tail.first - 1 else self._tail.after(seq, self._tail.head - seq)

    def recent(self, wanted: Filter, chunked: bool, after: int, up_to: int) -> ReplayPage | None:
        """The page behind seq `after`, or None when it has to be fetched."""
        key = (wanted, chunked, after)
        page = self._cache.get(key)
        if page is not None:
            self._cache.move_to_end(key)
            return page
        stretch = self._stretches.get((after, _room(after, up_to)))
        if stretch is None:
            if after < self._tail.first - 1:
                return None
            stretch = self._look_at(after, up_to, self._tail.after(after, _room(after, up_to)))
        return self._keep(key, self._make(wanted, chunked, after, stretch))

    async def fetch(self, wanted: Filter, chunked: bool, after: int, up_to: int) -> ReplayPage | None:
        """The page behind seq `after` from storage; None when it was pruned meanwhile."""
        messages = await self._log.read(after, _room(after, up_to))
        if not messages:
            return None
        stretch = self._look_at(after, up_to, ((message, sse.encode(message)) for message in messages))
        return self._keep((wanted, chunked, after), self._make(wanted, chunked, after, stretch))

    def _look_at(self, after: int, up_to: int, frames: Iterable[tuple[Message, bytes]]) -> Stretch:
        """What follows, for a while also for other filters: hundreds of them need not fold the same texts again."""
        stretch, size = [], 0
        for message, frame in frames:
            stretch.append((MatchContext(message), frame))
            size += len(frame)
            if size >= STRETCH_BYTES:
                break
        self._stretches[after, _room(after, up_to)] = stretch
        if len(self._stretches) > STRETCHES:
            self._stretches.popitem(last=False)
        return stretch

    def _keep(self, key: tuple[Filter, bool, int], page: ReplayPage) -> ReplayPage:
        before = self._cache.pop(key, None)  # Two may have fetched the same.
        self._cache[key] = page
        self._cache_bytes += _size(page) - (_size(before) if before else 0)
        while self._cache_bytes > CACHE_BYTES and len(self._cache) > 1:
            self._cache_bytes -= _size(self._cache.popitem(last=False)[1])
        return page

    def _make(self, wanted: Filter, chunked: bool, after: int, stretch: Stretch) -> ReplayPage:
        matching, size, cursor = [], 0, after
        until = time.monotonic() + LOOK_SECONDS
        for seen, frame in stretch:
            cursor += 1
            if wanted.matches(seen):
                matching.append(frame)
                size += len(frame)
            if size >= PAGE_BYTES or (time.monotonic() > until and wanted.query):
                break
        return ReplayPage(self._joined.payload(matching, chunked=chunked), cursor, len(matching))


def _size(page: ReplayPage) -> int:
    return ROOM_BYTES + len(page.payload)


def _room(after: int, up_to: int) -> int:
    """How many messages the page behind seq `after` may look at."""
    return min(PAGE_MESSAGES - after % PAGE_MESSAGES, up_to - after)
