"""Readers that catch up from the log: after a reconnect, for `?last=`, and after a full transport."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from hub.delivery.connection import Connection
from hub.delivery.group import GroupKey
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
async def test_a_reader_continues_behind_its_cursor(chunked: bool) -> None:
    """From storage, then from memory, then live."""
    with audience_of(log_of(5)) as audience:
        audience.log.store([draft(), draft()])
        reader = audience.join(after=an_id(2), chunked=chunked)
        audience.log.store([draft()])
        await audience.settle()
        audience.log.store([draft()])
        await audience.settle()
        assert reader.seqs == [3, 4, 5, 6, 7, 8, 9]
        assert reader.named("gap") == []
        assert reader.connection.sent == 7


@pytest.mark.gen_test
async def test_a_reader_ahead_of_the_flush_gets_no_message_twice() -> None:
    """It may know the id from the answer to its own POST, for instance."""
    with audience_of(flush_ms=1000) as audience:
        audience.join()
        await audience.silence()
        audience.log.store([draft()])  # Flushed at once.
        audience.log.store([draft()])  # Waits for the next tick.
        reader = audience.join(after=an_id(2))
        await until(lambda: reader.has_read() and reader.events)
        assert audience.hub.fan_out.flushed < 2
        audience.hub.fan_out.flush_all()
        await audience.settle()
        audience.log.store([draft()])
        await audience.settle()
        assert reader.seqs == [3]


@pytest.mark.gen_test
async def test_a_blocked_reader_that_disconnects_holds_no_bytes() -> None:
    with audience_of() as audience:
        reader = audience.join(buffer=10_000)
        await audience.settle()
        audience.log.store([draft(BIG)])
        await until(lambda: audience.hub.catch_up.is_blocked(reader.connection))
        assert reader.connection.unsent
        reader.disconnect()
        await until(lambda: audience.registry.count == 0)
        assert not audience.hub.catch_up.is_blocked(reader.connection)
        assert not reader.connection.unsent


@pytest.mark.gen_test
async def test_few_pages_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page may be one message of 6 MB, and the limit of all unsent bytes cuts readers in the next turn only."""
    with audience_of(log_of(40), tuning={"recent_bytes": 1, "page_messages": 1}) as audience:
        reading, may_read, read = 0, asyncio.Event(), audience.log.read

        async def read_later(after: int, limit: int) -> Sequence[Message]:
            nonlocal reading
            reading += 1
            await may_read.wait()
            return await read(after, limit)

        monkeypatch.setattr(audience.log, "read", read_later)
        readers = [audience.join(after=an_id(seq)) for seq in range(20)]
        await until(lambda: reading)
        await asyncio.sleep(0)
        assert reading <= 4
        may_read.set()
        await audience.settle()
        assert [reader.seqs for reader in readers] == [list(range(seq + 1, 41)) for seq in range(20)]


@pytest.mark.gen_test
async def test_a_reader_may_begin_with_the_newest_messages() -> None:
    with audience_of(log_of(10, forgotten=7)) as audience:
        readers = [audience.join(last=2), audience.join(last=99), audience.join(last=0), audience.join()]
        await audience.settle()
        assert [reader.seqs for reader in readers] == [[9, 10], [8, 9, 10], [], []]
        assert not any(reader.named("gap") for reader in readers)


@pytest.mark.gen_test
async def test_a_gap_is_sent_before_the_messages_behind_it() -> None:
    with audience_of(log_of(10, forgotten=7)) as audience:
        reader, lost = audience.join(after=an_id(3)), audience.join(after="garbage")
        await audience.settle()
        gap = {"after": an_id(3), "before": an_id(8), "missing": 4, "reason": "expired"}
        assert reader.named("gap") == [gap]
        assert lost.named("gap") == [{"after": None, "before": an_id(8), "missing": None, "reason": "new_log"}]
        names = [name for name, _ in reader.events if name in ("gap", "message")]
        assert names == ["gap", "message", "message", "message"]


@pytest.mark.gen_test
async def test_messages_pruned_during_a_catch_up_are_a_gap_in_mid_stream() -> None:
    log = log_of(0)
    log.store([draft(BIG) for _ in range(20)])
    with audience_of(log) as audience:
        reader = audience.join(after=an_id(0))
        await until(lambda: audience.hub.catch_up.is_blocked(reader.connection))
        cursor = reader.connection.cursor
        log.prune(15)
        await audience.settle()
        assert reader.seqs == [*range(1, cursor + 1), *range(16, 21)]
        assert reader.named("gap") == [
            {"after": an_id(cursor), "before": an_id(16), "missing": 15 - cursor, "reason": "expired"}
        ]


@pytest.mark.gen_test
async def test_a_slow_reader_falls_behind_and_loses_nothing() -> None:
    with audience_of() as audience:
        slow, quick = audience.join(buffer=10_000), audience.join()
        await audience.settle()
        for _ in range(10):
            audience.log.store([draft(BIG)])
            await until(lambda: quick.has_read() and quick.seqs[-1:] == [audience.log.head])
        assert slow.connection.state == "catching up"
        assert quick.connection.state == "live"
        await audience.settle()
        assert slow.seqs == quick.seqs == list(range(1, 11))
        assert slow.connection.is_live


@pytest.mark.gen_test
async def test_a_stalled_reader_is_disconnected_and_a_slow_one_is_not() -> None:
    with audience_of(stall_seconds=60, heartbeat_seconds=45) as audience:
        dead, slow = audience.join(buffer=10_000), audience.join(buffer=10_000)
        audience.log.store([draft(BIG) for _ in range(10)])
        for reader in (dead, slow):
            await until(lambda one=reader.connection: audience.hub.catch_up.is_blocked(one))  # type: ignore[misc]  # bound now
            reader.connection.last_progress -= 61
        before = slow.connection.last_progress

        def slow_has_progress() -> bool:
            slow.read(10_000)
            return slow.connection.last_progress > before

        await until(slow_has_progress)
        await until(lambda: audience.hub.catch_up.is_blocked(slow.connection))
        audience.hub.start()
        await until(lambda: dead.connection not in audience.registry)
        assert slow.connection in audience.registry
        await audience.settle()
        assert slow.seqs == list(range(1, 11))
        assert dead.ended
        assert not dead.terminated


@pytest.mark.gen_test
async def test_a_log_that_cannot_be_read_disconnects_only_the_readers_that_need_it() -> None:
    with audience_of(log_of(5)) as audience:
        live = audience.join()
        audience.log.error = LogFailed("disk gone")
        reader = audience.join(after=an_id(1))
        await until(lambda: reader.connection not in audience.registry)
        audience.log.store([draft()])
        await audience.settle()
        assert live.seqs == [6]


@pytest.mark.gen_test
async def test_readers_that_wait_for_the_same_page_share_one_read() -> None:
    with audience_of(log_of(5)) as audience:
        readers = [audience.join(after=an_id(1)) for _ in range(50)]
        await audience.settle()
        assert audience.log.reads == 1
        assert all(reader.seqs == [2, 3, 4, 5] for reader in readers)


@pytest.mark.gen_test
async def test_a_page_that_is_not_cached_is_still_read_by_all_that_wait_for_it() -> None:
    """Otherwise it would be fetched again, and be gone again before the turns of its readers."""
    tuning = {"page_cache_bytes": 0, "batches_kept": 0, "replay_turn_seconds": 60}
    with audience_of(log_of(5), tuning=tuning) as audience:
        readers = [audience.join(Filter.parse(["demo", f"t{number % 5}"]), after=an_id(4)) for number in range(50)]
        await audience.settle()
        assert all(reader.seqs == [5] for reader in readers)
        assert audience.log.reads == 5


@pytest.mark.gen_test
async def test_one_reader_with_an_error_does_not_stop_the_others() -> None:
    with audience_of() as audience:
        audience.log.store([draft()] * 5)
        broken = audience.join(after=an_id(0))
        broken.connection.key = GroupKey(cast(Filter, None), chunked=True)  # Any unexpected error.
        reader = audience.join(after=an_id(0))
        await until(lambda: broken.has_read() and broken.ended and reader.has_read() and len(reader.seqs) == 5)


@pytest.mark.gen_test
async def test_pruned_messages_are_not_sent_from_memory() -> None:
    with audience_of() as audience:
        audience.log.store([draft() for _ in range(10)])  # All of them are in memory.
        early = audience.join(after=an_id(0))
        await audience.settle()
        assert early.seqs == list(range(1, 11))  # Their page is cached.
        reader = audience.join(after=an_id(0))
        audience.log.prune(6)
        await audience.settle()
        assert reader.named("gap") == [{"after": an_id(0), "before": an_id(7), "missing": 6, "reason": "expired"}]
        assert reader.seqs == [7, 8, 9, 10]


@pytest.mark.gen_test
async def test_an_error_of_one_event_does_not_drop_the_other_events_of_its_batch() -> None:
    """An edge-triggered epoll reports a disconnect once."""
    with audience_of() as audience:
        readers = [audience.join() for _ in range(5)]
        await audience.settle()
        counts = iter([True])
        remove = audience.registry.remove

        def fail_once(connection: Connection) -> bool:
            if next(counts, False):
                raise RuntimeError("unexpected")
            return remove(connection)

        audience.registry.remove = fail_once  # type: ignore[method-assign]
        for reader in readers:
            reader.disconnect()
        await until(lambda: audience.registry.count == 1)
        assert audience.hub.transports.count == 0
