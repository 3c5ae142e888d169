"""The log in ready-made pieces."""

from collections.abc import Sequence

import pytest

from hub.delivery import replay_pages
from hub.delivery.replay_pages import PAGE_BYTES, PAGE_MESSAGES, ROOM_BYTES, Pages, ReplayPage
from hub.delivery.sse import chunk, encode
from hub.filter import Filter
from hub.message import Message
from tests.hub.memory_log import MemoryLog, log_of
from tests.hub.parts import draft, message

EVERYTHING = Filter.parse()


def followed(log: MemoryLog) -> Pages:
    """Pages that are told of all that the log says from now on."""
    pages = Pages(log)

    def deliver(messages: Sequence[Message]) -> None:
        for said in messages:
            pages.append(said)

    log.subscribers = [deliver]
    return pages


def recent(pages: Pages, after: int, up_to: int, *, wanted: Filter = EVERYTHING, chunked: bool = False) -> ReplayPage:
    page = pages.recent(wanted, chunked, after, up_to)
    assert page is not None
    return page


def frames(*seqs: int, text: str = "hello") -> bytes:
    return b"".join(encode(message(seq, text)) for seq in seqs)


def test_what_was_just_said_comes_from_memory() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft(), draft(), draft()])
    assert pages.head == 3
    assert recent(pages, 1, 3) == ReplayPage(frames(2, 3), 3, 2)
    assert log.reads == 0


def test_no_page_goes_beyond_what_live_readers_have() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft(), draft(), draft()])
    assert recent(pages, 0, 2) == ReplayPage(frames(1, 2), 2, 2)


def test_framing_belongs_to_the_page() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft()])
    assert recent(pages, 0, 1, chunked=True).payload == chunk(frames(1))
    assert recent(pages, 0, 1, chunked=False).payload == frames(1)


def test_a_page_where_nothing_matches_is_empty_and_still_moves_the_cursor() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft(), draft()])
    for chunked in (True, False):  # An empty chunk would end the stream.
        assert recent(pages, 0, 2, wanted=Filter.parse(["other"]), chunked=chunked) == ReplayPage(b"", 2, 0)


def test_a_page_is_bounded_in_bytes() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft("x" * (PAGE_BYTES // 2)) for _ in range(5)])
    page = recent(pages, 0, log.head)
    assert page.count == 2
    assert PAGE_BYTES <= len(page.payload) < 2 * PAGE_BYTES


def test_a_page_looks_at_so_many_messages_however_few_are_wanted() -> None:
    """Else one reader with a narrow filter would stop all others while it looks through a long log."""
    log = MemoryLog()
    pages = followed(log)
    log.say([draft() for _ in range(PAGE_MESSAGES + 1)])
    assert recent(pages, 0, log.head, wanted=Filter.parse(["other"])) == ReplayPage(b"", PAGE_MESSAGES, 0)


def test_ten_thousand_readers_at_the_same_place_share_one_page() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft(), draft()])
    assert recent(pages, 0, 2) is recent(pages, 0, 2, wanted=Filter.parse(["*"]))


def test_only_the_newest_pages_are_kept_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 pages could be 64 messages of 1 MiB each, or of 64."""
    monkeypatch.setattr(replay_pages, "CACHE_BYTES", 10_000)
    log = MemoryLog()
    pages = followed(log)
    log.say([draft("x" * 1000) for _ in range(20)])
    for after in (*range(20), 19):
        recent(pages, after, after + 1)
    held = sum(len(page.payload) + ROOM_BYTES for page in pages._cache.values())
    assert 0 < 10_000 - held == 10_000 - pages._cache_bytes < 2000
    log.say([draft("x" * 20_000)])
    assert recent(pages, 20, 21) is recent(pages, 20, 21)
    assert len(pages._cache) == 1  # One that is larger than all the room is kept for those who wait for it.


def test_many_pages_without_anything_in_them_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_pages, "CACHE_BYTES", 10_000)
    log = MemoryLog()
    pages = followed(log)
    log.say([draft()])
    for number in range(50):
        recent(pages, 0, 1, wanted=Filter.parse([f"other{number}"]))
    assert len(pages._cache) <= 10_000 // ROOM_BYTES


def test_a_page_ends_where_a_query_has_taken_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_pages, "LOOK_SECONDS", -1)
    log = MemoryLog()
    pages = followed(log)
    log.say([draft(), draft("other"), draft()])
    wanted = Filter.parse(q="hello")
    assert recent(pages, 0, 3, wanted=wanted) == ReplayPage(frames(1), 1, 1)
    assert recent(pages, 1, 3, wanted=wanted) == ReplayPage(b"", 2, 0)
    assert (
        recent(pages, 0, 3, wanted=Filter.parse(["demo"])).count == 3
    )  # Without a query there is nothing to wait for.


def test_readers_of_other_filters_look_at_the_same_stretch() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft(), draft()])
    for word in ("hell", "ello"):
        recent(pages, 0, 2, wanted=Filter.parse(q=word))
    (stretch,) = pages._stretches.values()
    one, other = (recent(pages, 0, 2, wanted=Filter.parse(q=word)).payload for word in ("hell", "ello"))
    assert one is other
    assert len(stretch) == 2
    assert recent(pages, 0, 1, wanted=Filter.parse(q="lo")).cursor == 1  # Not beyond what live readers have.


@pytest.mark.gen_test
async def test_what_was_said_before_this_process_began_is_fetched_once() -> None:
    log = log_of(5)
    pages = followed(log)
    assert pages.head == 5
    assert pages.recent(EVERYTHING, False, 2, 5) is None
    page = await pages.fetch(EVERYTHING, False, 2, 5)
    assert page == ReplayPage(b"".join(encode(message(seq, f"m{seq}")) for seq in (3, 4, 5)), 5, 3)
    assert recent(pages, 2, 5) is page
    assert log.reads == 1


@pytest.mark.gen_test
async def test_what_was_pruned_meanwhile_is_no_page() -> None:
    log = log_of(5)
    pages = followed(log)
    log.forget(4)
    assert await pages.fetch(EVERYTHING, False, 2, 5) is None


@pytest.mark.gen_test
async def test_what_has_fallen_out_of_memory_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_pages, "TAIL_BYTES", 1000)
    log = MemoryLog()
    pages = followed(log)
    log.say([draft("x" * 300) for _ in range(10)])
    assert pages.recent(EVERYTHING, False, 0, 10) is None
    page = await pages.fetch(EVERYTHING, False, 0, 10)
    assert page is not None
    assert page.count == 10
    assert recent(pages, 8, 10).count == 2


def test_each_message_is_encoded_once() -> None:
    log = MemoryLog()
    pages = followed(log)
    log.say([draft()])
    once, twice = pages.after(0), pages.after(0)
    assert once is not None
    assert twice is not None
    assert isinstance(once[0][0], Message)
    assert once[0][1] is twice[0][1]


@pytest.mark.gen_test
async def test_readers_from_different_places_are_soon_on_the_same_pages() -> None:
    """A thousand who come back from a thousand places: each begins on a page of its own, then all share."""
    log = log_of(3 * PAGE_MESSAGES)
    pages = Pages(log)
    for start in (0, 1, 17, PAGE_MESSAGES - 1):
        cursor = start
        while cursor < log.head:
            page = pages.recent(EVERYTHING, False, cursor, log.head)
            page = page or await pages.fetch(EVERYTHING, False, cursor, log.head)
            assert page is not None
            cursor = page.cursor
    assert log.reads == 4 + 2
