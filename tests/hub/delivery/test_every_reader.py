"""Each reader receives every message that matches its filter, once and in order.

A state machine draws a schedule. Readers with different filters join, read at their own speed, disconnect
and resume. Meanwhile messages are published and pruned, and control events are announced. Memory is small,
slices are short and the budget of filters changes, so that storage, gaps, late slices and skipped groups
all occur.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hub.filter import Filter
from hub.log.protocol import format_id, parse_id
from hub.loop import MonotonicLoop
from hub.message import Draft
from hub.query.match_context import MatchContext
from tests.hub.audience import Audience, Reader
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH

FILTERS = [Filter.parse(), Filter.parse(["a"]), Filter.parse(["a", "b*"], "error"), Filter.parse(["other"])]
FILTERS += [Filter.parse(q="x"), Filter.parse(q="-x"), Filter.parse(["a"], q="level:error")]
SIZES = st.sampled_from([0, 10, 10, 1000, 20_000, 70_000])
messages = st.lists(st.tuples(st.sampled_from(["a", "b1", "c"]), st.sampled_from(["info", "error"]), SIZES), max_size=6)

TUNING = {"recent_bytes": 150_000, "page_cache_bytes": 50_000, "sends_per_turn": 2}


class Expectation:
    """The messages that one reader, over all its connections, may still receive."""

    def __init__(self, reader: Reader, position: int, filter_: Filter) -> None:
        self.reader = reader
        self.position = position  # Up to this seq, each message was received, did not match, or was in a gap.
        self.filter = filter_
        self.seen = 0

    def check(self, log: MemoryLog) -> None:
        """Check the new events: no message is skipped without a gap, and none comes twice."""
        for name, data in self.reader.events[self.seen :]:
            if name == "message":
                parsed = parse_id(data)
                assert parsed is not None
                seq = parsed[1]
                assert seq > self.position, f"{seq} comes twice or too late, after {self.position}"
                self.demand_nothing_between(log, self.position, seq - 1)
                assert self.filter.matches(MatchContext(log.messages[seq - 1]))
                self.position = seq
            elif name == "gap":
                before, after = parse_id(data["before"]), parse_id(data["after"] or f"{EPOCH}-{self.position}")
                assert before is not None
                assert after is not None
                self.demand_nothing_between(log, self.position, after[1])
                assert self.position <= after[1] < before[1] <= log.first, f"{data} is a wrong gap"
                assert data["missing"] == before[1] - after[1] - 1
                self.position = before[1] - 1
        self.seen = len(self.reader.events)

    def demand_nothing_between(self, log: MemoryLog, after: int, up_to: int) -> None:
        missing = [message.id for message in log.messages[after:up_to] if self.filter.matches(MatchContext(message))]
        assert not missing, f"{missing} never came"


class EveryReader(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = MonotonicLoop(make_current=False)
        asyncio.set_event_loop(self.loop.asyncio_loop)
        self.log = MemoryLog()
        self.audience: Audience = self.inside(lambda: Audience(self.log, TUNING, flush_ms=2))
        self.here: list[Expectation] = []
        self.gone: list[Expectation] = []

    def inside(self, function: Callable[[], Any]) -> Any:
        """Call it on the loop."""

        async def call() -> Any:
            return function()

        return self.loop.run_sync(call)

    @rule(filter_=st.sampled_from(FILTERS), chunked=st.booleans(), last=st.sampled_from([0, 0, 3, 99]))
    def join(self, filter_: Filter, chunked: bool, last: int) -> None:
        def arrive() -> Expectation:
            first, head = self.log.first, self.log.head
            reader = self.audience.join(filter_, chunked=chunked, last=last, buffer=20_000)
            return Expectation(reader, max(first - 1, head - last), filter_)

        self.here.append(self.inside(arrive))

    @precondition(lambda self: self.gone)
    @rule(data=st.data(), chunked=st.booleans())
    def resume(self, data: st.DataObject, chunked: bool) -> None:
        known = self.gone.pop(data.draw(st.integers(0, len(self.gone) - 1)))
        after = format_id(EPOCH, known.position)
        reader = self.inside(lambda: self.audience.join(known.filter, chunked=chunked, after=after, buffer=20_000))
        self.here.append(Expectation(reader, known.position, known.filter))

    @precondition(lambda self: self.here)
    @rule(data=st.data())
    def disconnect(self, data: st.DataObject) -> None:
        known = self.here.pop(data.draw(st.integers(0, len(self.here) - 1)))
        known.reader.disconnect()
        self.gone.append(known)

    @precondition(lambda self: self.here)
    @rule(data=st.data(), size=st.sampled_from([100, 5_000, 1 << 20]))
    def read(self, data: st.DataObject, size: int) -> None:
        self.here[data.draw(st.integers(0, len(self.here) - 1))].reader.read(size)

    @rule(published=messages)
    def publish(self, published: list[tuple[str, str, int]]) -> None:
        drafts = [Draft.parse(topic=topic, level=level, message="x" * size) for topic, level, size in published]
        self.inside(lambda: self.log.store(drafts))

    @rule(kept=st.integers(0, 20))
    def prune(self, kept: int) -> None:
        self.log.prune(self.log.head - kept)

    @rule(budget=st.sampled_from(["filter_seconds", "page_seconds"]), seconds=st.sampled_from([-1, 60]))
    def change_budget(self, budget: str, seconds: float) -> None:
        setattr(self.audience.settings, budget, seconds)

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
    def no_reader_has_missed_a_message(self) -> None:
        for known in self.here:
            known.check(self.log)

    @invariant()
    def every_reader_is_still_registered(self) -> None:
        connected = {known.reader.connection for known in self.here}
        assert connected <= set(self.audience.registry), "a reader was disconnected"

    def teardown(self) -> None:
        try:
            self.loop.run_sync(self.audience.settle)
            for known in self.here:
                known.check(self.log)
                known.demand_nothing_between(self.log, known.position, self.log.head)
            assert set(self.audience.registry) == {known.reader.connection for known in self.here}
        finally:
            self.inside(self.audience.close)
            asyncio.set_event_loop(None)
            self.loop.close(all_fds=True)


TestEveryReader = EveryReader.TestCase
TestEveryReader.settings = settings(max_examples=60, stateful_step_count=60)
