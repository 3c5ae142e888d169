"""The id of a heartbeat moves a reader's cursor, and never past a message that it has not received."""

from collections.abc import Sequence

import pytest

from hub.filter import Filter
from hub.log.protocol import format_id
from hub.message import Message
from tests.hub.audience import audience_of
from tests.hub.memory_log import log_of
from tests.hub.parts import EPOCH, draft
from tests.waiting import until


@pytest.mark.gen_test
async def test_the_first_heartbeat_has_no_id() -> None:
    """The reader may have a gap or a replay behind it."""
    with audience_of(log_of(5)) as audience:
        reader = audience.join()
        await audience.settle()
        assert (len(reader.named("heartbeat")), reader.cursor) == (1, "")


@pytest.mark.gen_test
async def test_a_heartbeat_moves_the_cursor_of_a_live_reader_past_messages_of_others() -> None:
    with audience_of() as audience:
        quiet, everything = audience.join(Filter.parse(["quiet"])), audience.join()
        await audience.settle()
        audience.log.store([draft() for _ in range(3)])
        audience.hub.control.send_heartbeat()
        await audience.settle()
        for reader in (quiet, everything):
            assert reader.cursor == format_id(EPOCH, 3)
        assert (quiet.seqs, everything.seqs) == ([], [1, 2, 3])
        assert everything.events[-1][0] == "heartbeat"


@pytest.mark.gen_test
async def test_a_skipped_group_is_sent_no_heartbeat() -> None:
    """Its id would be a silent loss of the message that was not evaluated."""
    with audience_of(flush_ms=1000) as audience:
        reader, everything = audience.join(Filter.parse(["demo"])), audience.join()
        await audience.silence()
        audience.log.store([draft()])  # Flushed at once.
        audience.settings.filter_seconds = -1
        audience.log.store([draft()])
        audience.settings.filter_seconds = 60
        skipped, other = reader.connection.group, everything.connection.group
        assert skipped is not None
        assert skipped.skipped
        audience.hub.control.send_heartbeat()
        assert other is not None
        assert b"heartbeat" in other.pending[-1]
        assert not any(b"heartbeat" in frame for frame in skipped.pending)
        await audience.settle()
        assert (reader.seqs, reader.cursor) == ([1, 2], format_id(EPOCH, 2))


@pytest.mark.gen_test
async def test_a_heartbeat_during_a_catch_up_has_the_readers_own_cursor() -> None:
    """A rare filter makes progress over a long log, however often its reader reconnects."""
    with audience_of(log_of(2000), heartbeat_seconds=45) as audience:
        reader, cursors = audience.join(Filter.parse(q="nothing"), after=format_id(EPOCH, 0)), []
        read = audience.log.read

        async def read_for_a_minute(after: int, limit: int) -> Sequence[Message]:
            reader.read()
            cursors.append((reader.cursor, after))
            reader.connection.last_progress -= 61
            return await read(after, limit)

        audience.log.read = read_for_a_minute  # type: ignore[method-assign]
        await audience.settle()
        assert len(cursors) > 2
        assert all(cursor == format_id(EPOCH, after) for cursor, after in cursors[1:])
        assert reader.seqs == []


@pytest.mark.gen_test
async def test_a_new_interval_reaches_a_reader_that_was_catching_up_with_its_own_cursor() -> None:
    with audience_of(log_of(300), heartbeat_seconds=45) as audience:
        reader = audience.join(last=300, buffer=4096)
        await until(lambda: audience.hub.catch_up.is_blocked(reader.connection))
        audience.hub.configure(audience.settings.stream.model_copy(update={"heartbeat_seconds": 30.0}))
        audience.log.store([draft()])
        await audience.settle()
        assert [beat["every"] for beat in reader.named("heartbeat")] == [45, 30]
        assert reader.seqs == list(range(1, 302))
        assert reader.cursor == format_id(EPOCH, 301)
