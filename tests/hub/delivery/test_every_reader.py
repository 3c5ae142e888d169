"""The promise, put to the test: whatever readers do, each gets every message it wants once and in order.

A machine draws a schedule: readers with different filters join, read at their own pace, hang up and
resume, while messages are published, the log forgets its old end and notices are announced. Memory
is made small, slices short, and time for queries scarce, so that storage, gaps, late slices and
readers whose queries were not asked all come into play.
"""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.delivery import fan_out
from hub.delivery import replay_pages as pages
from hub.filter import Filter
from hub.log.protocol import format_id, parse_id
from hub.loop import MonotonicLoop
from hub.message import Draft
from hub.query.match_context import MatchContext
from tests.hub.audience import Audience, Reader
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH

FILTERS = [Filter.parse(), Filter.parse(["a"]), Filter.parse(["a", "b*"], "error"), Filter.parse(["nobody"])]
FILTERS += [Filter.parse(q="x"), Filter.parse(q="-x"), Filter.parse(["a"], q="level:error")]
SIZES = st.sampled_from([0, 10, 10, 1000, 20_000, 70_000])
messages = st.lists(st.tuples(st.sampled_from(["a", "b1", "c"]), st.sampled_from(["info", "error"]), SIZES), max_size=6)


class Expectation:
    """What one reader, over all its connections, may still be sent."""

    def __init__(self, reader: Reader, position: int, wanted: Filter) -> None:
        self.reader = reader
        self.position = position  # Everything up to this seq it has, or never asked for, or was told it missed.
        self.wanted = wanted
        self.seen = 0

    def check(self, log: MemoryLog) -> None:
        """Look at the events that are new: nothing is skipped without a gap, nothing comes twice."""
        for name, data in self.reader.events[self.seen :]:
            if name == "message":
                parsed = parse_id(data)
                assert parsed is not None
                seq = parsed[1]
                assert seq > self.position, f"{seq} comes twice or too late, after {self.position}"
                self.demand_nothing_between(log, self.position, seq - 1)
                assert self.wanted.matches(MatchContext(log._messages[seq - 1]))
                self.position = seq
            elif name == "gap":
                before, after = parse_id(data["before"]), parse_id(data["after"] or f"{EPOCH}-{self.position}")
                assert before is not None
                assert after is not None
                self.demand_nothing_between(log, self.position, after[1])
                assert self.position <= after[1] < before[1] <= log.first, f"{data} is no honest gap"
                assert data["missing"] == before[1] - after[1] - 1
                self.position = before[1] - 1
        self.seen = len(self.reader.events)

    def demand_nothing_between(self, log: MemoryLog, after: int, up_to: int) -> None:
        missing = [message.id for message in log._messages[after:up_to] if self.wanted.matches(MatchContext(message))]
        assert not missing, f"{missing} never came"


class EveryReader(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(pages, "TAIL_BYTES", 150_000)
        self.patch.setattr(pages, "CACHE_BYTES", 50_000)
        self.patch.setattr(fan_out, "SLICE_SOCKETS", 2)
        self.loop = MonotonicLoop(make_current=False)
        asyncio.set_event_loop(self.loop.asyncio_loop)
        self.log = MemoryLog()
        self.audience: Audience = self.inside(lambda: Audience(self.log, flush_ms=2))
        self.here: list[Expectation] = []
        self.gone: list[Expectation] = []

    def inside(self, function: Callable[[], Any]) -> Any:
        """Call it on the loop, as everything in the process is called."""

        async def call() -> Any:
            return function()

        return self.loop.run_sync(call)

    @rule(wanted=st.sampled_from(FILTERS), chunked=st.booleans(), last=st.sampled_from([0, 0, 3, 99]))
    def join(self, wanted: Filter, chunked: bool, last: int) -> None:
        def arrive() -> Expectation:
            first, head = self.log.first, self.log.head
            reader = self.audience.join(wanted, chunked=chunked, last=last, buffer=20_000)
            return Expectation(reader, max(first - 1, head - last), wanted)

        self.here.append(self.inside(arrive))

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), chunked=st.booleans())
    def resume(self, data: st.DataObject, chunked: bool) -> None:
        known = self.gone.pop(data.draw(st.integers(0, len(self.gone) - 1)))
        after = format_id(EPOCH, known.position)
        reader = self.inside(lambda: self.audience.join(known.wanted, chunked=chunked, after=after, buffer=20_000))
        self.here.append(Expectation(reader, known.position, known.wanted))

    @precondition(lambda self: self.here)
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        known = self.here.pop(data.draw(st.integers(0, len(self.here) - 1)))
        known.reader.hang_up()
        self.gone.append(known)

    @precondition(lambda self: self.here)
    @rule(data=st.data(), size=st.sampled_from([100, 5_000, 1 << 20]))
    def read(self, data: st.DataObject, size: int) -> None:
        self.here[data.draw(st.integers(0, len(self.here) - 1))].reader.read(size)

    @rule(said=messages)
    def publish(self, said: list[tuple[str, str, int]]) -> None:
        drafts = [Draft.parse(topic=topic, level=level, message="x" * size) for topic, level, size in said]
        self.inside(lambda: self.log.say(drafts))

    @rule(kept=st.integers(0, 20))
    def forget(self, kept: int) -> None:
        self.log.forget(self.log.head - kept)

    @rule(
        where=st.sampled_from([(fan_out, "FILTER_SECONDS"), (pages, "LOOK_SECONDS")]), seconds=st.sampled_from([-1, 60])
    )
    def make_time_for_queries(self, where: tuple[ModuleType, str], seconds: float) -> None:
        self.patch.setattr(*where, seconds)

    @rule()
    def announce(self) -> None:
        self.inside(lambda: self.audience.hub.announce("config", {"status": "rejected"}))

    @rule(turns=st.sampled_from([1, 2, 5]), milliseconds=st.sampled_from([0, 0, 3]))
    def wait(self, turns: int, milliseconds: int) -> None:
        async def wait() -> None:
            for _ in range(turns):
                await asyncio.sleep(milliseconds / 1000)

        self.loop.run_sync(wait)

    @invariant()
    def nobody_missed_anything_so_far(self) -> None:
        for known in self.here:
            known.check(self.log)

    @invariant()
    def the_registry_knows_who_is_there(self) -> None:
        connected = {known.reader.connection for known in self.here}
        assert connected <= set(self.audience.registry), "somebody was dropped"

    def teardown(self) -> None:
        try:
            self.loop.run_sync(self.audience.settle)
            for known in self.here:
                known.check(self.log)
                known.demand_nothing_between(self.log, known.position, self.log.head)
            assert set(self.audience.registry) == {known.reader.connection for known in self.here}
        finally:
            self.patch.undo()
            self.inside(self.audience.close)
            asyncio.set_event_loop(None)
            self.loop.close(all_fds=True)


TestEveryReader = EveryReader.TestCase
TestEveryReader.settings = settings(max_examples=60, stateful_step_count=60)
