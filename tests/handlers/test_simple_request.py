"""The fast tier's parser reads a request as Tornado does, or leaves it.

Two parsers that disagree on one request make request smuggling possible (RFC 9112 section 11.2).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, parse_request_start_line

from handlers.fast import parse

POST = b"POST /topics/db HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
GET = b"GET /events?topic=db HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize("data", [POST, GET, POST + GET, GET + POST])
def test_a_simple_request_is_taken_and_the_bytes_behind_it_are_left(data: bytes) -> None:
    request = parse(data)
    assert request is not None
    assert data[: request.size] in (POST, GET)
    assert request.headers["Host"] == "localhost"
    assert request.body == (b"hello" if data.startswith(b"POST") else b"")


@pytest.mark.parametrize(
    "odd",
    [
        POST.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nTransfer-Encoding: chunked"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nContent-Length: 6"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\ncontent-length: 5"),
        POST.replace(b"Content-Length: 5", b"Content-Length: +5"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 0x5"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5, 5"),
        POST.replace(b"Content-Length: 5", "Content-Length: ٥".encode()),
        POST.replace(b"Content-Length: 5", b"Content-Length : 5"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\n folded"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nX: a\nTransfer-Encoding: chunked"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nExpect: 100-continue"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nConnection: close"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nConnection: keep-alive, Content-Length"),
        POST.replace(b"Content-Length: 5", b"Content-Length: 6"),  # Incomplete.
        POST.replace(b"Content-Length: 5", b"Content-Length: 5\r\nX: \x00"),
        POST.replace(b"\r\n", b"\n"),
        POST.replace(b"HTTP/1.1", b"HTTP/1.0"),
        POST.replace(b"/topics/db", b"/topics/d b"),
        POST.replace(b"/topics/db", b"http://localhost/topics/db"),
        POST.replace(b"POST", b"PUT"),
        POST.replace(b"POST", b"post"),
        b"\r\n" + POST,
        POST[:-6],
        GET[:-2],
        GET.replace(b"Host", b"Content-Length: 5\r\nHost") + b"hello",
        GET.replace(b"/events", b"/"),
        GET.replace(b"Host", b"X: " + b"x" * 20_000 + b"\r\nHost"),
        b"",
    ],
)
def test_an_odd_request_is_left_to_tornado(odd: bytes) -> None:
    assert parse(odd) is None


LINES = (b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: keep-alive\r\n")
WORDS = (b"5", b"0", b"Host", b"X-Level", b"chunked", b"POST", b"GET")
MARKS = (b"\r\n", b"\n", b"\r", b": ", b":", b" ", b"\t", b",", b"\x00", b"\xff")
piece = st.sampled_from((*LINES, *WORDS, *MARKS))


@given(st.sampled_from([POST, GET]), st.lists(st.tuples(st.integers(0, 90), piece), max_size=4))
def test_a_request_is_read_as_tornado_reads_it(request: bytes, changes: list[tuple[int, bytes]]) -> None:
    data = request
    for place, inserted in changes:
        data = data[:place] + inserted + data[place:]
    taken = parse(data)
    if taken is not None:
        head, _, rest = data.partition(b"\r\n\r\n")
        first, _, fields = head.decode("latin-1").partition("\r\n")
        headers = HTTPHeaders.parse(fields)
        assert (taken.method, taken.target, "HTTP/1.1") == parse_request_start_line(first)
        assert dict(taken.headers) == dict(headers.get_all())
        assert taken.body == rest[: int(headers.get("Content-Length", "0"))]
        assert taken.size == len(head) + 4 + len(taken.body)


def test_two_requests_with_the_same_header_share_no_state() -> None:
    first, second = parse(POST), parse(POST)
    assert first is not None
    assert second is not None
    with pytest.raises(TypeError):
        first.headers["Origin"] = "null"  # type: ignore[index]  # the point of the test
    assert "Origin" not in second.headers
