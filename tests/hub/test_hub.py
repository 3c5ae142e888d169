"""A reader from its first byte to its last, and what all of them hear."""

import asyncio
import contextlib

import pytest

from hub.config import StreamConfig
from hub.errors import NotFound
from hub.log.protocol import format_id
from tests.hub.audience import audience_of
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH, draft
from tests.waiting import until

BIG = "x" * 50_000


@pytest.mark.gen_test
async def test_a_stream_opens_with_a_heartbeat_and_the_count_and_then_lives() -> None:
    with audience_of() as audience:
        reader = audience.join()
        await audience.settle()
        assert [name for name, _ in reader.events][:2] == ["heartbeat", "connections"]
        audience.log.say([draft()])
        await audience.settle()
        assert reader.seqs == [1]
        assert reader.connection.sent == 1


@pytest.mark.gen_test
async def test_a_notice_reaches_also_who_was_away() -> None:
    with audience_of() as audience:
        slow = audience.join(buffer=10_000)
        await audience.settle()
        audience.log.say([draft(BIG) for _ in range(5)])
        await until(lambda: not slow.connection.is_live)
        audience.hub.announce("config", {"status": "rejected"})
        await audience.settle()
        assert slow.named("config") == [{"status": "rejected"}]
        late = audience.join()
        await audience.settle()
        assert late.named("config") == [{"status": "rejected"}]


@pytest.mark.gen_test
async def test_heartbeats_come_to_those_who_are_live() -> None:
    with audience_of(heartbeat_seconds=1) as audience:
        reader = audience.join()
        audience.hub.start()
        await until(lambda: reader.has_read() and len(reader.named("heartbeat")) > 1)
        assert reader.named("heartbeat")[1]["head"] == format_id(EPOCH, 0)


@pytest.mark.gen_test
async def test_the_count_is_told_to_everybody() -> None:
    with audience_of() as audience:
        first = audience.join()
        audience.join().hang_up()
        await until(lambda: first.has_read() and first.named("connections")[-1:] == [{"count": 1, "peak": 2}])


@pytest.mark.gen_test
@pytest.mark.parametrize("chunked", [True, False])
async def test_who_is_dismissed_hears_bye_and_a_proper_end(chunked: bool) -> None:
    with audience_of() as audience:
        reader = audience.join(chunked=chunked)
        await audience.settle()
        audience.hub.dismiss(reader.connection, "disconnected")
        await until(lambda: reader.has_read() and reader.ended)
        assert reader.events[-1][0] == "bye"
        assert reader.events[-1][1]["reason"] == "disconnected"
        assert reader.terminated is chunked
        assert not reader.was_cut
        assert audience.registry.count == 0


@pytest.mark.gen_test
async def test_the_drain_says_bye_to_all_and_spreads_them() -> None:
    with audience_of(MemoryLog(), flush_ms=1000) as audience:
        readers = [audience.join() for _ in range(20)]
        await audience.settle()
        audience.log.say([draft()])
        audience.log.say([draft()])  # It would wait for the next tick.
        await audience.hub.drain(0.2)
        audience.read_all()
        assert all(reader.terminated and reader.seqs == [1, 2] for reader in readers)
        assert [reader.named("bye")[0]["reason"] for reader in readers] == ["shutdown"] * 20
        assert audience.registry.count == 0


@pytest.mark.gen_test
async def test_a_reader_who_left_during_the_hand_over_leaves_nothing_behind() -> None:
    with audience_of() as audience:
        reader = audience.join()
        reader.hang_up()
        await until(lambda: audience.registry.count == 0)
        assert not audience.hub._sockets._by_descriptor
        with pytest.raises(NotFound):
            audience.registry.get(reader.connection.id)
        audience.hub.disconnect(reader.connection)  # Twice is harmless.


@pytest.mark.gen_test
async def test_the_end_waits_for_publishers_but_not_for_ever() -> None:
    class SlowLog(MemoryLog):
        async def append(self, *_: object) -> None:  # type: ignore[override]  # never answers
            await asyncio.Event().wait()

    with audience_of(SlowLog()) as audience:
        await audience.hub.finish_publishing(10)
        publishing = asyncio.ensure_future(audience.hub.publish([draft()]))
        await asyncio.sleep(0)
        await audience.hub.finish_publishing(0.05)
        assert not publishing.done()
        publishing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await publishing
        await audience.hub.finish_publishing(10)


@pytest.mark.gen_test
async def test_new_timing_holds_from_now_on() -> None:
    with audience_of(heartbeat_seconds=60) as audience:
        reader = audience.join()
        audience.hub.start()
        audience.hub.configure(StreamConfig(heartbeat_seconds=1, flush_ms=2))
        await until(lambda: reader.has_read() and len(reader.named("heartbeat")) > 2)


@pytest.mark.gen_test
async def test_a_slower_heartbeat_is_announced_before_anybody_takes_it_for_silence() -> None:
    with audience_of(heartbeat_seconds=1) as audience:
        reader = audience.join()
        audience.hub.configure(StreamConfig(heartbeat_seconds=60))
        await until(lambda: reader.has_read() and len(reader.named("heartbeat")) > 1)
        assert [beat["every"] for beat in reader.named("heartbeat")] == [1, 60]
        audience.hub.configure(StreamConfig(heartbeat_seconds=60, flush_ms=2))
        assert len(reader.named("heartbeat")) == 2


@pytest.mark.gen_test
async def test_stopping_twice_is_harmless() -> None:
    with audience_of() as audience:
        audience.join()
        audience.hub.stop()
        audience.hub.stop()
