"""Readers at the other end of real sockets, and a hub for them to read from.

A socket pair stands for a connection whose response headers are out: that is where the hub begins.
"""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from hub.config import ServerConfig, StreamConfig
from hub.delivery.connection import Connection
from hub.delivery.cursor import Position, newest, resolve
from hub.delivery.registry import Registry
from hub.filter import Filter
from hub.hub import Hub
from hub.log.protocol import parse_id
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH
from tests.waiting import until

Event = tuple[str, Any]


class Reader:
    """What one client sees: its events, in order. It reads only when it is told to."""

    def __init__(self, own: socket.socket, connection: Connection) -> None:
        self.connection = connection
        self.events: list[Event] = []  # Name and data; a message's data is its id.
        self.ended = False  # The server hung up.
        self.was_cut = False  # … with RST, or in the middle of a chunk.
        self.terminated = False  # … after the last chunk.
        self._socket = own
        self._raw = b""
        self._text = b""

    @property
    def seqs(self) -> list[int]:
        """Positions in the log of the messages that came."""
        parsed = [parse_id(data) for name, data in self.events if name == "message"]
        return [an_id[1] for an_id in parsed if an_id is not None and an_id[0] == EPOCH]

    def named(self, name: str) -> list[Any]:
        return [data for known, data in self.events if known == name]

    def read(self, at_most: int = 1 << 30) -> None:
        """Take what there is, and not more than that many bytes."""
        while at_most > 0 and not self.ended:
            try:
                data = self._socket.recv(min(at_most, 1 << 16))
            except BlockingIOError:
                return
            except ConnectionResetError:
                data, self.was_cut = b"", True
            at_most -= len(data)
            self.ended = not data
            self._feed(data)

    def has_read(self) -> bool:
        """Read what there is, in the middle of a condition."""
        self.read()
        return True

    def hang_up(self) -> None:
        """Twice is harmless."""
        self._socket.close()
        self.ended = True

    def _feed(self, data: bytes) -> None:
        self._raw += data
        if self.connection.chunked:
            while head := re.match(rb"([0-9a-f]+)\r\n", self._raw):
                size, start = int(head[1], 16), head.end()
                if len(self._raw) < start + size + 2:
                    break
                assert self._raw[start + size :][:2] == b"\r\n", "the framing is broken"
                self._text += self._raw[start : start + size]
                self._raw = self._raw[start + size + 2 :]
                self.terminated = size == 0
        else:
            self._text, self._raw = self._text + self._raw, b""
        self.was_cut = self.was_cut or (self.ended and bool(self._raw))
        *blocks, self._text = self._text.split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
            if "id" in fields:
                assert json.loads(fields["data"])["id"] == fields["id"]
                self.events.append(("message", fields["id"]))
            elif "event" in fields:
                self.events.append((fields["event"], json.loads(fields["data"])))
            else:
                assert "retry" in fields, block


class Audience:
    """A hub, its log, and everybody who has ever joined."""

    def __init__(self, log: MemoryLog, **stream: float) -> None:
        self.log = log
        self.registry = Registry(ServerConfig())
        config = StreamConfig.model_validate(stream)
        self.hub = Hub(log, self.registry, config, version="1", clock=lambda: 0.0, io_loop=IOLoop.current())
        self.readers: list[Reader] = []
        log.subscribers = [self.hub.deliver]

    def join(self, wanted: Filter | None = None, *, chunked: bool = True, **where: Any) -> Reader:
        """`after` is a Last-Event-ID, `last` a number of messages; `buffer` how many bytes the socket holds."""
        ours, theirs = socket.socketpair()
        if "buffer" in where:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, where["buffer"])
        theirs.setblocking(False)
        position: Position | None = None
        if "after" in where:
            position = resolve(where["after"], self.log)
        elif "last" in where:
            position = newest(where["last"], self.log)
        connection = self.hub.connect(
            wanted or Filter.parse(),
            address="10.0.0.1",
            client="test",
            chunked=chunked,
            position=position,
        )
        self.hub.attach(connection, IOStream(ours))
        reader = Reader(theirs, connection)
        self.readers.append(reader)
        return reader

    def read_all(self) -> None:
        for reader in self.readers:
            reader.read()

    async def settle(self) -> None:
        """Everybody reads until all who are connected are live and have nothing more to come."""

        def settled() -> bool:
            self.read_all()
            fan_out = self.hub._fan_out
            idle = fan_out.flushed == self.log.head and not any(fan_out._owing()) and fan_out._slices is None
            return idle and all(connection.is_live for connection in self.registry)

        await until(settled)
        self.read_all()

    async def silence(self) -> None:
        """Settled, and so long ago that the next message goes at once: no tick is due, and no flush rests."""
        await self.settle()
        fan_out = self.hub._fan_out
        await until(lambda: not fan_out._ticks.is_running() and fan_out._loop.time() >= fan_out._rest_until)

    def close(self) -> None:
        self.hub.stop()
        for reader in self.readers:
            reader.hang_up()


@contextmanager
def audience_of(log: MemoryLog | None = None, **stream: float) -> Iterator[Audience]:
    """To be used inside a gen_test, whose loop it takes."""
    audience = Audience(log or MemoryLog(), **stream)
    try:
        yield audience
    finally:
        audience.close()
