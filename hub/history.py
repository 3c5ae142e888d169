"""History: stored messages, a page at a time, within limits that keep searches from delaying streams."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hub.delivery.cursor import Gap, resolve, resolve_before
from hub.errors import InvalidInput, Overloaded
from hub.log.protocol import SearchableLog, format_time, parse_id
from hub.message import Message
from hub.search.find import DEFAULT_BOUNDS, Bounds, SearchRange, SearchResult, find


@dataclass(frozen=True, slots=True)
class HistoryLimits:
    answers: int = 64  # In progress. Each holds a page in memory, twice, until its client has read it.
    exports: int = 48  # Fewer, so that slow clients cannot block all page requests for hours.
    page_messages: int = 1000  # The event loop encodes a page: 4 MiB as CSV blocked it for 100 ms (measured).
    answer_seconds: float = 1.0  # Of an answer that looks for something, from its beginning. Exports have no limit.
    write_seconds: float = 60.0  # Write timeout for one page, for a client that reads slowly.
    bounds: Bounds = DEFAULT_BOUNDS


DEFAULT_LIMITS: Final = HistoryLimits()


@dataclass(slots=True)
class HistoryPage:
    """A part of an answer. `next` is the `before` (newest first) or `after` of the next page, None at the end."""

    head: str  # Later messages have not been searched; the stream delivers them.
    gap: Gap | None
    messages: list[Message] = field(default_factory=list)
    first: dict[str, str] | None = None  # Id and time of the oldest message in the log.
    next: str | None = None
    complete: bool = True  # The wanted number was found, or the range was searched to its end.

    def as_json(self) -> dict[str, object]:
        shown: dict[str, object] = {
            "messages": self.messages,
            "head": self.head,
            "first": self.first,
            "next": self.next,
            "complete": self.complete,
        }
        return shown | {"gap": self.gap.as_json()} if self.gap else shown


class History:
    def __init__(self, log: SearchableLog, limits: HistoryLimits = DEFAULT_LIMITS) -> None:
        self._log = log
        self.limits = limits
        self.turn = asyncio.Semaphore(1)  # Streams have the other of the log's two reading threads for replay.
        self.answering = 0  # Answers in progress.

    async def pages(
        self, search: SearchRange, *, after: str | None = None, before: str | None = None, is_export: bool = False
    ) -> AsyncGenerator[HistoryPage, None]:
        """Yield all results between two ids. Counts as an answer until it is closed.

        A page is empty at the end, in an export, and when `answer_seconds` are over. The first page may raise
        InvalidInput and Overloaded, every page LogFailed.
        """
        until = time.monotonic() + self.limits.answer_seconds
        search, gap = self._between(search, after, before)
        with self.slot(self.limits.exports if is_export else self.limits.answers):
            head = self._log.generations.format_id(self._log.head)
            follows_a_position = after is not None
            while True:
                part = replace(search, limit=min(search.limit, self.limits.page_messages))
                async with self.turn:
                    result = await self._log.query(
                        partial(find, generations=self._log.generations, search=part, bounds=self.limits.bounds)
                    )
                # Pruning reaches the file before the event loop learns of it, so the first page is checked too.
                pruned = self._pruned(search, result) if follows_a_position else None
                damaged = None if result.damaged is None else Gap.damaged(self._log, result.damaged)
                page = self._page(head, _combined(_combined(gap, pruned), damaged), result)
                page.complete = result.reached is None or len(result.messages) >= search.limit
                is_found = page.messages or page.gap or page.complete
                if is_found or is_export or time.monotonic() > until:
                    yield page
                if result.reached is None or page.complete:
                    return
                search = search.after(result.reached, len(result.messages))
                gap, follows_a_position = None, True

    async def look(self, part: Callable[[sqlite3.Connection], bool]) -> None:
        """Call `part`, which takes one slice of time, until it returns True or `answer_seconds` are over.

        Raises LogFailed. After damage was met `part` is called again, with a connection for `reread`.
        """
        until = time.monotonic() + self.limits.answer_seconds
        is_complete = False
        while not is_complete:
            async with self.turn:
                is_complete = await self._log.query(part)
            if time.monotonic() > until:
                return

    @contextmanager
    def slot(self, limit: int) -> Iterator[None]:
        """Count an answer in progress. Raises Overloaded at the limit."""
        if self.answering >= limit:
            raise Overloaded("too many searches at once", hint="retry later", retry_seconds=2)
        self.answering += 1
        try:
            yield
        finally:
            self.answering -= 1

    def _page(self, head: str, gap: Gap | None, result: SearchResult) -> HistoryPage:
        page, generations = HistoryPage(head, gap, result.messages), self._log.generations
        if result.first:
            page.first = {"id": generations.format_id(result.first[0]), "time": format_time(result.first[1])}
        if result.reached is not None:
            page.next = generations.format_id(result.reached)
        return page

    def _pruned(self, search: SearchRange, result: SearchResult) -> Gap | None:
        """Return the part of the range that was deleted before it was searched."""
        before = min(result.first[0] if result.first else search.high + 1, search.high + 1)
        is_due = not search.newest_first or result.reached is None
        if before <= search.low or not is_due:
            return None
        id_of = self._log.generations.format_id
        return Gap(id_of(search.low - 1), id_of(before), before - search.low, "expired")

    def _between(self, search: SearchRange, after: str | None, before: str | None) -> tuple[SearchRange, Gap | None]:
        """Return the search limited to the log and the two ids, and the gap behind `after`."""
        log = self._log
        low, high, gap = log.first, log.head, None
        if after is not None:
            _check_id("after", after)
            position, gap = resolve(after, log)
            low = position + 1
        if before is not None:
            _check_id("before", before)
            position, gap_before = resolve_before(before, log)
            high, gap = min(high, position), gap_before or gap
        return replace(search, low=low, high=high), gap


def _combined(gap: Gap | None, following: Gap | None) -> Gap | None:
    if gap is None or following is None:
        return gap or following
    missing = None if gap.missing is None or following.missing is None else gap.missing + following.missing
    return replace(gap, before=following.before, missing=missing)


def _check_id(field: str, text: str) -> None:
    if parse_id(text) is None:
        raise InvalidInput(field, f"invalid id {text[:40]!r}", hint="use the id of a message: <epoch>-<seq>")
