"""HTTP/1.1 at the edges: the last chunks, the options of Connection, malformed bodies, absolute targets, TLS."""

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site, Upload
from tests.handlers.wire import Answer, Stream
from tests.waiting import until


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
async def test_a_whole_line_that_arrives_with_the_end_of_the_connection_is_published(both_ways: Site, how: str) -> None:
    """The last line of a crash: it was dropped in 15 of 20 cases."""
    for number in range(1, 11):
        upload = await Upload.open(both_ways, "/topics/app")
        await upload.send(b"first\n")
        await until(lambda wanted=2 * number - 1: both_ways.wall.log.head == wanted)  # type: ignore[misc]  # bound now
        await upload.send(b"FATAL: out of memory\nunfinished")
        if how == "reset":
            Stream(upload.reader, upload.writer).reset()
        elif how == "half-close":
            upload.writer.write_eof()
        else:
            upload.writer.close()
        await until(lambda: both_ways.acceptor.open == 0)
        await until(lambda wanted=2 * number: both_ways.wall.log.head == wanted)  # type: ignore[misc]  # bound now
    assert both_ways.wall.uploads.kept_bytes == 0


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "fields",
    [
        "Connection: close",
        "Connection: Close , TE",
        "Connection: keep-alive, close",
        "Connection: TE\r\nX: y\r\nConnection: close",
        "Connection: TE,\r\n close",
    ],
)
@pytest.mark.parametrize("path", ["/topics/a", "/topics/a?level=error"])
async def test_nothing_behind_a_request_with_connection_close_is_started(
    both_ways: Site, fields: str, path: str
) -> None:
    first = f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\nContent-Length: 1\r\n\r\n1".encode()
    received = await both_ways.raw(first + both_ways.head("POST", "/topics/a", 1) + b"2")
    assert received.count(b"HTTP/1.1 ") == 1
    assert b"HTTP/1.1 201 Created\r\n" in received
    assert b"Connection: close\r\n" in received
    await until(lambda: both_ways.acceptor.open == 0)
    assert both_ways.wall.log.head == 1


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("field", "answers"), [("", 1), ("Connection: TE\r\n", 1), ("Connection: x, keep-alive\r\n", 2)]
)
async def test_http_1_0_stays_open_only_if_its_client_asks_for_it(both_ways: Site, field: str, answers: int) -> None:
    request = f"GET /healthz HTTP/1.0\r\nHost: localhost\r\n{field}\r\n".encode()
    last = b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"
    received = await both_ways.raw(request + last)
    assert received.count(b"HTTP/1.1 200 OK\r\n") == answers


@pytest.mark.gen_test
async def test_other_options_keep_the_connection_open(both_ways: Site) -> None:
    reader, writer = await both_ways.connect()
    for option in ("keep-alive, TE", "TE, x", "keep-alive"):
        writer.write(both_ways.head("POST", "/topics/a", 1, {"Connection": option}) + b"1")
        assert (await Answer.read(reader)).status == 201


@pytest.mark.gen_test
@pytest.mark.parametrize("rest", [b"2;name=value\r\na\n\r\n0\r\n\r\n", b"2\r\na\n\r\n0\r\nX-Sum: 1\r\n\r\n", b"zz\r\n"])
async def test_a_malformed_body_is_answered_with_a_reason(both_ways: Site, rest: bytes) -> None:
    head = both_ways.head("PUT", "/topics/a", headers={"Transfer-Encoding": "chunked", "Content-Length": None})
    answer = Answer(await both_ways.raw(head + rest))
    assert (answer.status, answer.error["code"], answer.headers["Connection"]) == (400, "invalid_input", "close")
    assert "chunk extensions and trailer fields" in answer.error["hint"]


@pytest.mark.gen_test
async def test_an_absolute_target_of_this_server_is_served(both_ways: Site) -> None:
    for target in ("http://localhost/topics/a", "HTTP://127.0.0.1:3030/topics/a?level=error"):
        answer = await both_ways.request("POST", target, "hi", {"Host": "elsewhere"})
        assert answer.status == 201
    assert (await both_ways.request("POST", "http://elsewhere/topics/a", "hi")).status == 421
    assert (await both_ways.get("http://localhost")).status == 200
    assert (await both_ways.get("http://localhost?a=b")).status == 200
    assert both_ways.wall.log.head == 2


@pytest.mark.gen_test
async def test_an_empty_line_in_front_of_a_request_is_skipped(both_ways: Site) -> None:
    """Old clients send one behind a body (RFC 9112, section 2.2)."""
    reader, writer = await both_ways.connect()
    for _ in range(2):
        writer.write(both_ways.head("POST", "/topics/a", 1) + b"1\r\n")
        assert (await Answer.read(reader)).status == 201


@pytest.mark.gen_test
@pytest.mark.parametrize("fast", [True, False])
async def test_a_tls_client_is_disconnected_at_once(start_site: StartSite, fast: bool) -> None:
    """It would wait for the header timeout, with its slot."""
    site = await start_site({"fast": fast})
    assert await site.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500) == b""
    await until(lambda: site.acceptor.open == 0)
