"""Clients that connect and leave, each in its own way."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Awaitable, Callable

from tests.reliability.reader import RESET
from tests.wall import Wall

QUERIES = ["", "?topic=churn", "?level=error", "?q=five", "?topic=c*&level=warning", "?last=2000", "?last_event_id=x"]

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Act = Callable[[Streams, bytes], Awaitable[None]]


def fin(streams: Streams) -> None:
    streams[1].close()


def rst(streams: Streams) -> None:
    own = streams[1].get_extra_info("socket")
    with contextlib.suppress(OSError):
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    streams[1].transport.abort()


def hang_up(streams: Streams) -> None:
    random.choice([fin, rst])(streams)


async def say_nothing(streams: Streams, request: bytes) -> None:
    hang_up(streams)


async def stop_inside_the_header(streams: Streams, request: bytes) -> None:
    streams[1].write(request[: random.randrange(1, len(request) - 1)])
    hang_up(streams)


async def ask_and_leave(streams: Streams, request: bytes) -> None:
    """Gone before the answer, or in the middle of the hand-over."""
    streams[1].write(request)
    await asyncio.sleep(random.choice([0, 0, 0.001, 0.003]))
    hang_up(streams)


async def read_and_leave(streams: Streams, request: bytes) -> None:
    streams[1].write(request)
    await streams[0].readuntil(b"event: heartbeat")
    hang_up(streams)


async def leave_inside_the_replay(streams: Streams, request: bytes) -> None:
    streams[1].write(b"GET /events?last=2000 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await streams[0].readexactly(random.randrange(1, 20_000))
    hang_up(streams)


async def close_one_half(streams: Streams, request: bytes) -> None:
    """The server takes that for the end and hangs up itself."""
    streams[1].write(request)
    await streams[0].readuntil(b"event: heartbeat")
    streams[1].write_eof()
    await streams[0].read()
    hang_up(streams)


async def say_stray_bytes(streams: Streams, request: bytes) -> None:
    """They switch off Tornado's own detection of a lost client."""
    streams[1].write(request + b"\0stray\r\n" * random.choice([1, 9000]))
    if random.random() < 0.5:
        await streams[0].readuntil(b"event: heartbeat")
        streams[1].write(b"more")
    hang_up(streams)


async def ask_twice(streams: Streams, request: bytes) -> None:
    streams[1].write(request + request)
    if random.random() < 0.5:
        await streams[0].readuntil(b"event: heartbeat")
    hang_up(streams)


async def stop_inside_a_body(streams: Streams, request: bytes) -> None:
    method, more = random.choice([(b"PUT", b"Transfer-Encoding: chunked"), (b"POST", b"Content-Length: 999")])
    streams[1].write(b"%b /topics/churn HTTP/1.1\r\nHost: localhost\r\n%b\r\n\r\n5\r\nfive\n\r\n" % (method, more))
    await asyncio.sleep(random.choice([0, 0.003]))
    hang_up(streams)


ACTS: list[Act] = [
    say_nothing,
    stop_inside_the_header,
    ask_and_leave,
    read_and_leave,
    leave_inside_the_replay,
    close_one_half,
    say_stray_bytes,
    ask_twice,
    stop_inside_a_body,
]


async def come_and_go(wall: Wall, act: Act) -> None:
    target = random.choice(["/events" + random.choice(QUERIES), "/events"])
    version = random.choice(["1.1", "1.1", "1.0"])
    request = f"GET {target} HTTP/{version}\r\nHost: localhost\r\nUser-Agent: churn\r\n\r\n".encode()
    streams = await asyncio.open_connection(wall.host, wall.port)
    try:
        await asyncio.wait_for(act(streams, request), 60)
    except TimeoutError:
        raise AssertionError(
            f"neither an answer nor an end for a client that did {act.__name__} with {request!r}"
        ) from None
    finally:
        streams[1].close()
