"""History pages, while messages are published and pruned."""

from contextlib import aclosing
from pathlib import Path

import pytest

from hub.errors import InvalidInput, Overloaded
from hub.filter import Filter
from hub.history import DEFAULT_LIMITS, History, HistoryLimits
from hub.log.sqlite import SqliteLog
from hub.search.find import Bounds, SearchRange
from tests.hub.log_files import NOON, Time, in_writer, open_log, page_of, rows, say
from tests.hub.parts import TIME
from tests.waiting import until

SMALL_PAGES = HistoryLimits(bounds=Bounds(page_bytes=3))


async def history_of(
    tmp_path: Path, count: int, limits: HistoryLimits = DEFAULT_LIMITS, clock: Time | None = None
) -> tuple[SqliteLog, History]:
    log = open_log(tmp_path / "log.db", clock)
    await log.start([])
    await say(log, *(f"m{seq}" for seq in range(1, count + 1)))
    return log, History(log, limits)


@pytest.mark.gen_test
async def test_messages_pruned_during_an_export_are_reported_as_a_gap(tmp_path: Path) -> None:
    log, history = await history_of(tmp_path, 9, SMALL_PAGES)
    async with aclosing(history.pages(SearchRange(Filter.parse(), limit=100, newest_first=False))) as pages:
        first = await anext(pages)
        assert [message.message for message in first.messages] == ["m1", "m2"]
        await in_writer(log, "DELETE FROM message WHERE seq <= 5")
        second = await anext(pages)
    assert second.gap is not None
    epoch = log.epoch
    assert second.gap.as_json() == {"after": f"{epoch}-2", "before": f"{epoch}-6", "missing": 3, "reason": "expired"}
    assert second.messages[0].message == "m6"
    await log.stop()


@pytest.mark.gen_test
async def test_pruning_ahead_of_an_export_is_reported_at_its_end(tmp_path: Path) -> None:
    log, history = await history_of(tmp_path, 9, SMALL_PAGES)
    texts, gaps = [], []
    async with aclosing(history.pages(SearchRange(Filter.parse(), limit=100))) as pages:
        async for page in pages:
            texts += [message.message for message in page.messages]
            gaps.append(page.gap)
            await in_writer(log, "DELETE FROM message WHERE seq <= 4")
    assert texts == ["m9", "m8", "m7", "m6", "m5"]
    assert [gap.missing for gap in gaps if gap] == [4]
    assert gaps[-1] is not None
    await log.stop()


@pytest.mark.gen_test
async def test_a_page_ends_at_its_time_limit_and_names_the_next_page(tmp_path: Path) -> None:
    """A slow search reports its progress, and other searches get their turn."""
    log, history = await history_of(tmp_path, 9, HistoryLimits(bounds=Bounds(seconds=-1)))
    assert (await page_of(history, SearchRange(Filter.parse(q="m1")))).next is None  # Few bytes: the clock is not read.
    history.limits = HistoryLimits(bounds=Bounds(seconds=-1, clock_bytes=0), answer_seconds=0)
    page = await page_of(history, SearchRange(Filter.parse(), limit=5))
    assert ([message.message for message in page.messages], page.next) == (["m9"], f"{log.epoch}-9")
    assert not page.complete
    page = await page_of(history, SearchRange(Filter.parse(q="-m")))
    assert (page.messages, page.next, page.complete) == ([], f"{log.epoch}-9", False)
    page = await page_of(history, SearchRange(Filter.parse(q="-m")), before=f"{log.epoch}-3")
    assert page.next == f"{log.epoch}-2"
    await log.stop()


@pytest.mark.gen_test
async def test_a_page_looks_on_until_it_has_found_something(tmp_path: Path) -> None:
    slow = HistoryLimits(bounds=Bounds(seconds=-1, clock_bytes=0), answer_seconds=600)
    log, history = await history_of(tmp_path, 9, slow)
    found = []
    for query in ("m5", "-m", "m1", "m9"):
        page = await page_of(history, SearchRange(Filter.parse(q=query), limit=1))
        found.append(([message.message for message in page.messages], page.next, page.complete))
    id_of = log.generations.format_id
    assert found == [(["m5"], id_of(5), True), ([], None, True), (["m1"], None, True), (["m9"], id_of(9), True)]
    page = await page_of(history, SearchRange(Filter.parse(q="m1 OR m5")))
    assert ([message.message for message in page.messages], page.next, page.complete) == (["m5"], id_of(5), False)
    await in_writer(log, "DELETE FROM message WHERE seq <= 4")  # A gap is something.
    page = await page_of(history, SearchRange(Filter.parse(q="-m"), newest_first=False), after=id_of(0))
    assert page.gap
    assert page.next == id_of(5)
    await log.stop()


@pytest.mark.gen_test
async def test_an_export_is_split_into_pages(tmp_path: Path) -> None:
    log, history = await history_of(tmp_path, 11, HistoryLimits(page_messages=4))
    async with aclosing(history.pages(SearchRange(Filter.parse(), limit=10, newest_first=False))) as pages:
        pieces = [[message.message for message in page.messages] async for page in pages]
    assert pieces == [["m1", "m2", "m3", "m4"], ["m5", "m6", "m7", "m8"], ["m9", "m10"]]
    await log.stop()


@pytest.mark.gen_test
async def test_a_page_is_bounded_in_bytes(tmp_path: Path) -> None:
    """A page stays in memory until a slow client has read it."""
    log, history = await history_of(tmp_path, 0)
    await say(log, *["x" * 1000] * 2500)
    async with aclosing(history.pages(SearchRange(Filter.parse(), limit=2400))) as pages:
        pieces = [len(page.messages) async for page in pages]
    assert sum(pieces) == 2400
    assert max(pieces) * 1000 < 600_000
    await log.stop()


@pytest.mark.gen_test
async def test_too_many_searches_are_rejected_but_none_that_has_begun(tmp_path: Path) -> None:
    """Each answer holds a page in memory until its client has read it."""
    log, history = await history_of(tmp_path, 5, HistoryLimits(answers=2, page_messages=2))
    upwards = SearchRange(Filter.parse(), newest_first=False)
    async with aclosing(history.pages(upwards)) as one, aclosing(history.pages(upwards)) as other:
        first = [await anext(one), await anext(other)]
        with pytest.raises(Overloaded, match="too many searches"):
            await page_of(history, upwards)
        with pytest.raises(InvalidInput, match="after: invalid id 'x'"):
            await page_of(history, SearchRange(Filter.parse()), after="x")
        assert [message.message for page in first for message in page.messages] == ["m1", "m2"] * 2
        assert [message.message for message in (await anext(one)).messages] == ["m3", "m4"]
        assert [message.message async for page in other for message in page.messages] == ["m3", "m4", "m5"]
    assert len((await page_of(history, upwards)).messages) == 2  # A slot is free again.
    await log.stop()


@pytest.mark.gen_test
async def test_the_writer_indexes_by_itself(tmp_path: Path) -> None:
    clock = Time()
    log, history = await history_of(tmp_path, 3000, clock=clock)
    path = tmp_path / "log.db"
    await until(lambda: rows(path, "SELECT max(indexed) > 2000 FROM segment") == [(1,)], 30)
    found = [
        page async for page in history.pages(SearchRange(Filter.parse(q="m1234")))
    ]  # Some end early on a busy machine.
    assert [message.message for page in found for message in page.messages] == ["m1234"]
    assert found[-1].first == {"id": f"{log.epoch}-1", "time": TIME}
    span = SearchRange(Filter.parse(q="m1234"), span=(0, int(NOON * 1000) - 1))
    assert not [page.messages async for page in history.pages(span) if page.messages]
    await log.stop()
