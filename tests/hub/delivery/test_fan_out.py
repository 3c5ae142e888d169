"""Everyone who is live gets the same bytes, in as few writes as can be."""

import pytest

from hub.delivery import fan_out
from hub.delivery import replay_pages as pages
from hub.filter import Filter
from hub.log.protocol import format_id
from tests.hub.audience import audience_of
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH, draft
from tests.turns import Turns
from tests.waiting import until

BIG = "x" * 50_000


@pytest.mark.gen_test
async def test_a_flush_in_slices_belongs_to_those_who_were_live_when_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who joins between two slices starts behind it, and gets what comes next once."""
    monkeypatch.setattr(fan_out, "SLICE_SOCKETS", 2)
    with audience_of() as audience:
        readers = [audience.join() for _ in range(7)]
        await audience.silence()
        audience.log.say([draft()])
        assert audience.hub._fan_out._slices is not None
        late = audience.join()
        readers[6].hang_up()
        audience.log.say([draft()])
        await audience.settle()
        assert [reader.seqs for reader in readers[:6]] == [[1, 2]] * 6
        assert late.seqs == [2]


@pytest.mark.gen_test
async def test_no_flush_begins_before_the_last_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "SLICE_SOCKETS", 1)
    with audience_of() as audience:
        readers = [audience.join() for _ in range(5)]
        await audience.settle()
        for _ in range(3):
            audience.log.say([draft()])
            audience.hub._fan_out.flush()
        await audience.settle()
        assert [reader.seqs for reader in readers] == [[1, 2, 3]] * 5


@pytest.mark.gen_test
async def test_who_joins_when_more_is_pending_than_memory_holds_loses_none_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first reader of a filter makes a group, which begins with what was delivered but not flushed yet."""
    monkeypatch.setattr(pages, "TAIL_BYTES", 1000)
    with audience_of(MemoryLog(), flush_ms=100) as audience:
        audience.join()
        await audience.settle()
        audience.log.say([draft()])
        audience.log.say([draft("x" * 300) for _ in range(10)])
        flushed = audience.hub._fan_out.flushed
        reader = audience.join(Filter.parse(["demo"]))
        await audience.settle()
        assert reader.seqs == list(range(flushed + 1, 12))
        assert reader.named("gap") == []


@pytest.mark.gen_test
async def test_who_falls_behind_in_a_late_slice_still_hears_what_was_announced_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fan_out, "SLICE_SOCKETS", 1)
    with audience_of() as audience:
        quick, slow = audience.join(), audience.join(buffer=10_000)
        await audience.silence()
        audience.log.say([draft(BIG)])
        assert audience.hub._fan_out._slices is not None
        audience.hub.announce("config", {"status": "rejected"})
        assert slow.connection.is_live
        await audience.settle()
        assert slow.named("config") == quick.named("config") == [{"status": "rejected"}]


@pytest.mark.gen_test
async def test_the_first_message_after_silence_is_sent_in_the_same_turn_of_the_loop() -> None:
    with audience_of() as audience:
        reader = audience.join()
        await audience.silence()
        audience.log.say([draft()])
        reader.read()
        assert reader.seqs == [1]


@pytest.mark.gen_test
async def test_what_comes_in_a_burst_goes_in_one_write_and_nothing_turns_when_it_is_over() -> None:
    with audience_of(MemoryLog(), flush_ms=50) as audience:
        reader = audience.join()
        await audience.silence()
        for _ in range(100):
            audience.log.say([draft()])
        reader.read()
        assert reader.seqs == [1]
        await until(lambda: reader.has_read() and len(reader.seqs) > 1)
        assert reader.seqs == list(range(1, 101))
        await until(lambda: not audience.hub._fan_out._ticks.is_running())


@pytest.mark.gen_test
async def test_readers_of_one_filter_share_one_group_and_the_last_to_leave_closes_it() -> None:
    with audience_of() as audience:
        a, b = audience.join(Filter.parse(["a", "b"])), audience.join(Filter.parse(["b", "a"]))
        old = audience.join(Filter.parse(["a", "b"]), chunked=False)
        await audience.settle()
        assert a.connection.group is b.connection.group
        assert audience.hub.group_count == 2  # HTTP/1.0 has another framing.
        for reader in (a, b, old):
            reader.hang_up()
        await until(lambda: audience.hub.group_count == 0)
        assert audience.registry.count == 0


@pytest.mark.gen_test
async def test_a_reader_gets_what_it_asked_for_and_no_more() -> None:
    with audience_of() as audience:
        some, everything = audience.join(Filter.parse(["a.*"], "error")), audience.join()
        await audience.settle()
        audience.log.say([draft(topic="a.1", level="error"), draft(topic="a.1"), draft(topic="b", level="error")])
        await audience.settle()
        assert (some.seqs, everything.seqs) == ([1], [1, 2, 3])


@pytest.mark.gen_test
async def test_whose_filter_there_was_no_time_for_catches_up_and_the_others_do_not_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """300 readers with 60 phrases each and one message of 1 MiB: the loop stood still for 8 s.

    900 with a topic each and an array of 10,000 messages: for 3.7 s.
    """
    with audience_of() as audience:
        everything, topic = audience.join(), audience.join(Filter.parse(["demo"]))
        searching = [audience.join(Filter.parse(q=f"yes -nothing{number}")) for number in range(5)]
        await audience.settle()
        audience.log.say([draft("yes 1"), draft("no 2")])
        monkeypatch.setattr(fan_out, "FILTER_SECONDS", -1)
        audience.log.say([draft("yes 3"), draft("no 4")])
        audience.hub.announce("config", {"status": "rejected"})
        audience.hub._fan_out.flush()
        await until(lambda: not any(reader.connection.is_live for reader in [topic, *searching]))
        assert everything.connection.is_live
        monkeypatch.setattr(fan_out, "FILTER_SECONDS", 60)
        await audience.settle()
        audience.log.say([draft("yes 5")])
        await audience.settle()
        assert everything.seqs == topic.seqs == [1, 2, 3, 4, 5]
        for reader in searching:
            assert reader.seqs == [1, 3, 5]
            assert reader.named("config") == [{"status": "rejected"}]
            assert reader.connection.sent == 3


@pytest.mark.gen_test
async def test_who_is_behind_is_not_asked_about_the_rest_of_the_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    with audience_of() as audience:
        for number in range(5):
            audience.join(Filter.parse([f"app{number}.*"]))
        await audience.settle()
        offers = Turns(monkeypatch, audience.hub._fan_out, "_offer")
        monkeypatch.setattr(fan_out, "FILTER_SECONDS", -1)
        audience.log.say([draft() for _ in range(1000)])
        assert offers.all == 5
        monkeypatch.undo()
        await audience.settle()


@pytest.mark.gen_test
async def test_a_long_payload_is_sent_to_fewer_in_one_turn_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fan_out, "SLICE_SOCKETS", 4)
    with audience_of() as audience:
        readers = [audience.join() for _ in range(4)]
        await audience.silence()
        audience.log.say([draft()])
        await audience.silence()
        assert audience.hub._fan_out.flushed == 1
        audience.log.say([draft("x" * fan_out.SEND_BYTES)])
        assert audience.hub._fan_out._slices is not None
        await audience.settle()
        assert [reader.seqs for reader in readers] == [[1, 2]] * 4


@pytest.mark.gen_test
async def test_after_an_error_that_nobody_foresaw_everybody_comes_back_and_has_missed_nothing() -> None:
    """Whoever stayed would not know that a message was not looked at."""
    with audience_of() as audience:
        broken, other = audience.join(Filter.parse(["d*"])), audience.join()
        await audience.settle()
        assert broken.connection.group is not None
        broken.connection.group.filter = None  # type: ignore[assignment]  # Whatever it is that nobody foresaw.
        with pytest.raises(AttributeError):
            audience.log.say([draft(), draft()])
        await until(lambda: broken.has_read() and broken.ended and other.has_read() and other.ended)
        again = audience.join(after=format_id(EPOCH, 0))
        await until(lambda: again.has_read() and again.seqs == [1, 2])
