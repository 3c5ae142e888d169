"""A client that disconnects, in any way and at any time, leaves nothing behind."""

import asyncio
import gc
import socket
import tracemalloc

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import RST_ON_CLOSE, Answer, Stream
from tests.hub.log_files import held
from tests.waiting import until

ABORTED = 40


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["close", "half-close", "reset", "stray bytes", "pipelined request"])
async def test_a_closed_tab_leaves_the_registry(both_ways: Site, how: str) -> None:
    """A disconnect is noticed without a write to the dead socket."""
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
    await until(lambda: both_ways.acceptor.open == 0)
    assert both_ways.wall.hub.group_count == 0


@pytest.mark.gen_test
async def test_a_client_that_disconnects_before_its_stream_begins_is_removed(
    both_ways: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, found, seq_at = asyncio.Event(), asyncio.Event(), both_ways.wall.log.seq_at

    async def seq_at_last(milliseconds: int) -> tuple[int, int]:
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
    await until(lambda: both_ways.acceptor.open == 0)
    assert both_ways.wall.registry.count == 0


@pytest.mark.gen_test
async def test_a_client_that_disconnects_after_its_request_leaves_nothing_behind(both_ways: Site) -> None:
    """With pipelined bytes Tornado does not notice a closed connection."""
    for stray in (b"", b"x", both_ways.head("GET", "/healthz")):
        for _ in range(10):
            _, writer = await both_ways.connect()
            writer.write(both_ways.head("GET", "/events") + stray)
            writer.transport.abort()
    await both_ways.get("/healthz")
    await until(lambda: both_ways.wall.registry.count == 0 and both_ways.acceptor.open == 0)
    assert both_ways.wall.hub.transports.count == 0


@pytest.mark.gen_test
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_what_was_read_of_an_aborted_body_is_not_left_to_the_cycle_collector(site: Site, method: str) -> None:
    """It runs seldom: 1,000 of them left 60 MB behind (measured)."""
    held: list[int] = []
    head = site.head(method, "/topics/a", headers={"Transfer-Encoding": "chunked", "Content-Length": None})
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(2):
            for turns in range(ABORTED):
                with socket.create_connection(("127.0.0.1", site.port)) as upload:
                    upload.setblocking(False)  # The server shares this loop: the rest is not sent.
                    upload.send(head + b"%x\r\n" % 500_000 + b"x" * 400_000)
                    for _ in range(turns):  # The server reads so many pieces of it.
                        await asyncio.sleep(0)
                    upload.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
                await until(lambda: site.acceptor.open == 0)
            held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
        gc.enable()
    assert (held[1] - held[0]) / ABORTED < 20_000


@pytest.mark.gen_test
@pytest.mark.parametrize("last", ["POST", "keyed POST", "search", "PUT", "healthz"])
async def test_requests_in_front_of_a_half_close_are_answered(both_ways: Site, last: str) -> None:
    """As by `nc -N`. Both tiers answer all that was received, then close."""
    one = both_ways.head("POST", "/topics/a", 1)
    requests = {
        "POST": one + b"x",
        "keyed POST": both_ways.head("POST", "/topics/a", 1, {"Idempotency-Key": "k"}) + b"x",
        "search": both_ways.head("GET", "/messages?q=x"),
        "PUT": both_ways.head("PUT", "/topics/a", headers={"Transfer-Encoding": "chunked", "Content-Length": None})
        + b"2\r\nx\n\r\n0\r\n\r\n",
        "healthz": both_ways.head("GET", "/healthz"),
    }
    reader, writer = await both_ways.connect()
    writer.write((one + b"x") * 3 + requests[last])
    writer.write_eof()
    for _ in range(3):
        assert (await Answer.read(reader)).status == 201
    assert (await Answer.read(reader)).status in (200, 201)
    assert await reader.read() == b""
    await until(lambda: both_ways.acceptor.open == 0)
    assert both_ways.wall.limits.count == 0


@pytest.mark.gen_test
@pytest.mark.parametrize("fast", [True, False])
async def test_clients_that_have_ended_stay_within_the_limits(start_site: StartSite, fast: bool) -> None:
    """Each frees its slot while it waits for its answer, and needs one for its next request."""
    site = await start_site({"fast": fast}, server={"max_connections_per_address": 3})
    sent = []
    async with held(site.wall.log.writer):
        for number in range(5):
            sent.append(await site.connect())
            # Tornado notices the end behind its last request only.
            sent[-1][1].write((site.head("POST", "/topics/a", 1) + b"x") * (2 if fast else 1))
            sent[-1][1].write_eof()
            await until(lambda number=number: site.wall.hub.publishing == number + 1)  # type: ignore[misc]  # bound now
            await until(lambda: site.wall.limits.count == 0)
        waiting = [await site.connect() for _ in range(3)]
        await until(lambda: site.wall.limits.count == 3)
    for reader, _ in sent:
        assert (await Answer.read(reader)).status == 201
    await until(lambda: site.acceptor.open == 3)
    assert site.wall.limits.count == 3
    assert site.wall.log.head == 5
    for _, writer in waiting:
        writer.close()
    await until(lambda: site.acceptor.open == 0)
    assert site.wall.limits.count == 0
