"""History: what was said before, a page at a time.

Owns where a page begins and ends, what is missing in front of it, and that searches leave room for
readers who catch up. Knows no SQL (search/ does) and no HTTP.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hub.delivery.cursor import Gap, resolve, resolve_before
from hub.errors import InvalidInput, Overloaded
from hub.filter import Filter
from hub.log.protocol import SearchableLog, format_time, parse_id
from hub.message import Message
from hub.search.find import EVER, SearchRange, SearchResult, find

# Answers that have begun and not ended: of each a piece is in memory, twice, for as long as its asker takes.
MAX_ANSWERS: Final = 64
# Beside so many no export begins: one that is taken at 9 KB/s is never cut, and 64 left pages no place for hours.
MAX_EXPORTS: Final = 48
# Whoever asked makes bytes of a piece on the loop: with 4 MiB of short messages as CSV that was a stop of 100 ms.
PIECE_MESSAGES: Final = 1000


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """A request. `after` and `before` are ids, `since` (included) and `until` (not) ms since 1970."""

    wanted: Filter
    after: str | None = None
    before: str | None = None
    since: int | None = None
    until: int | None = None
    limit: int = 100
    newest_first: bool = True
    is_export: bool = False  # All pieces of it, not the first one alone.


@dataclass(slots=True)
class HistoryPage:
    """An answer. `next` goes on behind it: as `before` with the newest first, else as `after`; None at the end.

    Messages that come after `head` have not been looked for: the stream brings them.
    """

    head: str
    gap: Gap | None
    messages: list[Message] = field(default_factory=list)
    first: dict[str, str] | None = None  # Id and time of the oldest message kept.
    next: str | None = None

    def as_json(self) -> dict[str, object]:
        shown: dict[str, object] = {
            "messages": self.messages,
            "head": self.head,
            "first": self.first,
            "next": self.next,
        }
        return shown | {"gap": self.gap.as_json()} if self.gap else shown


class History:
    """The log, as those see it who look back."""

    def __init__(self, log: SearchableLog) -> None:
        self._log = log
        # One at a time, so that of the log's two reading threads one is left for the streams' replay.
        self._turn = asyncio.Semaphore(1)
        self._answering = 0

    async def pages(self, asked: HistoryQuery) -> AsyncGenerator[HistoryPage, None]:
        """All that was asked for, piece by piece: fewer messages, or none, where they are long or hard to find.

        The log is not held in between. Until this is closed it counts as an answer. Raises InvalidInput for what is no
        id, and at the beginning Overloaded when there are too many; LogFailed.
        """
        search, gap = self._search(asked)
        # Only now: whoever has been given a piece gets the others in turn, or an export would break off.
        if self._answering >= (MAX_EXPORTS if asked.is_export else MAX_ANSWERS):
            raise Overloaded("too many searches at once", hint="search again later", retry_seconds=2)
        self._answering += 1
        try:
            head = self._log.generations.format_id(self._log.head)
            is_behind_something = asked.after is not None
            while True:
                found = await self._find(replace(search, limit=min(search.limit, PIECE_MESSAGES)))
                # The file may have let go of more than the loop has heard of, so this is asked of the first piece too.
                pruned = self._pruned(search, found) if is_behind_something else None
                yield self._page(head, _both(gap, pruned), found)
                if found.reached is None or len(found.messages) >= search.limit:
                    return
                search = search.behind(found.reached, len(found.messages))
                gap, is_behind_something = None, True
        finally:
            self._answering -= 1

    def _page(self, head: str, gap: Gap | None, found: SearchResult) -> HistoryPage:
        page, generations = HistoryPage(head, gap, found.messages), self._log.generations
        if found.first:
            page.first = {"id": generations.format_id(found.first[0]), "time": format_time(found.first[1])}
        if found.reached is not None:
            page.next = generations.format_id(found.reached)
        return page

    def _pruned(self, search: SearchRange, found: SearchResult) -> Gap | None:
        """What was to be looked at, and the log has let go of it."""
        first = found.first[0] if found.first else search.high + 1
        before = min(first, search.high + 1)
        is_due = not search.newest_first or found.reached is None
        if before <= search.low or not is_due:
            return None
        id_of = self._log.generations.format_id
        return Gap(id_of(search.low - 1), id_of(before), before - search.low, "expired")

    def _search(self, asked: HistoryQuery) -> tuple[SearchRange, Gap | None]:
        log = self._log
        low, high, gap = log.first, log.head, None
        if asked.after is not None:
            _check_id("after", asked.after)
            after, gap = resolve(asked.after, log)
            low = after + 1
        if asked.before is not None:
            _check_id("before", asked.before)
            before, gap_before = resolve_before(asked.before, log)
            high, gap = min(high, before), gap_before or gap
        since = EVER[0] if asked.since is None else asked.since
        until = EVER[1] if asked.until is None else asked.until - 1
        return SearchRange(asked.wanted, low, high, asked.limit, asked.newest_first, (since, until)), gap

    async def _find(self, search: SearchRange) -> SearchResult:
        async with self._turn:
            return await self._log.query(partial(find, generations=self._log.generations, search=search))


def _both(gap: Gap | None, next_one: Gap | None) -> Gap | None:
    """Two that follow each other, as one."""
    if gap is None or next_one is None:
        return gap or next_one
    missing = None if gap.missing is None or next_one.missing is None else gap.missing + next_one.missing
    return replace(gap, before=next_one.before, missing=missing)


def _check_id(field: str, text: str) -> None:
    if parse_id(text) is None:
        raise InvalidInput(field, f"{text[:40]!r} is no id", hint="use the id of a message: <epoch>-<seq>")
