"""A subscriber on a bare socket, which forgives nothing: framing, whole blocks and fields are checked as they come."""

import asyncio
import contextlib
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from tests.waiting import until
from tests.wall import Wall

RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST.


@dataclass(frozen=True, slots=True)
class Event:
    """One block. `id` is "" where a block has none; `data` one line of JSON."""

    name: str
    id: str
    data: str
    at: float  # When it was read here; seconds on the monotonic clock.

    @property
    def json(self) -> dict[str, Any]:
        value = json.loads(self.data)
        assert isinstance(value, dict)
        return value


class Dechunked:
    """Takes the chunks of an HTTP/1.1 body apart. `ended` when the last one was an end in order."""

    def __init__(self) -> None:
        self.ended = False
        self._left = b""

    def feed(self, data: bytes) -> bytes:
        """The content of the chunks that are whole by now. Raises AssertionError for a broken frame."""
        self._left += data
        found, at = [], 0
        while not self.ended and (line := self._left.find(b"\r\n", at)) >= 0:
            size = int(self._left[at:line], 16)
            end = line + 2 + size
            if len(self._left) < end + 2:
                break
            assert self._left[end : end + 2] == b"\r\n", f"no end of chunk at {self._left[end : end + 9]!r}"
            found.append(self._left[line + 2 : end])
            self.ended, at = not size, end + 2
        self._left = self._left[at:]
        assert not (self.ended and self._left), f"bytes behind the end: {self._left[:99]!r}"
        return b"".join(found)


class Blocks:
    """Takes an event stream apart (WHATWG HTML, "Interpreting an event stream"), but only as we write it."""

    def __init__(self) -> None:
        self.retry: list[int] = []
        self.left = b""

    def feed(self, data: bytes) -> list[Event]:
        """The blocks that are whole by now. Raises AssertionError for one that we would not write."""
        *whole, self.left = (self.left + data).split(b"\n\n")
        return [self._read(block) for block in whole]

    def _read(self, block: bytes) -> Event:
        fields: dict[str, str] = {}
        for line in block.decode().split("\n"):
            name, colon, value = line.partition(": ")
            assert name + colon in ("id: ", "event: ", "data: ", "retry: "), f"unknown line {line[:99]!r}"
            assert name not in fields, f"{name} twice in {block[:200]!r}"
            assert "\r" not in value, f"a line end in {line[:99]!r}"
            fields[name] = value
        if "retry" in fields:
            self.retry.append(int(fields["retry"]))
        # Some clients take a block without data for a message without text.
        assert fields.get("data"), f"a block without data: {block[:200]!r}"
        return Event(fields.get("event", "message"), fields.get("id", ""), fields["data"], time.monotonic())


class Reader:
    """One stream, read in the background from `open` until `close` or `reset`, or until the server ends it."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], *, chunked: bool) -> None:
        self.events: list[Event] = []  # All but the messages.
        self.messages: list[Event] = []
        self.blocks = Blocks()
        self.bytes = 0
        self.was_reset = False
        self._frames = Dechunked() if chunked else None
        self._reader, self._writer = streams
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._task = asyncio.ensure_future(self._read())

    @classmethod
    async def open(
        cls,
        wall: Wall,
        path: str = "/events",
        *,
        headers: Sequence[str] = (),
        version: str = "1.1",
        receive_bytes: int | None = None,
    ) -> Self:
        """Returns when the stream's headers are in. `receive_bytes` is the size of the kernel's buffer."""
        own = socket.socket()
        if receive_bytes is not None:  # Only before connect() does it bound the window.
            own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        own.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(own, (wall.host, wall.port))
        except OSError:
            own.close()
            raise
        streams = await asyncio.open_connection(sock=own)
        lines = [f"GET {path} HTTP/{version}", f"Host: {wall.host}:{wall.port}", *headers, "", ""]
        streams[1].write("\r\n".join(lines).encode())
        try:
            head = (await streams[0].readuntil(b"\r\n\r\n")).decode("latin-1")
        except (OSError, asyncio.IncompleteReadError):
            streams[1].close()
            raise
        assert " 200 " in head.partition("\r\n")[0], head + str(await streams[0].read(1000))
        assert "text/event-stream" in head, head
        return cls(streams, chunked="transfer-encoding: chunked" in head.lower())

    @property
    def seqs(self) -> list[int]:
        """Of every message, in the order in which they came."""
        return [int(message.id.partition("-")[2]) for message in self.messages]

    @property
    def last_seq(self) -> int:
        return int(self.messages[-1].id.partition("-")[2])

    @property
    def id(self) -> str:
        """What the server calls this connection; the first heartbeat says it. Raises StopIteration before that."""
        return next(str(event.json["connection"]) for event in self.events if event.name == "heartbeat")

    @property
    def has_ended(self) -> bool:
        return self._task.done()

    @property
    def ended_in_order(self) -> bool:
        """The body's end was announced, and no block was left half."""
        return self.has_ended and not self.was_reset and self._is_whole

    @property
    def _is_whole(self) -> bool:
        return (self._frames is None or self._frames.ended) and not self.blocks.left

    def named(self, name: str) -> list[dict[str, Any]]:
        """The data of all control events of this name."""
        return [event.json for event in self.events if event.name == name]

    def stop_reading(self) -> None:
        """Leave everything in the kernel, as a browser on a sleeping machine does."""
        self._may_read.clear()

    def go_on_reading(self) -> None:
        self._may_read.set()

    async def opened(self) -> None:
        """The server's first words are in: from here on nothing is missed."""
        await until(lambda: self.named("connections"), 60)

    async def close(self) -> None:
        """FIN. Harmless when it has ended."""
        await self._finish()
        self._writer.close()

    async def reset(self) -> None:
        """RST. Harmless when it has ended."""
        await self._finish()
        own = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._writer.transport.abort()

    async def ended(self, seconds: float = 90) -> None:
        """Wait for the server to hang up; raises what was wrong with what it sent."""
        await asyncio.wait_for(asyncio.shield(self._task), seconds)
        self._writer.close()

    async def _finish(self) -> None:
        if self._task.done() and not self._task.cancelled():
            self._task.result()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _read(self) -> None:
        try:
            while True:
                await self._may_read.wait()
                if not (data := await self._reader.read(1 << 18)):
                    return
                self.bytes += len(data)
                body = self._frames.feed(data) if self._frames is not None else data
                for event in self.blocks.feed(body):
                    (self.messages if event.name == "message" else self.events).append(event)
        except ConnectionError:
            self.was_reset = True


OpenReader = Callable[..., Awaitable[Reader]]
"""Takes the arguments of Reader.open. Readers still connected at the end of the test are closed."""
