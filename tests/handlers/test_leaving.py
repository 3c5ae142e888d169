"""A reader who leaves, however and whenever it does, leaves nothing behind."""

import asyncio

import pytest

from tests.handlers.site import Site
from tests.handlers.wire import Stream
from tests.waiting import until


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["close", "half-close", "reset", "stray bytes", "pipelined request"])
async def test_a_closed_tab_leaves_the_registry(both_ways: Site, how: str) -> None:
    """Hanging up is enough: nothing has to be written to the dead socket first."""
    stream = await both_ways.open_stream()
    if how == "stray bytes":
        stream.writer.write(b"what is this?")
    if how == "pipelined request":
        stream.writer.write(both_ways.head("GET", "/healthz"))
    assert both_ways.wall.registry.count == 1
    if how == "reset":
        stream.reset()
    elif how == "half-close":
        stream.writer.write_eof()
    else:
        await stream.close()
    await until(lambda: both_ways.wall.registry.count == 0)
    await until(lambda: both_ways.door.open == 0)
    assert both_ways.wall.hub.group_count == 0


@pytest.mark.gen_test
async def test_who_vanishes_before_its_stream_has_begun_is_forgotten(
    both_ways: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, found, seq_at = asyncio.Event(), asyncio.Event(), both_ways.wall.log.seq_at

    async def seq_at_last(milliseconds: int) -> int:
        looking.set()
        await found.wait()
        return await seq_at(milliseconds)

    monkeypatch.setattr(both_ways.wall.log, "seq_at", seq_at_last)
    reader, writer = await both_ways.connect()
    writer.write(both_ways.head("GET", "/events?since=15m"))
    await looking.wait()
    stream = Stream(reader, writer)
    stream.reset()
    await stream.close()
    found.set()
    await until(lambda: both_ways.door.open == 0)
    assert both_ways.wall.registry.count == 0


@pytest.mark.gen_test
async def test_who_vanishes_with_its_request_leaves_nothing_behind(both_ways: Site) -> None:
    """Pipelined bytes switch off Tornado's own notice of a closed connection."""
    for stray in (b"", b"x", both_ways.head("GET", "/healthz")):
        for _ in range(10):
            _, writer = await both_ways.connect()
            writer.write(both_ways.head("GET", "/events") + stray)
            writer.transport.abort()
    await both_ways.get("/healthz")
    await until(lambda: both_ways.wall.registry.count == 0 and both_ways.door.open == 0)
    assert not both_ways.wall.hub._sockets._by_descriptor
