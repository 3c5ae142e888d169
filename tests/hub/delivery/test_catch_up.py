"""Who is behind reads on from the log: after a reconnect, for `?last=`, and when a socket was full."""

import math
from collections.abc import Sequence

import pytest

from hub.errors import LogFailed
from hub.filter import Filter
from hub.log.protocol import format_id
from hub.message import Message
from tests.hub.audience import audience_of
from tests.hub.memory_log import log_of
from tests.hub.parts import EPOCH, draft
from tests.waiting import until

BIG = "x" * 50_000


def an_id(seq: int) -> str:
    return format_id(EPOCH, seq)


@pytest.mark.gen_test
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_reader_goes_on_behind_its_cursor(chunked: bool) -> None:
    """From storage, from memory, and then live, without a seam."""
    with audience_of(log_of(5)) as audience:
        audience.log.say([draft(), draft()])
        reader = audience.join(after=an_id(2), chunked=chunked)
        audience.log.say([draft()])
        await audience.settle()
        audience.log.say([draft()])
        await audience.settle()
        assert reader.seqs == [3, 4, 5, 6, 7, 8, 9]
        assert reader.named("gap") == []
        assert reader.connection.sent == 7


@pytest.mark.gen_test
async def test_who_knows_a_message_that_is_not_flushed_yet_does_not_get_it_again() -> None:
    """From the answer to its own publishing, for instance."""
    with audience_of() as audience:
        audience.join()
        await audience.settle()
        audience.hub._fan_out._rest_until = math.inf  # No flush until we say so.
        audience.log.say([draft()])
        audience.log.say([draft()])
        reader = audience.join(after=an_id(2))
        await until(lambda: reader.has_read() and reader.events)
        assert audience.hub._fan_out.flushed < 2
        audience.hub._fan_out._rest_until = 0
        await audience.settle()
        audience.log.say([draft()])
        await audience.settle()
        assert reader.seqs == [3]


@pytest.mark.gen_test
async def test_who_hangs_up_with_a_full_socket_leaves_nothing_behind() -> None:
    with audience_of() as audience:
        reader = audience.join(buffer=10_000)
        await audience.settle()
        audience.log.say([draft(BIG)])
        await until(lambda: reader.connection in audience.hub._catch_up._full)
        reader.hang_up()
        await until(lambda: audience.registry.count == 0)
        assert not audience.hub._catch_up._full


@pytest.mark.gen_test
async def test_a_page_asks_for_the_last_so_many() -> None:
    with audience_of(log_of(10, forgotten=7)) as audience:
        readers = [audience.join(last=2), audience.join(last=99), audience.join(last=0), audience.join()]
        await audience.settle()
        assert [reader.seqs for reader in readers] == [[9, 10], [8, 9, 10], [], []]
        assert not any(reader.named("gap") for reader in readers)


@pytest.mark.gen_test
async def test_what_is_missing_is_said_before_what_is_left() -> None:
    with audience_of(log_of(10, forgotten=7)) as audience:
        reader, lost = audience.join(after=an_id(3)), audience.join(after="garbage")
        await audience.settle()
        gap = {"after": an_id(3), "before": an_id(8), "missing": 4, "reason": "expired"}
        assert reader.named("gap") == [gap]
        assert lost.named("gap") == [{"after": None, "before": an_id(8), "missing": None, "reason": "new_log"}]
        names = [name for name, _ in reader.events if name in ("gap", "message")]
        assert names == ["gap", "message", "message", "message"]


@pytest.mark.gen_test
async def test_what_is_pruned_while_somebody_catches_up_is_said_in_mid_stream() -> None:
    log = log_of(0)
    log.say([draft(BIG) for _ in range(20)])
    with audience_of(log) as audience:
        reader = audience.join(after=an_id(0))
        await until(lambda: reader.connection in audience.hub._catch_up._full)
        cursor = reader.connection.cursor
        log.forget(15)
        await audience.settle()
        assert reader.seqs == [*range(1, cursor + 1), *range(16, 21)]
        assert reader.named("gap") == [
            {"after": an_id(cursor), "before": an_id(16), "missing": 15 - cursor, "reason": "expired"}
        ]


@pytest.mark.gen_test
async def test_a_reader_who_does_not_take_everything_falls_behind_and_loses_nothing() -> None:
    with audience_of() as audience:
        slow, quick = audience.join(buffer=10_000), audience.join()
        await audience.settle()
        for _ in range(10):
            audience.log.say([draft(BIG)])
            await until(lambda: quick.has_read() and quick.seqs[-1:] == [audience.log.head])
        assert slow.connection.state == "catching up"
        assert quick.connection.state == "live"
        await audience.settle()
        assert slow.seqs == quick.seqs == list(range(1, 11))
        assert slow.connection.is_live


@pytest.mark.gen_test
async def test_a_reader_who_takes_nothing_is_cut_and_a_slow_one_is_not() -> None:
    with audience_of(stall_seconds=60, heartbeat_seconds=60) as audience:
        dead, slow = audience.join(buffer=10_000), audience.join(buffer=10_000)
        audience.log.say([draft(BIG) for _ in range(10)])
        for reader in (dead, slow):
            await until(lambda one=reader.connection: one in audience.hub._catch_up._full)  # type: ignore[misc]  # bound now
            reader.connection.progress_at -= 61  # So long ago it took something.
        before = slow.connection.progress_at

        def slow_took_some() -> bool:
            slow.read(10_000)
            return slow.connection.progress_at > before

        await until(slow_took_some)
        await until(lambda: slow.connection in audience.hub._catch_up._full)
        audience.hub.start()
        await until(lambda: dead.connection not in audience.registry)
        assert slow.connection in audience.registry
        await audience.settle()
        assert slow.seqs == list(range(1, 11))
        assert dead.ended
        assert not dead.terminated


@pytest.mark.gen_test
async def test_a_log_that_cannot_be_read_cuts_who_needs_it_and_nobody_else() -> None:
    with audience_of(log_of(5)) as audience:
        live = audience.join()
        audience.log.error = LogFailed("disk gone")
        reader = audience.join(after=an_id(1))
        await until(lambda: reader.connection not in audience.registry)
        audience.log.say([draft()])
        await audience.settle()
        assert live.seqs == [6]


@pytest.mark.gen_test
async def test_readers_who_wait_for_the_same_page_share_one_look_into_storage() -> None:
    with audience_of(log_of(5)) as audience:
        readers = [audience.join(after=an_id(1)) for _ in range(50)]
        await audience.settle()
        assert audience.log.reads == 1
        assert all(reader.seqs == [2, 3, 4, 5] for reader in readers)


@pytest.mark.gen_test
async def test_a_page_that_was_waited_for_is_read_even_if_there_is_no_room_to_keep_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else it would be fetched again, and again be gone when its readers' turn comes."""
    monkeypatch.setattr("hub.delivery.replay_pages.CACHE_BYTES", 0)
    monkeypatch.setattr("hub.delivery.replay_pages.STRETCHES", 0)
    monkeypatch.setattr(
        "hub.delivery.catch_up.TURN_SECONDS", 60
    )  # All ask in one turn, also of a machine that is busy.
    with audience_of(log_of(5)) as audience:
        readers = [audience.join(Filter.parse(["demo", f"t{number % 5}"]), after=an_id(4)) for number in range(50)]
        await audience.settle()
        assert all(reader.seqs == [5] for reader in readers)
        assert audience.log.reads == 5


@pytest.mark.gen_test
async def test_who_finds_nothing_for_long_sees_that_the_server_lives() -> None:
    """A proxy takes silence for the end; and then it would begin again where it stands."""
    with audience_of(log_of(2000), heartbeat_seconds=60) as audience:
        reader = audience.join(Filter.parse(q="nothing"), after=an_id(0))
        read = audience.log.read

        async def read_for_a_minute(after: int, limit: int) -> Sequence[Message]:
            reader.connection.progress_at -= 61
            return await read(after, limit)

        audience.log.read = read_for_a_minute  # type: ignore[method-assign]
        await audience.settle()
        assert len(reader.named("heartbeat")) > 2  # One of them opens the stream.
        assert reader.seqs == []


@pytest.mark.gen_test
async def test_one_reader_who_cannot_be_served_does_not_stop_the_others() -> None:
    with audience_of() as audience:
        audience.log.say([draft()] * 5)
        broken = audience.join(after=an_id(0))
        broken.connection.filter = None  # type: ignore[assignment]  # Whatever it is that nobody foresaw.
        reader = audience.join(after=an_id(0))
        await until(lambda: broken.has_read() and broken.ended and reader.has_read() and len(reader.seqs) == 5)
