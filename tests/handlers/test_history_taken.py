"""Looking back with a client that goes away, takes nothing, or is left with a part."""

import asyncio
import json
import socket
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import pytest
from tornado.ioloop import IOLoop

from hub.log.generations import Generations
from hub.search.find import SearchRange, SearchResult, find
from tests.handlers.conftest import StartSite
from tests.handlers.site import PATIENCE_SECONDS, Site
from tests.waiting import until

Unread = Callable[[str], Awaitable[socket.socket]]


@pytest.mark.parametrize("query", ["format=csv", "format=ndjson", "format=ndjson&q=-m"])
@pytest.mark.gen_test
async def test_who_leaves_in_the_middle_of_an_export_ends_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Else each page that was closed too early would read the whole log to the end."""
    pieces = 0

    def counted(connection: sqlite3.Connection, generations: Generations, search: SearchRange) -> SearchResult:
        nonlocal pieces
        pieces += 1
        return find(connection, generations, search, seconds=-1)

    monkeypatch.setattr("hub.search.find.LOOK_BYTES", 0)
    monkeypatch.setattr("hub.history.find", counted)
    batch = "\n".join(json.dumps({"topic": "t", "message": f"m{number}" + 5000 * "x"}) for number in range(1500))
    assert (await site.post("/messages", batch, "application/x-ndjson")).status == 201
    _, writer = await site.connect()
    writer.write(site.head("GET", f"/messages?{query}"))
    await until(lambda: pieces > 10)
    writer.close()
    await until(lambda: len(asyncio.all_tasks()) == 1)  # This one.
    assert pieces < 1500


@pytest.mark.parametrize("version", ["1.1", "1.0"])
@pytest.mark.parametrize("kind", ["csv", "ndjson"])
@pytest.mark.gen_test
async def test_an_export_that_fails_in_the_middle_does_not_look_complete(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: str, version: str
) -> None:
    """Neither by a last chunk nor by HTTP/1.0's orderly end."""
    go_on = threading.Event()

    def failing(connection: sqlite3.Connection, generations: Generations, search: SearchRange) -> SearchResult:
        if search.high == 5:  # The first piece.
            return find(connection, generations, search)
        go_on.wait(PATIENCE_SECONDS)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("hub.history.PIECE_MESSAGES", 2)
    monkeypatch.setattr("hub.history.find", failing)
    await site.say("m1", "m2", "m3", "m4", "m5")
    reader, writer = await site.connect()
    head = site.head("GET", f"/messages?format={kind}", headers={"Connection": "close"})
    writer.write(head.replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
    await reader.readuntil(b"m4")
    go_on.set()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    await until(lambda: site.acceptor.open == 0)


@pytest.fixture
def full_site(io_loop: IOLoop, start_site: StartSite) -> Site:
    """Its first message alone is more than the kernel takes for somebody who does not read."""
    site: Site = io_loop.run_sync(partial(start_site, publish={"max_message_bytes": "8MiB"}))
    io_loop.run_sync(partial(site.say, "x" * 8_000_000))
    return site


@pytest.fixture
def unread(full_site: Site) -> Unread:
    """Asks for something and reads nothing of the answer."""

    async def ask(query: str) -> socket.socket:
        asker = socket.socket()
        asker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        asker.setblocking(False)
        await asyncio.get_running_loop().sock_connect(asker, ("127.0.0.1", full_site.port))
        asker.send(full_site.head("GET", f"/messages?{query}"))
        return asker

    return ask


@pytest.mark.parametrize("query", ["format=ndjson", "format=csv", "limit=1000"])
@pytest.mark.gen_test
async def test_what_is_not_taken_is_bounded(
    full_site: Site, unread: Unread, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """By the number of answers at once: each has a piece in memory."""
    monkeypatch.setattr("hub.history.MAX_ANSWERS", 2)
    askers = [await unread(query) for _ in range(2)]
    await until(lambda: full_site.wall.history._answering == 2)
    answer = await full_site.get("/messages?limit=1")
    assert (answer.status, answer.error["message"]) == (503, "too many searches at once")
    for asker in askers:
        asker.close()
    await until(lambda: full_site.wall.history._answering == 0)
    assert (await full_site.get("/messages?limit=1")).status == 200


@pytest.mark.parametrize("query", ["format=ndjson", "format=csv&limit=1"])
@pytest.mark.gen_test
async def test_exports_leave_places_for_pages(
    full_site: Site, unread: Unread, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Who takes one slowly keeps its place as long as he likes, where a page is taken soon, or cut."""
    monkeypatch.setattr("hub.history.MAX_EXPORTS", 2)
    askers = [await unread(query) for _ in range(2)]
    await until(lambda: full_site.wall.history._answering == 2)
    answer = await full_site.get(f"/messages?{query}")
    assert (answer.status, answer.error["message"]) == (503, "too many searches at once")
    assert (await full_site.get("/messages?limit=1")).status == 200
    for asker in askers:
        asker.close()
    await until(lambda: full_site.wall.history._answering == 0)
    assert (await full_site.get(f"/messages?{query}")).status == 200


@pytest.mark.parametrize("query", ["format=ndjson", "format=csv", "limit=1000"])
@pytest.mark.gen_test
async def test_who_takes_too_long_is_cut(
    full_site: Site, unread: Unread, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    monkeypatch.setattr("handlers.history.TAKE_SECONDS", 0.01)
    with await unread(query) as asker:
        await until(lambda: full_site.acceptor.open == 0)
        received = b""
        with suppress(ConnectionResetError):
            while data := await asyncio.get_running_loop().sock_recv(asker, 1 << 16):
                received += data
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert len(received) < 8_000_000
