"""Consecutive pages neither miss nor repeat a message while messages are published and pruned.

A random schedule alternates pages, publishing and pruning. The event loop learns of pruning at once or
later, as with the writer's thread.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from hub.filter import Filter
from hub.history import History, HistoryLimits, HistoryPage
from hub.log.protocol import format_id, parse_id
from hub.log.sqlite import SqliteLog
from hub.search.find import Bounds, SearchRange
from tests.hub.log_files import in_writer, open_log, page_of, say


def seq_of(an_id: str) -> int:
    parsed = parse_id(an_id)
    assert parsed is not None
    return parsed[1]


class Wall:
    """A log of `m1`, `m2`, …, its history, and the changes between two pages."""

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
    """A client that began at seq 0. It has received all up to `position`, or a gap for it."""

    def __init__(self, log: SqliteLog, filter_: Filter) -> None:
        self.log = log
        self.filter = filter_
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
        """Check that no matching message was skipped."""
        missed = [seq for seq in range(after + 1, up_to + 1) if not self.filter.query or "7" in str(seq)]
        assert not missed


SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(3, 20))]
FILTERS = [Filter.parse(), Filter.parse(q="7 m")]  # A 7, and an m, which every message has.


@pytest.mark.parametrize("filter_", FILTERS, ids=["everything", "some"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.gen_test
async def test_oldest_first_no_message_is_missed_or_repeated_and_pruned_ones_are_gaps(
    tmp_path: Path, seed: int, filter_: Filter
) -> None:
    async with wall_of(tmp_path, seed) as wall:
        reader = Upwards(wall.log, filter_)
        after: str | None = format_id(wall.log.epoch, 0)
        for _ in range(200):
            await wall.go_on()
            limit = wall.random.randint(1, 9)
            page = await page_of(wall.history, SearchRange(filter_, limit=limit, newest_first=False), after=after)
            reader.take(page, seq_of(page.next or page.head))
            assert len(page.messages) <= limit
            if page.next is None:
                break
            after = page.next
        else:
            pytest.fail("the pages do not end")
        assert reader.found == sorted(set(reader.found))


@pytest.mark.parametrize("filter_", FILTERS, ids=["everything", "some"])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.gen_test
async def test_newest_first_no_kept_message_is_missed_and_the_end_is_marked(
    tmp_path: Path, seed: int, filter_: Filter
) -> None:
    async with wall_of(tmp_path, seed) as wall:
        head, found, before = wall.log.head, list[int](), None
        for _ in range(200):
            page = await page_of(wall.history, SearchRange(filter_, limit=wall.random.randint(1, 9)), before=before)
            found += [seq_of(message.id) for message in page.messages]
            if page.next is None:
                break
            before = page.next
            await wall.go_on()
        else:
            pytest.fail("the pages do not end")
        first = seq_of(page.first["id"]) if page.first else head + 1
        assert found == sorted(set(found), reverse=True)
        matching = {seq for seq in range(1, head + 1) if not filter_.query or "7" in str(seq)}
        assert set(found) <= matching
        assert {seq for seq in matching if seq >= first} <= set(found), "a kept message was missed"


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.gen_test
async def test_an_export_has_every_message_or_a_gap(tmp_path: Path, seed: int, newest_first: bool) -> None:
    async with wall_of(tmp_path, seed) as wall:
        wall.history.limits = HistoryLimits(bounds=Bounds(page_bytes=9))
        head, accounted = wall.log.head, list[int]()
        async with aclosing(
            wall.history.pages(SearchRange(Filter.parse(), limit=10_000, newest_first=newest_first))
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
