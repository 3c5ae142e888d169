"""In front of the handlers: malformed, slow and pipelined requests."""

import asyncio
import re
from contextlib import suppress

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import Answer
from tests.waiting import until

HOST = b"Host: 127.0.0.1\r\n"


def statuses(raw: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"^HTTP/1\.1 (\d+)", raw, re.MULTILINE)]


@pytest.mark.gen_test
async def test_requests_that_come_at_once_are_answered_in_order(both_ways: Site) -> None:
    reader, writer = await both_ways.connect()
    requests = [("POST", "/topics/a", "one"), ("GET", "/healthz", ""), ("POST", "/topics/a", "two"), ("GET", "/no", "")]
    for method, path, body in requests:
        writer.write(both_ways.head(method, path, len(body)) + body.encode())
    answers = [await Answer.read(reader) for _ in requests]
    assert [answer.status for answer in answers] == [201, 200, 201, 404]
    assert [answers[at].json["id"].partition("-")[2] for at in (0, 2)] == ["1", "2"]


@pytest.mark.gen_test
async def test_one_connection_serves_many_requests(both_ways: Site) -> None:
    reader, writer = await both_ways.connect()
    for number in range(1, 6):
        writer.write(both_ways.head("POST", "/topics/a", 2) + b"hi")
        answer = await Answer.read(reader)
        assert answer.json["id"].endswith(f"-{number}")
    writer.close()
    await until(lambda: both_ways.acceptor.open == 0)


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("fields", "status"),
    [({"Connection": "close"}, 201), ({"Origin": "http://elsewhere"}, 403)],
)
@pytest.mark.parametrize("path", ["/topics/a", "/messages"])
async def test_nothing_is_started_behind_the_last_answer_of_a_connection(
    both_ways: Site, path: str, fields: dict[str, str], status: int
) -> None:
    """RFC 9112 section 9.6. A message published there would be stored and never answered."""
    body = b'{"message":"first","topic":"a"}'
    pipelined = both_ways.head("POST", "/topics/a", 6) + b"second"
    received = await both_ways.raw(both_ways.head("POST", path, len(body), fields) + body + pipelined * 3)
    assert statuses(received) == [status]
    assert (await both_ways.get("/healthz")).status == 200  # The server has taken a turn since.
    assert both_ways.wall.log.head == (status == 201)
    await until(lambda: both_ways.acceptor.open == 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("cut", [1, 10, 16, 20, 60, -3, -1])
async def test_a_request_may_come_in_two_pieces(both_ways: Site, cut: int) -> None:
    reader, writer = await both_ways.connect()
    for _ in range(2):
        request = both_ways.head("POST", "/topics/a", 5) + b"hello"
        writer.write(request[:cut])
        await writer.drain()
        await both_ways.get("/healthz")  # The server has peeked at the first piece by now.
        writer.write(request[cut:])
        assert (await Answer.read(reader)).status == 201
    assert both_ways.wall.log.head == 2


@pytest.mark.gen_test
async def test_a_client_that_half_closes_after_a_simple_request_gets_its_answer(site: Site) -> None:
    """Tornado takes a half-close for a disconnect; the fast tier does not."""
    reader, writer = await site.connect()
    writer.write(site.head("POST", "/topics/a", 2) + b"hi")
    writer.write_eof()
    assert (await Answer.read(reader)).status == 201
    assert await reader.read(-1) == b""


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "request_lines",
    [
        b"nonsense\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS.
        b"GET /events\r\n\r\n",
        b"GET /events HTTP/2.0\r\n" + HOST + b"\r\n",
        b"GET /events HTTP/1.1\r\n\r\n",
        b"GET /events HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
        b"GET /events HTTP/1.1\r\n" + HOST + b"Bad Name: x\r\n\r\n",
        b"GET /events HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
        b"GET /events HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /events?" + b"y" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Content-Length: 1, 2\r\n\r\nxx",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Content-Length: +1\r\n\r\nx",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST /topics/a HTTP/1.1\r\n" + HOST + b"Content-Length : 1\r\n\r\nx",
    ],
)
async def test_what_can_be_read_in_two_ways_is_not_read(start_site: StartSite, request_lines: bytes) -> None:
    """Nothing behind it is read as a request (smuggling), nothing is published, other clients are served."""
    site = await start_site(options={"header_timeout": 0.3, "body_timeout": 0.3})
    stream = await site.open_stream()
    smuggled = b"POST /topics/smuggled HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\nx"
    received = await site.raw(request_lines + smuggled)
    assert all(400 <= status < 500 for status in statuses(received)), received
    assert site.wall.log.head == 0
    await site.say("still here")
    assert await stream.messages(1) == ["still here"]
    await stream.close()
    await until(lambda: site.acceptor.open == 0 and site.wall.registry.count == 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("start", ["", "GET", "GET /events HTTP/1.1\r\nHost: x", "POST /topics/a HTTP/1.1\r\n"])
async def test_a_client_that_never_ends_its_header_is_disconnected(start_site: StartSite, start: str) -> None:
    """The time limit is for the whole header, not for each byte."""
    site = await start_site(options={"header_timeout": 0.5})
    stream = await site.open_stream()
    reader, writer = await site.connect()
    writer.write(start.encode())
    dripping = asyncio.ensure_future(drip(writer, b"x"))
    async with asyncio.timeout(60):
        with suppress(ConnectionError):
            assert await reader.read(-1) == b""
    dripping.cancel()
    await site.say("still here")
    assert await stream.messages(1) == ["still here"]


@pytest.mark.gen_test
async def test_a_client_that_never_ends_its_body_is_disconnected(start_site: StartSite) -> None:
    site = await start_site(options={"body_timeout": 0.5})
    for head in (
        site.head("POST", "/topics/a", 1000),
        site.head("POST", "/messages", 1000),
        site.head("GET", "/", 1000),
    ):
        reader, writer = await site.connect()
        writer.write(head)
        dripping = asyncio.ensure_future(drip(writer, b"x"))
        async with asyncio.timeout(60):
            with suppress(ConnectionError):
                assert await reader.read(-1) == b""
        dripping.cancel()
    await until(lambda: site.acceptor.open == 0)
    assert site.wall.log.head == 0


async def drip(writer: asyncio.StreamWriter, byte: bytes) -> None:
    while not writer.is_closing():
        writer.write(byte)
        await asyncio.sleep(0.02)


@pytest.mark.gen_test
async def test_an_idle_client_is_disconnected(start_site: StartSite) -> None:
    site = await start_site(options={"header_timeout": 0.5})
    for always in ({}, {"TE": "trailers"}):
        site.always = always
        reader, writer = await site.connect()
        writer.write(site.head("POST", "/topics/a", 2) + b"hi")
        assert (await Answer.read(reader)).status == 201
        async with asyncio.timeout(60):
            assert await reader.read(-1) == b""


@pytest.mark.gen_test
async def test_a_body_that_no_handler_reads_is_bounded(site: Site) -> None:
    raw = await site.raw(site.head("DELETE", "/connections/x", 50_000_000, {"Connection": "close"}), b"x" * 50_000_000)
    assert statuses(raw) in ([], [400])  # A client that only writes is reset before it reads.
    await site.say("still here")


@pytest.mark.gen_test
async def test_a_refused_body_is_read_so_that_its_sender_can_read_the_answer(both_ways: Site) -> None:
    for path, headers in (("/topics/a%20b", {}), ("/topics/a", {"Content-Type": "image/png"})):
        answer = await both_ways.request("POST", path, b"x" * 20_000_000, headers)
        assert answer.status in (400, 415)


@pytest.mark.gen_test
async def test_expect_100_continue_is_answered(site: Site) -> None:
    reader, writer = await site.connect()
    writer.write(site.head("POST", "/topics/a", 2, {"Expect": "100-continue"}))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 (Continue)\r\n\r\n"
    writer.write(b"hi")
    assert (await Answer.read(reader)).status == 201


@pytest.mark.gen_test
async def test_after_all_this_no_task_is_left(both_ways: Site) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(5):
        await both_ways.say("x")
        await both_ways.request("POST", "/topics/a%20b", "x")
        await both_ways.request("PUT", "/topics/a%20b", "x", {"Host": "evil"})
        stream = await both_ways.open_stream()
        await stream.close()
        _, writer = await both_ways.connect()
        writer.write(both_ways.head("POST", "/topics/a", 1000) + b"half")
        await writer.drain()
        writer.transport.abort()
    await both_ways.close()
    await until(lambda: len(asyncio.all_tasks()) <= before)
