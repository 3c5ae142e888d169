"""Reads answers and event streams of the server.

Answers are parsed by the standard library, so that ours is not measured by itself.
"""

import asyncio
import http.client
import io
import json
import socket
import struct
from contextlib import suppress
from email.message import Message as Headers
from typing import Any, Final

RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST.


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, raw: bytes, method: str = "GET") -> None:
        class Source:  # The part of a socket that HTTPResponse uses.
            def makefile(self, _mode: str) -> io.BytesIO:
                return io.BytesIO(raw)

        response = http.client.HTTPResponse(Source(), method=method)  # type: ignore[arg-type]  # see above
        response.begin()
        self.status = response.status
        self.headers: Headers = response.headers
        self.body = response.read()

    @classmethod
    async def read(cls, reader: asyncio.StreamReader, method: str = "GET") -> "Answer":
        """Read the next answer; the connection may stay open."""
        raw = await reader.readuntil(b"\r\n\r\n")
        answer = cls(raw, "HEAD")
        if method == "HEAD" or answer.status in (204, 304):
            return answer
        if answer.headers["Transfer-Encoding"] == "chunked":
            size = -1
            while size:
                line = await reader.readuntil(b"\r\n")
                size = int(line, 16)
                raw += line + await reader.readexactly(size + 2)
        elif length := answer.headers["Content-Length"]:
            raw += await reader.readexactly(int(length))
        else:
            raw += await reader.read(-1)
        return cls(raw)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]


class Stream:
    """An open event stream. Events are (name, data)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.status = 0
        self.headers = Headers()
        self.head = b""
        self.events: list[tuple[str, Any]] = []
        self.reader = reader
        self.writer = writer
        self.ended = False
        self.terminated = False  # By the last chunk.
        self.retry = 0
        self.cursor = ""  # The last id received, of a message or a heartbeat.
        self._text = b""

    async def open(self) -> None:
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        line, _, fields = self.head.partition(b"\r\n")
        self.status = int(line.split()[1])
        self.headers = http.client.parse_headers(io.BytesIO(fields))

    async def event(self, name: str) -> Any:
        """Return the data of the next event of that name; `events` keeps all before it."""
        seen = len(self.events)
        while True:
            for known, data in self.events[seen:]:
                seen += 1
                if known == name:
                    return data
            if self.ended:
                raise EOFError(f"the stream ended without {name}: {self.events[-3:]}")
            await self._read()

    async def messages(self, count: int) -> list[str]:
        """Wait for a number of messages and return all texts."""
        while len(self.texts) < count:
            await self.event("message")
        return self.texts

    async def end(self) -> None:
        """Read until the server closes."""
        while not self.ended:
            await self._read()

    @property
    def texts(self) -> list[str]:
        return [data["message"] for name, data in self.events if name == "message"]

    @property
    def ids(self) -> list[str]:
        return [data["id"] for name, data in self.events if name == "message"]

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    def reset(self) -> None:
        """Close with RST."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
        self.writer.transport.abort()

    async def _read(self) -> None:
        try:
            if self.headers.get("Transfer-Encoding") == "chunked":
                size = int((await self.reader.readuntil(b"\r\n"))[:-2], 16)
                data = (await self.reader.readexactly(size + 2))[:-2]
                self.terminated = self.ended = size == 0
            else:
                data = await self.reader.read(1 << 16)
                self.ended = not data
        except (asyncio.IncompleteReadError, ConnectionResetError):
            self.ended = True
            return
        *blocks, self._text = (self._text + data).split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n"))
            self.retry = int(fields.get("retry", self.retry))
            if "data" in fields:
                event = json.loads(fields["data"])
                name = fields.get("event", "message")
                assert fields.get("id") == event.get("id") or name == "heartbeat"
                self.events.append((name, event))
                self.cursor = fields.get("id", self.cursor)
