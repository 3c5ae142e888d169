"""One damaged row in the log: it is shown as a gap, or with replacement characters, and reading goes on behind it."""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import pytest

from hub.filter import Filter
from hub.history import History, HistoryPage
from hub.log.maintenance import Step
from hub.log.sqlite import SqliteLog
from hub.message import Message
from hub.search.find import SearchRange
from hub.search.index import SearchIndex
from tests.hub.log_files import Open, in_writer, say, started

TEXT = "UPDATE message SET message = CAST(x'746578ff' AS TEXT) WHERE seq = 5"
UNREADABLE = [
    "UPDATE message SET level = 77 WHERE seq = 5",
    "UPDATE message SET time = 'soon' WHERE seq = 5",
    "UPDATE message SET time = 1 << 60 WHERE seq = 5",
    "UPDATE message SET message = x'00' WHERE seq = 5",
    "UPDATE message SET data = x'00' WHERE seq = 5",
]


async def damaged(opened: Open, path: Path | str, statement: str, count: int = 9) -> SqliteLog:
    log = opened(path)
    await started(log)
    await say(log, *(f"text {seq}" for seq in range(1, count + 1)))
    await in_writer(log, statement)
    return log


def seen(found: Sequence[Message | int]) -> list[str | int]:
    return [one if isinstance(one, int) else one.message for one in found]


async def history(log: SqliteLog, search: SearchRange) -> list[str]:
    """Return what an export has, in order: texts and gaps."""
    pages: list[HistoryPage] = []
    async with aclosing(History(log).pages(search, is_export=True)) as answer:
        pages += [page async for page in answer]
    found = []
    for page in pages:
        if page.gap:
            assert page.gap.reason == "damaged"
            assert page.gap.missing == 1
            found.append(f"{page.gap.after.partition('-')[2]} < gap < {page.gap.before.partition('-')[2]}")  # type: ignore[union-attr]
        found += [message.message for message in page.messages]
    return found


@pytest.mark.gen_test
@pytest.mark.parametrize("where", ["file", ":memory:"])
async def test_a_text_that_is_not_utf_8_is_read_with_replacement_characters(
    path: Path, opened: Open, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    log = await damaged(opened, path if where == "file" else where, TEXT)
    texts = [f"text {seq}" for seq in range(1, 10)]
    texts[4] = "tex\ufffd"
    assert seen(await log.read(0, 20)) == texts
    assert await history(log, SearchRange(Filter.parse(), newest_first=False)) == texts
    assert await history(log, SearchRange(Filter.parse())) == texts[::-1]
    [line] = [line for line in caplog.messages if "damaged" in line]
    assert line.endswith("cannot be read: a message is damaged; it is shown as a gap, or with replacement characters")
    assert log.health() is None
    await say(log, "more")


@pytest.mark.gen_test
async def test_data_that_is_not_json_is_read_as_a_string(path: Path, opened: Open) -> None:
    log = await damaged(opened, path, """UPDATE message SET data = '{"a":' WHERE seq = 5""")
    found = (await log.read(0, 9))[4]
    assert isinstance(found, Message)
    assert bytes(found.data or b"") == rb'"{\"a\":"'
    await history(log, SearchRange(Filter.parse()))
    assert await history(log, SearchRange(Filter.parse(q="data.a=1"))) == []


@pytest.mark.gen_test
@pytest.mark.parametrize("statement", UNREADABLE)
async def test_a_row_that_cannot_be_read_is_a_gap_at_its_place(path: Path, opened: Open, statement: str) -> None:
    log = await damaged(opened, path, statement)
    assert seen(await log.read(0, 20)) == [
        "text 1",
        "text 2",
        "text 3",
        "text 4",
        5,
        *(f"text {n}" for n in range(6, 10)),
    ]
    assert seen(await log.read(4, 2)) == [5, "text 6"]
    expected = [f"text {seq}" for seq in range(1, 10)]
    expected[4] = "4 < gap < 6"
    assert await history(log, SearchRange(Filter.parse(), newest_first=False)) == expected
    assert await history(log, SearchRange(Filter.parse())) == expected[::-1]


@pytest.mark.gen_test
async def test_a_row_that_is_not_there_is_a_gap_and_no_endless_loop(path: Path, opened: Open) -> None:
    log = await damaged(opened, path, "DELETE FROM message WHERE seq IN (5, 6)")
    assert seen(await log.read(0, 20))[3:7] == ["text 4", 5, 6, "text 7"]
    assert seen(await log.read(4, 1)) == [5]
    assert seen(await log.read(5, 10))[:2] == [6, "text 7"]


@pytest.mark.gen_test
@pytest.mark.parametrize("q", ["", "text"])
@pytest.mark.parametrize("is_indexed", [True, False])
async def test_a_row_that_is_not_there_is_a_gap_in_history_too(
    path: Path, opened: Open, q: str, is_indexed: bool
) -> None:
    """With a filter it may have matched: it is noticed there when the rows around it are read one by one."""
    log = await damaged(opened, path, "DELETE FROM message WHERE seq IN (5, 6, 11)", 20)
    if q:
        await in_writer(log, "UPDATE message SET level = -1 WHERE seq IN (1, 20)")
    if is_indexed:
        assert await log.writer.call(SearchIndex(step_rows=16).extend)
    bad = (5, 6, 11, 1, 20) if q else (5, 6, 11)
    expected = [f"{seq - 1} < gap < {seq + 1}" if seq in bad else f"text {seq}" for seq in range(1, 21)]
    ascending = await history(log, SearchRange(Filter.parse(q=q), newest_first=False))
    assert ascending == expected
    assert await history(log, SearchRange(Filter.parse(q=q))) == ascending[::-1]
    assert log.health() is None


@pytest.mark.gen_test
async def test_several_damaged_rows_are_each_a_gap_also_for_a_filter(path: Path, opened: Open) -> None:
    log = await damaged(opened, path, "UPDATE message SET level = -1 WHERE seq IN (1, 2, 9)")
    for search in (Filter.parse(), Filter.parse(q="text"), Filter.parse(level="info")):
        found = await history(log, SearchRange(search, newest_first=False))
        assert found == ["0 < gap < 2", "1 < gap < 3", *(f"text {seq}" for seq in range(3, 9)), "8 < gap < 10"]


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "statement",
    [TEXT, UNREADABLE[0], "DELETE FROM message WHERE seq BETWEEN 3 AND 300", "UPDATE message SET level = 77"],
)
async def test_the_index_skips_a_damaged_row(path: Path, opened: Open, statement: str) -> None:
    log = await damaged(opened, path, statement, 600)
    index = SearchIndex(step_rows=64)

    def run(step: Step) -> None:
        while step(log.writer.connection):
            pass

    await log.writer.call(lambda _: run(index.extend))
    assert await in_writer(log, "SELECT indexed FROM segment") == [(576,)]
    found = await history(log, SearchRange(Filter.parse(q='"text 599"')))
    assert found == ["text 599"] or "level = 77" in statement
