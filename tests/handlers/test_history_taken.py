"""GET /messages with clients that disconnect, read slowly, or receive only a part."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from hub.errors import LogFailed
from hub.history import HistoryLimits
from hub.search.find import Bounds
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.waiting import until

Unread = Callable[[str], Awaitable[socket.socket]]


@pytest.mark.parametrize("query", ["format=csv", "format=ndjson", "format=ndjson&q=-m"])
@pytest.mark.gen_test
async def test_a_client_that_disconnects_ends_its_export(
    site: Site, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Otherwise each abandoned export would read the whole log."""
    pages, run_query = 0, site.wall.log.query

    async def counted(function: Any) -> Any:
        nonlocal pages
        pages += 1
        return await run_query(function)

    monkeypatch.setattr(site.wall.log, "query", counted)
    site.wall.history.limits = HistoryLimits(bounds=Bounds(seconds=-1, clock_bytes=0))
    batch = "\n".join(json.dumps({"topic": "t", "message": f"m{number}" + 5000 * "x"}) for number in range(1500))
    assert (await site.post("/messages", batch, "application/x-ndjson")).status == 201
    _, writer = await site.connect()
    writer.write(site.head("GET", f"/messages?{query}"))
    await until(lambda: pages > 10)
    writer.close()
    await until(lambda: len(asyncio.all_tasks()) == 1)  # This one.
    assert pages < 1500


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
@pytest.mark.gen_test
async def test_an_export_that_fails_halfway_does_not_look_complete(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: str, version: str
) -> None:
    """Neither with a last chunk nor with the orderly close of HTTP/1.0."""
    is_read, run_query, pages = asyncio.Event(), site.wall.log.query, 0

    async def failing(function: Any) -> Any:
        nonlocal pages
        pages += 1
        if pages == 1:
            return await run_query(function)
        await is_read.wait()
        raise LogFailed("disk I/O error")

    site.wall.history.limits = HistoryLimits(page_messages=2)
    await site.say("m1", "m2", "m3", "m4", "m5")
    monkeypatch.setattr(site.wall.log, "query", failing)
    reader, writer = await site.connect()
    head = site.head("GET", f"/messages?format={kind}", headers={"Connection": "close"})
    writer.write(head.replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
    await reader.readuntil(b"m4")
    is_read.set()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    await until(lambda: site.acceptor.open == 0)


@pytest.fixture
def full_site(io_loop: IOLoop, start_site: StartSite) -> Site:
    """A server with a message larger than the kernel's buffers for a client that does not read."""
    site: Site = io_loop.run_sync(partial(start_site, publish={"max_message_bytes": "8MiB"}))
    io_loop.run_sync(partial(site.say, "x" * 8_000_000))
    return site


@pytest.fixture
def unread(full_site: Site) -> Unread:
    """Sends requests and reads nothing of the answers."""

    async def send(query: str) -> socket.socket:
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", full_site.port))
        client.send(full_site.head("GET", f"/messages?{query}"))
        return client

    return send


@pytest.mark.parametrize("query", ["format=ndjson", "format=csv", "limit=1000"])
@pytest.mark.gen_test
async def test_unread_answers_are_limited(full_site: Site, unread: Unread, query: str) -> None:
    """Each holds a page in memory."""
    full_site.wall.history.limits = HistoryLimits(answers=2)
    clients = [await unread(query) for _ in range(2)]
    await until(lambda: full_site.wall.history.answering == 2)
    answer = await full_site.get("/messages?limit=1")
    assert (answer.status, answer.error["message"]) == (503, "too many searches at once")
    for client in clients:
        client.close()
    await until(lambda: full_site.wall.history.answering == 0)
    assert (await full_site.get("/messages?limit=1")).status == 200


@pytest.mark.parametrize("query", ["format=ndjson", "format=csv&limit=1"])
@pytest.mark.gen_test
async def test_exports_leave_slots_for_pages(full_site: Site, unread: Unread, query: str) -> None:
    """A slow client can occupy an export's slot for hours. A page is read soon, or hits the write timeout."""
    full_site.wall.history.limits = HistoryLimits(exports=2)
    clients = [await unread(query) for _ in range(2)]
    await until(lambda: full_site.wall.history.answering == 2)
    answer = await full_site.get(f"/messages?{query}")
    assert (answer.status, answer.error["message"]) == (503, "too many searches at once")
    assert (await full_site.get("/messages?limit=1")).status == 200
    for client in clients:
        client.close()
    await until(lambda: full_site.wall.history.answering == 0)
    assert (await full_site.get(f"/messages?{query}")).status == 200


@pytest.mark.parametrize("query", ["format=ndjson", "format=csv", "limit=1000"])
@pytest.mark.gen_test
async def test_a_client_that_reads_too_slowly_is_disconnected(full_site: Site, unread: Unread, query: str) -> None:
    full_site.wall.history.limits = HistoryLimits(write_seconds=0.01)
    with await unread(query) as client:
        await until(lambda: full_site.acceptor.open == 0)
        received = b""
        with suppress(ConnectionResetError):
            while data := await asyncio.get_running_loop().sock_recv(client, 1 << 16):
                received += data
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert len(received) < 8_000_000
