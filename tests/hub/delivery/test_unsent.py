"""The limit over what all readers together have not taken."""

import logging

import pytest
from tornado.ioloop import IOLoop

from hub.config import StreamConfig
from hub.delivery.connection import NOTHING, Connection
from hub.delivery.group import GroupKey
from hub.delivery.settings import Settings
from hub.delivery.unsent import UnsentBytes
from hub.filter import Filter
from hub.line_limit import LINES_PER_SECOND
from tests.hub.audience import audience_of
from tests.hub.memory_log import log_of
from tests.hub.parts import draft
from tests.waiting import until

MIB = 1 << 20


class Held:
    """UnsentBytes, and the readers that it has cut."""

    def __init__(self) -> None:
        self.cut: list[Connection] = []
        settings = Settings(StreamConfig(max_unsent_bytes=4 * MIB))
        self.unsent = UnsentBytes(settings, IOLoop.current(), cut=self._disconnect)

    def _disconnect(self, connection: Connection) -> None:
        self.cut.append(connection)
        self.unsent.release(connection)

    def reader(self, payload: bytes, rest: int = 10) -> Connection:
        """Return a reader that has not taken the last bytes of `payload`."""
        connection = Connection(GroupKey(Filter.parse(), chunked=True), address="", client="", since=0.0)
        self.unsent.hold(connection, memoryview(payload)[-rest:])
        return connection


@pytest.mark.gen_test
async def test_a_payload_counts_once_with_its_whole_size_until_its_last_reader_has_taken_it() -> None:
    held = Held()
    payload = bytes(MIB)
    first, second = held.reader(payload), held.reader(payload, rest=MIB)
    assert held.unsent.total == MIB
    for connection in (first, first, second):
        held.unsent.release(connection)
        assert connection.unsent is NOTHING
    assert held.unsent.total == 0


@pytest.mark.gen_test
async def test_the_reader_that_alone_holds_the_oldest_payload_is_cut_first() -> None:
    held, shared = Held(), bytes(2 * MIB)
    readers = [held.reader(payload) for payload in (shared, shared, bytes(MIB), bytes(MIB), bytes(MIB))]
    await until(lambda: held.cut)
    assert held.cut == [readers[2]]
    assert held.unsent.total == 4 * MIB


@pytest.mark.gen_test
async def test_readers_of_a_shared_payload_are_cut_where_no_payload_has_one_reader() -> None:
    held, old, new = Held(), bytes(2 * MIB), bytes(3 * MIB)
    readers = [held.reader(payload) for payload in (old, old, new, new)]
    await until(lambda: held.cut)
    assert held.cut == readers[:2]


@pytest.mark.gen_test
async def test_one_payload_over_the_limit_has_room() -> None:
    held = Held()
    held.reader(bytes(5 * MIB))
    held.reader(bytes(6 * MIB))
    await until(lambda: held.cut)
    assert (len(held.cut), held.unsent.total) == (1, 6 * MIB)


@pytest.mark.gen_test
async def test_slow_readers_stay_within_the_limit_and_lose_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Before, 120 readers at different places of a log with large messages held 914 MiB."""
    with audience_of(max_unsent_bytes=MIB) as audience:
        audience.log.store([draft("x" * (MIB // 4)) for _ in range(8)])
        slow = [audience.join(last=number + 1, buffer=32 << 10) for number in range(8)]
        await until(lambda: audience.registry.count < 8 and audience.hub.unsent.total <= MIB)
        assert audience.registry.count >= 2
        line = next(record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
        assert "slow readers hold more than 1 MiB (stream.max_unsent_bytes); it can resume by id" in line
        await audience.settle()
        for reader in slow:
            if not reader.ended:
                assert reader.seqs == list(range(reader.seqs[0], 9))
        resumed = audience.join(last=8)
        await audience.settle()
        assert resumed.seqs == list(range(1, 9))
        assert audience.hub.unsent.total == 0


@pytest.mark.gen_test
async def test_readers_cut_at_once_are_a_few_lines_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with audience_of(stall_seconds=1) as audience:
        audience.log.store([draft("x" * (MIB // 4))])
        for _ in range(60):
            audience.join(last=1, buffer=4096)
        audience.hub.start()
        await until(lambda: audience.registry.count == 0)
        lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert LINES_PER_SECOND <= len(lines) < 30
        assert "it took less than 16 KiB in 1 s; it can resume by id" in lines[0]


@pytest.mark.gen_test
async def test_a_reader_that_leaves_releases_what_it_had_not_taken() -> None:
    """Also while references to it, such as those of its handler, stay."""
    with audience_of() as audience:
        audience.log.store([draft("x" * MIB) for _ in range(3)])
        ways = [audience.hub.disconnect, lambda connection: audience.hub.dismiss(connection, "shutdown"), None]
        readers = [audience.join(last=number + 1, buffer=4096) for number in range(3)]
        await until(lambda: all(audience.hub.catch_up.is_blocked(reader.connection) for reader in readers))
        for reader, end in zip(readers, ways, strict=True):
            if end is None:
                reader.disconnect()
            else:
                end(reader.connection)
        await until(lambda: audience.registry.count == 0)
        assert audience.hub.unsent.total == 0
        assert all(reader.connection.unsent is NOTHING for reader in readers)


@pytest.mark.gen_test
async def test_a_live_reader_that_falls_behind_counts() -> None:
    with audience_of(log_of(0)) as audience:
        reader = audience.join(buffer=4096)
        await audience.settle()
        audience.log.store([draft("x" * MIB)])
        await until(lambda: audience.hub.catch_up.is_blocked(reader.connection))
        assert audience.hub.unsent.total > MIB
        await audience.settle()
        assert audience.hub.unsent.total == 0


@pytest.mark.gen_test
async def test_a_trickle_does_not_keep_a_stalled_reader() -> None:
    """Fewer than 16 KiB in stall_seconds are no progress."""
    with audience_of(stall_seconds=1) as audience:
        audience.hub.start()
        audience.log.store([draft("x" * (MIB // 4))])
        trickle = audience.join(last=1, buffer=4096)
        steady = audience.join(last=1, buffer=4096)  # Reads as often, 1,000 times as much.

        def is_cut() -> bool:
            trickle.read(8)
            steady.read(8 << 10)
            return trickle.connection.transport is None

        await until(is_cut)
        await audience.settle()
        assert steady.seqs == [1]
