"""Clients that connect and leave in every way: the server keeps nothing of them."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from tests.reliability.reader import RESET, OpenReader
from tests.waiting import until
from tests.wall import StartWall, Wall

CLIENTS = 1000
AT_ONCE = 40
LOOKS = 10
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


async def all_of_them(wall: Wall, acts: list[Act]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(act: Act) -> None:
        async with room:
            await come_and_go(wall, act)

    await asyncio.gather(*map(one, acts))


async def keep_publishing(wall: Wall) -> None:
    """Keep bytes in flight to clients that are leaving."""
    while True:
        await in_thread(wall.publish, "five of them", "churn", level=random.choice(["info", "error"]))
        await asyncio.sleep(0.01)


async def in_thread(function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
    return await asyncio.to_thread(function, *args, **kwargs)


def what_it_holds(wall: Wall) -> dict[str, float]:
    """Readers, groups, coroutines and descriptors; those of the question itself are always among them."""
    figures = wall.metrics()
    names = ["eyewall_connections", "eyewall_filters", "eyewall_groups", "eyewall_catching_up"]
    return {name: figures[name] for name in [*names, "eyewall_tasks", "process_open_fds"]}


async def what_it_holds_at_rest(wall: Wall) -> dict[str, float]:
    """Wait until all leaving clients are gone: several looks in a row show the same."""
    looks: list[dict[str, float]] = []

    def is_at_rest() -> bool:
        looks.append(what_it_holds(wall))
        return len(looks) >= LOOKS and all(look == looks[-1] for look in looks[-LOOKS:])

    await until(is_at_rest, 40)
    return looks[-1]


async def is_back_at(wall: Wall, before: dict[str, float]) -> None:
    """A client that left is removed within 15 s, Tornado's timeout for a silent client."""
    now: dict[str, float] = {}

    def is_back() -> bool:
        now.update(what_it_holds(wall))
        return now == before

    with contextlib.suppress(TimeoutError):
        await until(is_back, 40)
    assert now == before


async def while_running(task: Coroutine[Any, Any, None], work: Awaitable[None]) -> None:
    """Do the work beside an endless task. The task's failure fails the test."""
    beside = asyncio.ensure_future(task)
    await work
    assert not beside.done(), beside.result()
    beside.cancel()


@pytest.mark.gen_test
async def test_nothing_is_left_of_1000_clients_that_leave_in_every_way(
    start_wall: StartWall, open_reader: OpenReader
) -> None:
    """Registry, groups, coroutines and descriptors return to their values; readers that stayed missed nothing."""
    wall = start_wall("server: {max_connections_per_address: 2000}")
    await in_thread(wall.publish_lines, ["something to replay " * 20] * 2000, "churn")
    witness = await open_reader(wall)
    await witness.opened()
    await all_of_them(wall, ACTS)  # So that what is made once is there.
    await until(lambda: what_it_holds(wall)["eyewall_connections"] == 1)
    before = await what_it_holds_at_rest(wall)

    acts = [random.choice(ACTS) for _ in range(CLIENTS)]
    await while_running(keep_publishing(wall), all_of_them(wall, acts))

    await is_back_at(wall, before)
    assert witness.seqs == list(range(witness.seqs[0], witness.seqs[0] + len(witness.seqs)))
    assert not witness.has_ended
