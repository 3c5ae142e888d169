"""A reader from its first byte to its last, and the events that all readers receive."""

import asyncio
from collections.abc import Sequence

import pytest

from hub.access import ANONYMOUS
from hub.config import StreamConfig
from hub.errors import NotFound
from hub.filter import Filter
from hub.log.protocol import IdempotencyKey, Receipt, format_id
from hub.message import Draft
from tests.hub.audience import audience_of
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH, TIME, draft
from tests.waiting import until

BIG = "x" * 50_000


@pytest.mark.gen_test
async def test_a_stream_opens_with_a_heartbeat_and_the_count_and_becomes_live() -> None:
    with audience_of() as audience:
        reader = audience.join()
        await audience.settle()
        assert [name for name, _ in reader.events][:2] == ["heartbeat", "connections"]
        audience.log.store([draft()])
        await audience.settle()
        assert reader.seqs == [1]
        assert reader.connection.sent == 1


@pytest.mark.gen_test
async def test_a_control_event_reaches_a_reader_that_is_catching_up() -> None:
    with audience_of() as audience:
        slow = audience.join(buffer=10_000)
        await audience.settle()
        audience.log.store([draft(BIG) for _ in range(5)])
        await until(lambda: not slow.connection.is_live)
        audience.hub.announce("config", {"status": "rejected"})
        await audience.settle()
        assert slow.named("config") == [{"status": "rejected"}]
        late = audience.join()
        await audience.settle()
        assert late.named("config") == [{"status": "rejected"}]


@pytest.mark.gen_test
async def test_live_readers_get_heartbeats() -> None:
    with audience_of(heartbeat_seconds=1) as audience:
        reader = audience.join()
        audience.hub.start()
        await until(lambda: reader.has_read() and len(reader.named("heartbeat")) > 1)
        assert reader.named("heartbeat")[1]["head"] == format_id(EPOCH, 0)


@pytest.mark.gen_test
async def test_the_count_is_sent_to_all_readers() -> None:
    with audience_of() as audience:
        first = audience.join()
        audience.join().disconnect()
        await until(lambda: first.has_read() and first.named("connections")[-1:] == [{"count": 1, "peak": 2}])


@pytest.mark.gen_test
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_dismissed_reader_gets_bye_and_an_orderly_end(chunked: bool) -> None:
    with audience_of() as audience:
        reader = audience.join(chunked=chunked)
        await audience.settle()
        audience.hub.dismiss(reader.connection, "disconnected")
        await until(lambda: reader.has_read() and reader.ended)
        assert reader.events[-1][0] == "bye"
        assert reader.events[-1][1]["reason"] == "disconnected"
        assert reader.terminated is chunked
        assert not reader.was_reset
        assert audience.registry.count == 0


@pytest.mark.gen_test
async def test_the_drain_sends_bye_to_all_readers() -> None:
    with audience_of(MemoryLog(), flush_ms=1000) as audience:
        readers = [audience.join() for _ in range(20)]
        await audience.settle()
        audience.log.store([draft()])
        audience.log.store([draft()])  # Without the drain it waits for the next tick.
        await audience.hub.drain(0.2)
        audience.read_all()
        assert all(reader.terminated and reader.seqs == [1, 2] for reader in readers)
        assert [reader.named("bye")[0]["reason"] for reader in readers] == ["shutdown"] * 20
        assert audience.registry.count == 0


@pytest.mark.gen_test
async def test_a_reader_that_disconnects_before_attach_is_removed() -> None:
    with audience_of() as audience:
        reader = audience.join()
        reader.disconnect()
        await until(lambda: audience.registry.count == 0)
        assert audience.hub.transports.count == 0
        with pytest.raises(NotFound):
            audience.registry.get(reader.connection.id)
        audience.hub.disconnect(reader.connection)  # Idempotent.


@pytest.mark.gen_test
async def test_new_timing_applies_at_once() -> None:
    with audience_of(heartbeat_seconds=60) as audience:
        reader = audience.join()
        audience.hub.start()
        audience.hub.configure(StreamConfig(heartbeat_seconds=1, flush_ms=2))
        await until(lambda: reader.has_read() and len(reader.named("heartbeat")) > 2)


@pytest.mark.gen_test
async def test_a_longer_heartbeat_interval_is_announced_at_once() -> None:
    with audience_of(heartbeat_seconds=1) as audience:
        reader = audience.join()
        audience.hub.configure(StreamConfig(heartbeat_seconds=60))
        await until(lambda: reader.has_read() and len(reader.named("heartbeat")) > 1)
        assert [beat["every"] for beat in reader.named("heartbeat")] == [1, 60]
        audience.hub.configure(StreamConfig(heartbeat_seconds=60, flush_ms=2))
        assert len(reader.named("heartbeat")) == 2


@pytest.mark.gen_test
async def test_stop_is_idempotent() -> None:
    with audience_of() as audience:
        audience.join()
        audience.hub.stop()
        audience.hub.stop()


@pytest.mark.gen_test
async def test_a_receipt_has_the_receivers_of_a_single_message() -> None:
    with audience_of() as audience:
        audience.join()
        await audience.settle()
        assert (await audience.hub.publish([draft()])).receivers == 1
        assert (await audience.hub.publish([draft(), draft()])).receivers is None


@pytest.mark.gen_test
async def test_a_repeat_has_no_receivers() -> None:
    class RepeatingLog(MemoryLog):
        async def append(self, *_: object) -> Receipt:
            return Receipt(EPOCH, 1, 1, TIME, is_repeat=True)

    with audience_of(RepeatingLog()) as audience:
        audience.join()
        await audience.settle()
        audience.log.store([draft()])
        receipt = await audience.hub.publish([draft()], ANONYMOUS, IdempotencyKey("k", b""))
        assert (receipt.first, receipt.receivers) == (1, None)


@pytest.mark.gen_test
async def test_concurrent_publishers_get_their_own_counts_and_a_cancelled_one_takes_none() -> None:
    """Several commits may be delivered before the first publisher continues."""

    class LateLog(MemoryLog):
        async def append(self, drafts: Sequence[Draft], *_: object) -> Receipt:
            receipt = self.store(drafts)
            await answered.wait()
            return receipt

    answered = asyncio.Event()
    with audience_of(LateLog()) as audience:
        for topics in (["a"], ["a"], ["b"]):
            audience.join(Filter.parse(topics))
        await audience.settle()
        publishing = [asyncio.ensure_future(audience.hub.publish([draft(topic=topic)])) for topic in "abac"]
        await until(lambda: audience.log.head == 4)
        publishing[0].cancel()
        answered.set()
        results = await asyncio.gather(*publishing, return_exceptions=True)
        assert [result.receivers for result in results if isinstance(result, Receipt)] == [1, 2, 0]
