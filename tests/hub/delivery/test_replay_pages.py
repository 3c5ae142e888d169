"""The log as pages of framed bytes."""

from collections.abc import Sequence
from typing import Any

import pytest

from hub.config import StreamConfig
from hub.delivery.cursor import Gap
from hub.delivery.group import GroupKey
from hub.delivery.replay_pages import PAGE_OVERHEAD, Pages, ReplayPage
from hub.delivery.settings import Settings
from hub.delivery.sse import chunk, encode, event
from hub.filter import Filter
from hub.message import Message
from tests.hub.memory_log import MemoryLog, log_of
from tests.hub.parts import draft, message

EVERYTHING = GroupKey(Filter.parse(), chunked=False)
DEFAULTS = Settings(StreamConfig())


def followed(log: MemoryLog, **tuning: Any) -> Pages:
    """Return pages to which the log delivers its messages."""
    pages = Pages(log, Settings(StreamConfig(), **tuning))

    def deliver(messages: Sequence[Message]) -> None:
        for one in messages:
            pages.append(one)

    log.subscribers = [deliver]
    return pages


def recent(
    pages: Pages, after: int, up_to: int, *, filter_: Filter = EVERYTHING.filter, chunked: bool = False
) -> ReplayPage:
    page = pages.recent(GroupKey(filter_, chunked), after, up_to)
    assert page is not None
    return page


def frames(*seqs: int, text: str = "hello") -> bytes:
    return b"".join(encode(message(seq, text)) for seq in seqs)


def test_recent_messages_come_from_memory() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft(), draft(), draft()])
    assert pages.head == 3
    assert recent(pages, 1, 3) == ReplayPage(frames(2, 3), 3, 2)
    assert log.reads == 0


def test_no_page_goes_beyond_the_limit_of_the_caller() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft(), draft(), draft()])
    assert recent(pages, 0, 2) == ReplayPage(frames(1, 2), 2, 2)


def test_a_page_is_framed() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft()])
    assert recent(pages, 0, 1, chunked=True).payload == chunk(frames(1))
    assert recent(pages, 0, 1, chunked=False).payload == frames(1)


def test_a_page_where_nothing_matches_is_empty_and_still_moves_the_cursor() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft(), draft()])
    for chunked in (True, False):  # An empty chunk would end the stream.
        assert recent(pages, 0, 2, filter_=Filter.parse(["other"]), chunked=chunked) == ReplayPage(b"", 2, 0)


def test_a_page_is_bounded_in_bytes() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft("x" * (DEFAULTS.page_bytes // 2)) for _ in range(5)])
    page = recent(pages, 0, log.head)
    assert page.count == 2
    assert DEFAULTS.page_bytes <= len(page.payload) < 2 * DEFAULTS.page_bytes


def test_a_page_examines_a_bounded_number_of_messages() -> None:
    """Otherwise one reader with a narrow filter would block the others while it searches a long log."""
    log = MemoryLog()
    pages = followed(log)
    log.store([draft() for _ in range(DEFAULTS.page_messages + 1)])
    assert recent(pages, 0, log.head, filter_=Filter.parse(["other"])) == ReplayPage(b"", DEFAULTS.page_messages, 0)


def test_ten_thousand_readers_at_the_same_place_share_one_page() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft(), draft()])
    assert recent(pages, 0, 2) is recent(pages, 0, 2, filter_=Filter.parse(["*"]))


def test_the_cache_of_pages_is_bounded_in_bytes() -> None:
    """64 pages could be 64 messages of 1 MiB each."""
    log = MemoryLog()
    pages = followed(log, page_cache_bytes=10_000)
    log.store([draft("x" * 1000) for _ in range(20)])
    for after in (*range(20), 19):
        recent(pages, after, after + 1)
    assert 8000 < pages.cached[1] <= 10_000
    log.store([draft("x" * 20_000)])
    assert recent(pages, 20, 21) is recent(pages, 20, 21)
    assert pages.cached[0] == 1  # The newest page is kept whatever its size.


def test_the_number_of_empty_pages_is_bounded() -> None:
    log = MemoryLog()
    pages = followed(log, page_cache_bytes=10_000)
    log.store([draft()])
    for number in range(50):
        recent(pages, 0, 1, filter_=Filter.parse([f"other{number}"]))
    assert pages.cached[0] <= 10_000 // PAGE_OVERHEAD


def test_a_page_ends_when_the_budget_of_a_query_is_spent() -> None:
    log = MemoryLog()
    pages = followed(log, page_seconds=-1)
    log.store([draft(), draft("other"), draft()])
    query = Filter.parse(q="hello")
    assert recent(pages, 0, 3, filter_=query) == ReplayPage(frames(1), 1, 1)
    assert recent(pages, 1, 3, filter_=query) == ReplayPage(b"", 2, 0)
    assert recent(pages, 0, 3, filter_=Filter.parse(["demo"])).count == 3  # A topic is cheap: no budget.


def test_readers_with_other_filters_share_the_batch_and_the_payload() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft(), draft()])
    one, other = (recent(pages, 0, 2, filter_=Filter.parse(q=word)).payload for word in ("hell", "ello"))
    assert one is other
    assert recent(pages, 0, 1, filter_=Filter.parse(q="lo")).cursor == 1  # Not beyond the limit of the caller.


@pytest.mark.gen_test
async def test_messages_from_before_this_process_are_fetched_once() -> None:
    log = log_of(5)
    pages = followed(log)
    assert pages.head == 5
    assert pages.recent(EVERYTHING, 2, 5) is None
    page = await pages.fetch(EVERYTHING, 2, 5)
    assert page == ReplayPage(b"".join(encode(message(seq, f"m{seq}")) for seq in (3, 4, 5)), 5, 3)
    assert recent(pages, 2, 5) is page
    assert log.reads == 1


@pytest.mark.gen_test
async def test_there_is_no_page_of_pruned_messages() -> None:
    log = log_of(5)
    pages = followed(log)
    log.prune(4)
    assert await pages.fetch(EVERYTHING, 2, 5) is None


@pytest.mark.gen_test
async def test_messages_that_memory_no_longer_holds_are_fetched() -> None:
    log = MemoryLog()
    pages = followed(log, recent_bytes=1000)
    log.store([draft("x" * 300) for _ in range(10)])
    assert pages.recent(EVERYTHING, 0, 10) is None
    page = await pages.fetch(EVERYTHING, 0, 10)
    assert page is not None
    assert page.count == 10
    assert recent(pages, 8, 10).count == 2


def test_each_message_is_encoded_once() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.store([draft()])
    once, twice = pages.after(0), pages.after(0)
    assert once is not None
    assert twice is not None
    assert isinstance(once[0][0], Message)
    assert once[0][1] is twice[0][1]


@pytest.mark.gen_test
async def test_readers_from_different_positions_soon_share_pages() -> None:
    """1,000 readers that resume from 1,000 positions: each begins with a page of its own, then they share."""
    log = log_of(3 * DEFAULTS.page_messages)
    pages = Pages(log, DEFAULTS)
    for start in (0, 1, 17, DEFAULTS.page_messages - 1):
        cursor = start
        while cursor < log.head:
            page = pages.recent(EVERYTHING, cursor, log.head)
            page = page or await pages.fetch(EVERYTHING, cursor, log.head)
            assert page is not None
            cursor = page.cursor
    assert log.reads == 4 + 2


@pytest.mark.gen_test
async def test_a_damaged_message_is_a_gap_at_its_place_for_every_filter() -> None:
    class Damaged(MemoryLog):
        async def read(self, after: int, limit: int) -> Sequence[Message | int]:  # type: ignore[override]  # one is damaged
            return [message(1), 2, message(3)]

    log = Damaged()
    log.store([draft(), draft(), draft()])
    gap = event("gap", Gap.damaged(log, 2).as_json())
    assert b'"missing":1,"reason":"damaged"' in gap
    pages = Pages(log, DEFAULTS)
    everything = await pages.fetch(EVERYTHING, 0, 3)
    assert everything == ReplayPage(frames(1) + gap + frames(3), 3, 2)
    other = await pages.fetch(GroupKey(Filter.parse(["other"]), chunked=False), 0, 3)
    assert other == ReplayPage(gap, 3, 0)
