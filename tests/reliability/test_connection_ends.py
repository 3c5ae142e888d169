"""A real server and the ends of connections: what stands behind one, arrives with one, or waits for others."""

import socket
import time
import urllib.parse

import pytest

from tests.reliability.reader import RESET
from tests.waiting import block_until
from tests.wall import StartWall, Wall

POST = b"POST /topics/a HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: 1\r\n\r\nx"


def texts(wall: Wall) -> list[str]:
    return [one["message"] for one in wall.get_json("/messages?limit=1000&order=asc")["messages"]]


def exchange(wall: Wall, sent: bytes, *, half_close: bool = False) -> list[int]:
    """Return the statuses of all answers, up to the server's close."""
    with socket.create_connection((wall.host, wall.port), 60) as own:
        own.sendall(sent)
        if half_close:
            own.shutdown(socket.SHUT_WR)
        received = b""
        while data := own.recv(1 << 16):
            received += data
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "fields",
    [
        b"Connection: close\r\n",
        b"connection: CLOSE\r\n",
        b"Connection: x, close\r\n",
        b"Connection: keep-alive,close\r\n",
        b"Connection: x\r\nConnection: close\r\n",
        b"Connection: close\r\nIdempotency-Key: k\r\n",
    ],
)
def test_a_request_behind_the_end_of_its_connection_is_not_carried_out(wall: Wall, fields: bytes) -> None:
    """In both tiers: a keyed request is Tornado's."""
    assert exchange(wall, POST % b"" + POST % fields + POST % b"" + POST % fields) == [201, 201]
    assert len(texts(wall)) == 2


def test_requests_in_front_of_a_half_close_are_answered(wall: Wall) -> None:
    keyed = POST % b"Idempotency-Key: k\r\n"
    search = b"GET /messages HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert exchange(wall, POST % b"" * 20 + keyed + search, half_close=True) == [201] * 21 + [200]
    assert len(texts(wall)) == 21


@pytest.mark.parametrize("end", ["FIN", "RST"])
@pytest.mark.parametrize("is_chunked", [True, False])
def test_the_last_whole_lines_are_published(wall: Wall, end: str, is_chunked: bool) -> None:
    """They arrive together with the end of the connection. Before, 15 of 20 were dropped."""
    length = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: 999"
    head = b"PUT /topics/a HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n" % length
    for number in range(20):
        lines = b"first %d\nlast %d\nno line" % (number, number)
        own = socket.create_connection((wall.host, wall.port))
        own.sendall(head)
        if number % 2:  # The server has read the header by then.
            wall.get("/healthz")
        own.sendall(b"%x\r\n%b\r\n" % (len(lines), lines) if is_chunked else lines)
        if end == "RST":  # What the server has not read yet is lost with it.
            block_until(lambda number=number: f"first {number}" in texts(wall))  # type: ignore[misc]  # bound now
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        own.close()
    expected = {f"{word} {number}" for word in ("first", "last") for number in range(20)}
    block_until(lambda: set(texts(wall)) == expected, 30)


def test_a_publish_does_not_wait_for_filters(start_wall: StartWall) -> None:
    """Before, a message of 1 MB was stored after 9.6 s, when 900 readers' filters had been evaluated."""
    wall = start_wall()

    def seconds() -> float:
        began = time.monotonic()
        wall.publish("a" * 500_000)
        return time.monotonic() - began

    alone = min(seconds() for _ in range(3))
    readers = []
    for number in range(300):
        q = urllib.parse.quote(" OR ".join(f'"{"a" * 20}b{number}x{word}"' for word in range(24)))
        readers.append(socket.create_connection((wall.host, wall.port)))
        readers[-1].sendall(f"GET /events?q={q} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    block_until(lambda: wall.get_json("/connections?limit=1")["count"] == 300, 60)
    assert seconds() < alone + 1
    for reader in readers:
        reader.close()
