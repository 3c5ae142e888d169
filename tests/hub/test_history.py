"""Looking back a page at a time, while the log goes on and lets go."""

from contextlib import aclosing
from functools import partial
from pathlib import Path

import pytest

from hub import history
from hub.errors import InvalidInput, Overloaded
from hub.filter import Filter
from hub.history import History, HistoryQuery
from hub.log.sqlite import SqliteLog
from hub.search.find import find
from tests.hub.log_files import NOON, Time, in_writer, open_log, page_of, rows, say
from tests.hub.parts import TIME
from tests.waiting import until


async def history_of(tmp_path: Path, count: int, clock: Time | None = None) -> tuple[SqliteLog, History]:
    log = open_log(tmp_path / "log.db", clock)
    await log.start([])
    await say(log, *(f"m{seq}" for seq in range(1, count + 1)))
    return log, History(log)


@pytest.mark.gen_test
async def test_what_is_pruned_while_an_export_runs_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.search.find.PAGE_BYTES", 3)
    log, looked = await history_of(tmp_path, 9)
    async with aclosing(looked.pages(HistoryQuery(Filter.parse(), limit=100, newest_first=False))) as pages:
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
async def test_the_other_end_may_be_pruned_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.search.find.PAGE_BYTES", 3)
    log, looked = await history_of(tmp_path, 9)
    texts, gaps = [], []
    async with aclosing(looked.pages(HistoryQuery(Filter.parse(), limit=100))) as pages:
        async for page in pages:
            texts += [message.message for message in page.messages]
            gaps.append(page.gap)
            await in_writer(log, "DELETE FROM message WHERE seq <= 4")
    assert texts == ["m9", "m8", "m7", "m6", "m5"]
    assert [gap.missing for gap in gaps if gap] == [4]
    assert gaps[-1] is not None
    await log.stop()


@pytest.mark.gen_test
async def test_a_page_ends_when_its_time_is_over_and_says_where_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the index does not help, whoever asks sees how far the search has come, and others get their turn."""
    log, looked = await history_of(tmp_path, 9)
    monkeypatch.setattr(history, "find", partial(find, seconds=-1))
    assert (
        await page_of(looked, HistoryQuery(Filter.parse(q="m1")))
    ).next is None  # So few are no reason to look at the clock.
    monkeypatch.setattr("hub.search.find.LOOK_BYTES", 0)
    page = await page_of(looked, HistoryQuery(Filter.parse(), limit=5))
    assert ([message.message for message in page.messages], page.next) == (["m9"], f"{log.epoch}-9")
    page = await page_of(looked, HistoryQuery(Filter.parse(q="m1")))
    assert (page.messages, page.next) == ([], f"{log.epoch}-9")
    page = await page_of(looked, HistoryQuery(Filter.parse(q="m1"), before=f"{log.epoch}-3"))
    assert page.next == f"{log.epoch}-2"
    await log.stop()


@pytest.mark.gen_test
async def test_an_export_comes_in_pieces_that_hold_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PIECE_MESSAGES", 4)
    log, looked = await history_of(tmp_path, 11)
    async with aclosing(looked.pages(HistoryQuery(Filter.parse(), limit=10, newest_first=False))) as pages:
        pieces = [[message.message for message in page.messages] async for page in pages]
    assert pieces == [["m1", "m2", "m3", "m4"], ["m5", "m6", "m7", "m8"], ["m9", "m10"]]
    await log.stop()


@pytest.mark.gen_test
async def test_a_piece_is_small_in_bytes_too(tmp_path: Path) -> None:
    """Whoever exports has one in memory for as long as they like."""
    log, looked = await history_of(tmp_path, 0)
    await say(log, *["x" * 1000] * 2500)
    async with aclosing(looked.pages(HistoryQuery(Filter.parse(), limit=2400))) as pages:
        pieces = [len(page.messages) async for page in pages]
    assert sum(pieces) == 2400
    assert max(pieces) * 1000 < 600_000
    await log.stop()


@pytest.mark.gen_test
async def test_too_many_searches_are_refused_and_none_that_has_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its asker has it, a piece of each is in memory."""
    monkeypatch.setattr(history, "PIECE_MESSAGES", 2)
    monkeypatch.setattr(history, "MAX_ANSWERS", 2)
    log, looked = await history_of(tmp_path, 5)
    upwards = HistoryQuery(Filter.parse(), newest_first=False)
    async with aclosing(looked.pages(upwards)) as one, aclosing(looked.pages(upwards)) as other:
        said = [await anext(one), await anext(other)]
        with pytest.raises(Overloaded, match="too many searches"):
            await page_of(looked, upwards)
        with pytest.raises(InvalidInput, match="after: 'x' is no id"):
            await page_of(looked, HistoryQuery(Filter.parse(), after="x"))
        assert [message.message for page in said for message in page.messages] == ["m1", "m2"] * 2
        assert [message.message for message in (await anext(one)).messages] == ["m3", "m4"]
        assert [message.message async for page in other for message in page.messages] == ["m3", "m4", "m5"]
    assert len((await page_of(looked, upwards)).messages) == 2  # There is room again.
    await log.stop()


@pytest.mark.gen_test
async def test_the_writer_indexes_by_itself(tmp_path: Path) -> None:
    clock = Time()
    log, looked = await history_of(tmp_path, 3000, clock)
    path = tmp_path / "log.db"
    await until(lambda: rows(path, "SELECT max(indexed) > 2000 FROM segment") == [(1,)], 30)
    found = [
        page async for page in looked.pages(HistoryQuery(Filter.parse(q="m1234")))
    ]  # Some end early on a busy machine.
    assert [message.message for page in found for message in page.messages] == ["m1234"]
    assert found[-1].first == {"id": f"{log.epoch}-1", "time": TIME}
    span = HistoryQuery(Filter.parse(q="m1234"), until=int(NOON * 1000))
    assert not [page.messages async for page in looked.pages(span) if page.messages]
    await log.stop()
