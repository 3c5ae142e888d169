"""Live readers receive the same bytes, in as few sends as possible."""

import asyncio

import pytest

from hub.delivery.connection import Connection
from hub.delivery.group import CpuBudget, Group
from hub.filter import Filter
from hub.log.protocol import format_id
from hub.query.match_context import MatchContext
from tests.hub.audience import audience_of
from tests.hub.memory_log import MemoryLog, log_of
from tests.hub.parts import EPOCH, draft
from tests.waiting import until

BIG = "x" * 50_000


@pytest.mark.gen_test
async def test_a_flush_in_slices_belongs_to_the_members_at_its_beginning() -> None:
    """A reader that joins between two slices starts behind the flush, and gets the next messages once."""
    with audience_of(tuning={"sends_per_turn": 2}) as audience:
        readers = [audience.join() for _ in range(7)]
        await audience.silence()
        audience.log.store([draft()])
        assert audience.hub.fan_out.is_flushing
        late = audience.join()
        readers[6].disconnect()
        audience.log.store([draft()])
        await audience.settle()
        assert [reader.seqs for reader in readers[:6]] == [[1, 2]] * 6
        assert late.seqs == [2]


@pytest.mark.gen_test
async def test_no_flush_begins_before_the_last_one_has_ended() -> None:
    with audience_of(tuning={"sends_per_turn": 1}) as audience:
        readers = [audience.join() for _ in range(5)]
        await audience.settle()
        for _ in range(3):
            audience.log.store([draft()])
            audience.hub.fan_out.flush()
        await audience.settle()
        assert [reader.seqs for reader in readers] == [[1, 2, 3]] * 5


@pytest.mark.gen_test
async def test_a_reader_that_joins_when_more_is_pending_than_memory_holds_loses_nothing() -> None:
    """The first reader of a filter makes a group, which begins with the unflushed messages."""
    with audience_of(MemoryLog(), tuning={"recent_bytes": 1000}, flush_ms=100) as audience:
        audience.join()
        await audience.settle()
        audience.log.store([draft()])
        audience.log.store([draft("x" * 300) for _ in range(10)])
        flushed = audience.hub.fan_out.flushed
        reader = audience.join(Filter.parse(["demo"]))
        await audience.settle()
        assert reader.seqs == list(range(flushed + 1, 12))
        assert reader.named("gap") == []


@pytest.mark.gen_test
async def test_a_reader_that_falls_behind_in_a_late_slice_gets_the_events_announced_meanwhile() -> None:
    with audience_of(tuning={"sends_per_turn": 1}) as audience:
        quick, slow = audience.join(), audience.join(buffer=10_000)
        await audience.silence()
        audience.log.store([draft(BIG)])
        assert audience.hub.fan_out.is_flushing
        audience.hub.announce("config", {"status": "rejected"})
        assert slow.connection.is_live
        await audience.settle()
        assert slow.named("config") == quick.named("config") == [{"status": "rejected"}]


@pytest.mark.gen_test
async def test_the_first_message_after_silence_is_sent_in_the_same_turn_of_the_loop() -> None:
    with audience_of() as audience:
        reader = audience.join()
        await audience.silence()
        audience.log.store([draft()])
        reader.read()
        assert reader.seqs == [1]


@pytest.mark.gen_test
async def test_a_burst_is_sent_in_one_write_and_the_ticks_stop_after_it() -> None:
    with audience_of(MemoryLog(), flush_ms=50) as audience:
        reader = audience.join()
        await audience.silence()
        for _ in range(100):
            audience.log.store([draft()])
        reader.read()
        assert reader.seqs == [1]
        await until(lambda: reader.has_read() and len(reader.seqs) > 1)
        assert reader.seqs == list(range(1, 101))
        await until(lambda: audience.hub.fan_out.is_asleep)


@pytest.mark.gen_test
async def test_readers_of_one_filter_share_one_group_and_the_last_to_leave_closes_it() -> None:
    with audience_of() as audience:
        a, b = audience.join(Filter.parse(["a", "b"])), audience.join(Filter.parse(["b", "a"]))
        old = audience.join(Filter.parse(["a", "b"]), chunked=False)
        await audience.settle()
        assert a.connection.group is b.connection.group
        assert audience.hub.group_count == 2  # HTTP/1.0 has another framing.
        for reader in (a, b, old):
            reader.disconnect()
        await until(lambda: audience.hub.group_count == 0)
        assert audience.registry.count == 0


@pytest.mark.gen_test
async def test_a_reader_gets_the_messages_that_match_and_no_others() -> None:
    with audience_of() as audience:
        some, everything = audience.join(Filter.parse(["a.*"], "error")), audience.join()
        await audience.settle()
        audience.log.store([draft(topic="a.1", level="error"), draft(topic="a.1"), draft(topic="b", level="error")])
        await audience.settle()
        assert (some.seqs, everything.seqs) == ([1], [1, 2, 3])


@pytest.mark.gen_test
async def test_members_of_a_skipped_group_catch_up_and_other_readers_do_not_wait() -> None:
    """Without a budget, 300 readers with 60 phrases each and a message of 1 MiB blocked the loop for 8 s.

    900 readers with a topic each and an array of 10,000 messages blocked it for 3.7 s.
    """
    with audience_of() as audience:
        everything, topic = audience.join(), audience.join(Filter.parse(["demo"]))
        searching = [audience.join(Filter.parse(q=f"yes -nothing{number}")) for number in range(5)]
        await audience.settle()
        audience.log.store([draft("yes 1"), draft("no 2")])
        audience.settings.filter_seconds = -1
        audience.log.store([draft("yes 3"), draft("no 4")])
        audience.hub.announce("config", {"status": "rejected"})
        audience.hub.fan_out.flush()
        behind = set[str]()
        async with asyncio.timeout(30):
            while len(behind) < 6:  # Looks in each turn: a short catch-up is over in a few.
                behind |= {one.connection.id for one in [topic, *searching] if not one.connection.is_live}
                assert everything.connection.is_live
                await asyncio.sleep(0)
        audience.settings.filter_seconds = 60
        await audience.settle()
        audience.log.store([draft("yes 5")])
        await audience.settle()
        assert everything.seqs == topic.seqs == [1, 2, 3, 4, 5]
        for reader in searching:
            assert reader.seqs == [1, 3, 5]
            assert reader.named("config") == [{"status": "rejected"}]
            assert reader.connection.sent == 3


@pytest.mark.gen_test
async def test_a_skipped_group_is_passed_over_for_the_rest_of_the_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    with audience_of() as audience:
        for number in range(5):
            audience.join(Filter.parse([f"app{number}.*"]))
        await audience.settle()
        offered, enqueue = [], Group.enqueue_if_match

        def count(group: Group[Connection], context: MatchContext, frame: bytes, budget: CpuBudget) -> bool:
            offered.append(group)
            return enqueue(group, context, frame, budget)

        monkeypatch.setattr(Group, "enqueue_if_match", count)
        audience.settings.filter_seconds = -1
        audience.log.store([draft() for _ in range(1000)])
        assert len(offered) == 5
        audience.settings.filter_seconds = 60
        await audience.settle()


@pytest.mark.gen_test
async def test_a_long_payload_is_sent_to_fewer_readers_in_one_turn_of_the_loop() -> None:
    with audience_of(tuning={"sends_per_turn": 4}) as audience:
        readers = [audience.join() for _ in range(4)]
        await audience.silence()
        audience.log.store([draft()])
        await audience.silence()
        assert audience.hub.fan_out.flushed == 1
        audience.log.store([draft("x" * audience.settings.bytes_per_send)])
        assert audience.hub.fan_out.is_flushing
        await audience.settle()
        assert [reader.seqs for reader in readers] == [[1, 2]] * 4


@pytest.mark.gen_test
async def test_after_an_unexpected_error_all_readers_reconnect_and_have_missed_nothing() -> None:
    """A reader that stayed connected would not know that a message was not evaluated."""
    with audience_of() as audience:
        broken, other = audience.join(Filter.parse(["d*"])), audience.join()
        await audience.settle()
        assert broken.connection.group is not None
        broken.connection.group.filter = None  # type: ignore[assignment]  # Any unexpected error.
        with pytest.raises(AttributeError):
            audience.log.store([draft(), draft()])
        await until(lambda: broken.has_read() and broken.ended and other.has_read() and other.ended)
        again = audience.join(after=format_id(EPOCH, 0))
        await until(lambda: again.has_read() and again.seqs == [1, 2])


@pytest.mark.gen_test
async def test_receivers_are_the_live_readers_for_which_a_message_was_queued() -> None:
    with audience_of() as audience:
        for filter_ in (Filter.parse(["a"]), Filter.parse(["a"]), Filter.parse(["b"]), Filter.parse()):
            audience.join(filter_)
        await audience.settle()
        audience.join(buffer=10_000)
        audience.log.store([draft(topic="a"), draft(topic="b"), draft(topic="c")])  # The last reader is not live yet.
        assert [audience.hub.fan_out.receivers(seq) for seq in (1, 2, 3)] == [3, 2, 1]
        assert audience.hub.fan_out.receivers(4) is None
        await audience.settle()


@pytest.mark.gen_test
async def test_receivers_are_unknown_while_a_group_is_skipped() -> None:
    with audience_of(flush_ms=1000) as audience:
        audience.join(Filter.parse(["demo"]))
        audience.join()
        await audience.silence()
        audience.settings.filter_seconds = -1
        audience.log.store([draft(), draft()])
        audience.settings.filter_seconds = 60
        assert [audience.hub.fan_out.receivers(seq) for seq in (1, 2)] == [None, None]
        await audience.settle()
        audience.log.store([draft()])
        assert audience.hub.fan_out.receivers(3) == 2


@pytest.mark.gen_test
async def test_receivers_of_messages_before_this_process_are_unknown() -> None:
    with audience_of(log_of(5)) as audience:
        audience.join()
        await audience.settle()
        assert audience.hub.fan_out.receivers(5) is None
        audience.log.store([draft()])
        assert audience.hub.fan_out.receivers(6) == 1
        assert audience.hub.fan_out.receivers(5) is None
