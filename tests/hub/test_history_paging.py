"""Pages follow each other without a seam, while messages arrive at one end and are pruned at the other.

A schedule is drawn: a page, some messages, some pruning, a page. What is pruned in the file is known to
the loop at once or only later, as with the writer's thread.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from hub.filter import Filter
from hub.history import History, HistoryPage, HistoryQuery
from hub.log.protocol import format_id, parse_id
from hub.log.sqlite import SqliteLog
from tests.hub.log_files import in_writer, open_log, page_of, say


def seq_of(an_id: str) -> int:
    parsed = parse_id(an_id)
    assert parsed is not None
    return parsed[1]


class Wall:
    """A log of `m1`, `m2`, …, its history, and what happens to it between two pages."""

    def __init__(self, log: SqliteLog, random: Random) -> None:
        self.log = log
        self.history = History(log)
        self.random = random
        self.first = 1  # In the file.

    async def say(self, count: int) -> None:
        if count:
            await say(self.log, *(f"m{self.log.head + number}" for number in range(1, count + 1)))

    async def go_on(self) -> None:
        await self.say(self.random.choice([0, 0, 1, 7]))
        gone = self.random.choice([0, 0, 0, 1, 4, 25])
        self.first = min(self.first + gone, self.log.head + self.random.randint(0, 1))
        await in_writer(self.log, f"DELETE FROM message WHERE seq < {self.first}")
        if self.random.random() < 0.7:
            self.log.first = self.first


@asynccontextmanager
async def wall_of(folder: Path, seed: int) -> AsyncIterator[Wall]:
    log = open_log(folder / f"{seed}.db")
    await log.start([])
    try:
        wall = Wall(log, Random(seed))
        await wall.say(120)
        yield wall
    finally:
        await log.stop()


class Upwards:
    """What a reader knows who began behind seq 0: all up to `position` it has, or was told that it is gone."""

    def __init__(self, log: SqliteLog, wanted: Filter) -> None:
        self.log = log
        self.wanted = wanted
        self.position = 0
        self.found: list[int] = []

    def take(self, page: HistoryPage, looked_up_to: int) -> None:
        if page.gap is not None:
            assert (page.gap.reason, page.gap.after) == ("expired", format_id(self.log.epoch, self.position))
            before = seq_of(page.gap.before)
            assert page.gap.missing == before - self.position - 1 > 0
            self.position = before - 1
        for message in page.messages:
            seq = seq_of(message.id)
            self.demand_nothing_between(self.position, seq - 1)
            self.found.append(seq)
            self.position = seq
        self.demand_nothing_between(self.position, looked_up_to)
        self.position = max(self.position, looked_up_to)

    def demand_nothing_between(self, after: int, up_to: int) -> None:
        """Nothing that was looked for may have been stepped over."""
        missed = [seq for seq in range(after + 1, up_to + 1) if not self.wanted.query or "7" in str(seq)]
        assert not missed


SEEDS = range(12)
WANTED = [Filter.parse(), Filter.parse(q="7 m")]  # A 7, and an m, which all have.


@pytest.mark.parametrize("wanted", WANTED, ids=["everything", "some"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.gen_test
async def test_upwards_nothing_is_missed_nothing_comes_twice_and_what_is_gone_is_said(
    tmp_path: Path, seed: int, wanted: Filter
) -> None:
    async with wall_of(tmp_path, seed) as wall:
        reader = Upwards(wall.log, wanted)
        after: str | None = format_id(wall.log.epoch, 0)
        for _ in range(200):
            await wall.go_on()
            limit = wall.random.randint(1, 9)
            page = await page_of(wall.history, HistoryQuery(wanted, after=after, limit=limit, newest_first=False))
            reader.take(page, seq_of(page.next or page.head))
            assert len(page.messages) <= limit
            if page.next is None:
                break
            after = page.next
        else:
            pytest.fail("it never ends")
        assert reader.found == sorted(set(reader.found))


@pytest.mark.parametrize("wanted", WANTED, ids=["everything", "some"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.gen_test
async def test_downwards_nothing_that_is_kept_throughout_is_missed_and_the_end_is_said(
    tmp_path: Path, seed: int, wanted: Filter
) -> None:
    async with wall_of(tmp_path, seed) as wall:
        head, found, before = wall.log.head, list[int](), None
        for _ in range(200):
            page = await page_of(wall.history, HistoryQuery(wanted, before=before, limit=wall.random.randint(1, 9)))
            found += [seq_of(message.id) for message in page.messages]
            if page.next is None:
                break
            before = page.next
            await wall.go_on()
        else:
            pytest.fail("it never ends")
        first = seq_of(page.first["id"]) if page.first else head + 1
        assert found == sorted(set(found), reverse=True)
        wanted_seqs = {seq for seq in range(1, head + 1) if not wanted.query or "7" in str(seq)}
        assert set(found) <= wanted_seqs
        assert {seq for seq in wanted_seqs if seq >= first} <= set(found), "what is kept was missed"


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.gen_test
async def test_an_export_has_all_that_there_was_or_says_what_is_gone(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch, newest_first: bool
) -> None:
    async with wall_of(tmp_path, seed) as wall:
        monkeypatch.setattr("hub.search.find.PAGE_BYTES", 9)
        head, accounted = wall.log.head, list[int]()
        async with aclosing(
            wall.history.pages(HistoryQuery(Filter.parse(), limit=10_000, newest_first=newest_first))
        ) as pages:
            async for page in pages:
                gone: list[int] = []
                if page.gap is not None:
                    assert page.gap.after is not None
                    gone = [*range(seq_of(page.gap.after) + 1, seq_of(page.gap.before))]
                    assert page.gap.missing == len(gone) > 0
                messages = [seq_of(message.id) for message in page.messages]
                accounted += messages + gone[::-1] if newest_first else gone + messages
                await wall.go_on()
        assert accounted == ([*range(head, 0, -1)] if newest_first else [*range(1, head + 1)])
