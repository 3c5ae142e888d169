"""Readers at the other end of real sockets, and a hub that they read from.

A socket pair replaces a connection after its response headers: that is where the hub begins.
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
from hub.delivery.settings import Settings
from hub.filter import Filter
from hub.hub import Hub
from hub.log.protocol import parse_id
from tests.hub.memory_log import MemoryLog
from tests.hub.parts import EPOCH
from tests.waiting import until

Event = tuple[str, Any]


class Reader:
    """One client and the events that it has received. It reads only when a test calls `read`."""

    def __init__(self, own: socket.socket, connection: Connection) -> None:
        self.connection = connection
        self.events: list[Event] = []  # Name and data; a message's data is its id.
        self.cursor = ""  # The last id received, of a message or a heartbeat.
        self.ended = False  # The server closed the connection,
        self.was_reset = False  # … with RST, or in the middle of a chunk,
        self.terminated = False  # … or after the last chunk.
        self._socket = own
        self._raw = b""
        self._text = b""

    @property
    def seqs(self) -> list[int]:
        """Seqs of the messages received."""
        parsed = [parse_id(data) for name, data in self.events if name == "message"]
        return [an_id[1] for an_id in parsed if an_id is not None and an_id[0] == EPOCH]

    def named(self, name: str) -> list[Any]:
        return [data for known, data in self.events if known == name]

    def read(self, at_most: int = 1 << 30) -> None:
        """Read the bytes that have arrived, at most this many."""
        while at_most > 0 and not self.ended:
            try:
                data = self._socket.recv(min(at_most, 1 << 16))
            except BlockingIOError:
                return
            except ConnectionResetError:
                data, self.was_reset = b"", True
            at_most -= len(data)
            self.ended = not data
            self._feed(data)

    def has_read(self) -> bool:
        """Read, inside a condition. Always true."""
        self.read()
        return True

    def disconnect(self) -> None:
        """Idempotent."""
        self._socket.close()
        self.ended = True

    def _feed(self, data: bytes) -> None:
        self._raw += data
        if self.connection.key.chunked:
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
        self.was_reset = self.was_reset or (self.ended and bool(self._raw))
        *blocks, self._text = self._text.split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
            self.cursor = fields.get("id", self.cursor)
            if "event" in fields:
                assert "id" not in fields or fields["event"] == "heartbeat"
                self.events.append((fields["event"], json.loads(fields["data"])))
            elif "id" in fields:
                assert json.loads(fields["data"])["id"] == fields["id"]
                self.events.append(("message", fields["id"]))
            else:
                assert "retry" in fields, block


class Audience:
    """A hub, its log, and every reader that has joined."""

    def __init__(self, log: MemoryLog, tuning: dict[str, Any], **stream: float) -> None:
        self.log = log
        self.registry = Registry(ServerConfig())
        self.settings = Settings(StreamConfig.model_validate(stream), **tuning)
        self.hub = Hub(log, self.registry, self.settings, version="1", clock=lambda: 0.0, io_loop=IOLoop.current())
        self.readers: list[Reader] = []
        log.subscribers = [self.hub.deliver]

    def join(self, filter_: Filter | None = None, *, chunked: bool = True, **where: Any) -> Reader:
        """Connect a reader. `after` is a Last-Event-ID, `last` a number of messages, `buffer` a size in bytes."""
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
            filter_ or Filter.parse(),
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
        """All readers read until every connection is live and no bytes are queued."""

        def settled() -> bool:
            self.read_all()
            idle = self.hub.fan_out.is_idle and self.hub.fan_out.flushed == self.log.head
            return idle and all(connection.is_live for connection in self.registry)

        await until(settled)
        self.read_all()

    async def silence(self) -> None:
        """Settle, then wait until the next message is flushed at once."""
        await self.settle()
        await until(lambda: self.hub.fan_out.is_asleep)

    def close(self) -> None:
        self.hub.stop()
        for reader in self.readers:
            reader.disconnect()


@contextmanager
def audience_of(
    log: MemoryLog | None = None, *, tuning: dict[str, Any] | None = None, **stream: float
) -> Iterator[Audience]:
    """Yield a hub on the loop of the gen_test. `tuning` replaces tuning constants of Settings."""
    audience = Audience(log or MemoryLog(), tuning or {}, **stream)
    try:
        yield audience
    finally:
        audience.close()
