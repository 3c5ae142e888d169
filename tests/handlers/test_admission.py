"""Admission: fair and bounded by address; rejected connections are closed without reading."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from handlers.bind import bind
from hub.config import ServerConfig
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import Answer
from tests.waiting import until


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def connected(clients: ExitStack, site: Site, request: bytes = b"", address: str = "127.0.0.1") -> socket.socket:
    """Return a connection that the server has not accepted yet: both share one loop."""
    one = clients.enter_context(socket.create_connection(("127.0.0.1", site.port), source_address=(address, 0)))
    one.sendall(request)
    return one


@pytest.mark.gen_test
@pytest.mark.parametrize("fast", [True, False])
async def test_a_client_of_another_address_is_admitted_next_however_many_wait(
    start_site: StartSite, clients: ExitStack, fast: bool
) -> None:
    site = await start_site({"fast": fast, "turn_seconds": 0})
    for _ in range(200):
        connected(clients, site, site.head("GET", "/events"))
    connected(clients, site, site.head("POST", "/topics/a", 2) + b"hi", "127.0.0.9")
    for _ in range(200):
        connected(clients, site, site.head("GET", "/events"))
    appended = asyncio.ensure_future(until(lambda: bool(site.wall.hub.publishing or site.wall.log.head)))
    while not (site.wall.hub.publishing or site.wall.log.head):  # Each turn of the loop.
        await asyncio.sleep(0)
    await appended
    assert site.wall.registry.count < 100
    await until(lambda: site.wall.log.head == 1 and site.wall.registry.count == 400)


@pytest.mark.gen_test
@pytest.mark.parametrize("fast", [True, False])
async def test_an_address_over_its_limit_is_answered_and_closed_at_accept(start_site: StartSite, fast: bool) -> None:
    site = await start_site({"fast": fast}, server={"max_connections_per_address": 1})
    held, _ = await site.connect()
    await until(lambda: site.wall.limits.count == 1)
    command = ["curl", "-sS", "-w", "%{http_code}", "-d", "x" * 5000, f"http://127.0.0.1:{site.port}/topics/a"]
    curl = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said, problem = await curl.communicate()
    assert (said.endswith(b"429"), problem) == (True, b"")
    assert b"127.0.0.1 already has 1 connections besides streams" in said
    assert site.wall.limits.count == 1
    assert held.at_eof() is False


@pytest.mark.gen_test
async def test_an_unexpected_error_with_one_connection_concerns_no_other(
    site: Site, clients: ExitStack, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(*arguments: object) -> object:
        monkeypatch.undo()
        raise ZeroDivisionError(arguments)

    monkeypatch.setattr("handlers.clients.parse", fail_once)
    for _ in range(5):
        connected(clients, site, site.head("GET", "/events"))
    await until(lambda: site.wall.registry.count == 4 and site.acceptor.open == 0)
    assert "unexpected error with 127.0.0.1" in caplog.text
    caplog.clear()


@pytest.mark.gen_test
@pytest.mark.parametrize("fast", [True, False])
async def test_a_connection_without_a_request_is_closed_after_the_idle_time(start_site: StartSite, fast: bool) -> None:
    site = await start_site({"fast": fast, "header_timeout": 0.3})
    reader, _ = await site.connect()
    async with asyncio.timeout(60):
        assert await reader.read(-1) == b""
    await until(lambda: site.acceptor.open == 0 and site.wall.limits.count == 0)


@pytest.mark.gen_test
async def test_answers_that_the_socket_does_not_take_at_once_are_sent_in_full(site: Site) -> None:
    """A client pipelines requests and reads late: 350 KB of answers, of which a socket takes 200."""
    count = 1000
    with socket.create_connection(("127.0.0.1", site.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        data, received = (site.head("POST", "/topics/a", 1) + b"x") * count, b""
        while received.count(b"HTTP/1.1 201") < count:
            with suppress(BlockingIOError):
                data = data[client.send(data) :]
            if site.wall.log.head > 300:
                with suppress(BlockingIOError):
                    received += client.recv(1 << 10)
            await asyncio.sleep(0)
    assert site.wall.log.head == count
    await until(lambda: site.acceptor.open == 0)
    assert not site.wall.limits.addresses


@pytest.mark.gen_test
async def test_sockets_that_are_bound_already_are_accepted_from(site: Site, tmp_path: object) -> None:
    """Of systemd or another process; also a Unix socket."""
    (shared,) = bind(ServerConfig(port=0), reuse_port=True)
    port = shared.getsockname()[1]
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"{tmp_path}/wall")
    site.acceptor.listen([shared, unix])
    for opened in (asyncio.open_connection("127.0.0.1", port), asyncio.open_unix_connection(f"{tmp_path}/wall")):
        reader, writer = await opened
        writer.write(site.head("POST", "/topics/a", 1) + b"x")
        assert (await Answer.read(reader)).status == 201
        writer.close()
