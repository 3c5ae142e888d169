"""A server on a real socket, inside the test's own process, and raw connections to it.

Requests are written byte by byte as the test wants them; answers are parsed by the standard library.
"""

import asyncio
import http.client
import io
import json
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from email.message import Message as Headers
from pathlib import Path
from typing import Any, Final

from tornado.ioloop import IOLoop

from handlers.front import Door, listen
from hub.config import Config
from server import Eyewall

PATIENCE_SECONDS: Final = 20  # For an answer, on a machine that is busy with other things.
CUT: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST.


class Answer:
    """Status, headers and body of one answer."""

    def __init__(self, raw: bytes, method: str = "GET") -> None:
        class Source:  # All that HTTPResponse wants of a socket.
            def makefile(self, _mode: str) -> io.BytesIO:
                return io.BytesIO(raw)

        response = http.client.HTTPResponse(Source(), method=method)  # type: ignore[arg-type]  # see above
        response.begin()
        self.status = response.status
        self.headers: Headers = response.headers
        self.body = response.read()

    @classmethod
    async def read(cls, reader: asyncio.StreamReader, method: str = "GET") -> "Answer":
        """The next answer on a connection that may stay open."""
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
    """An open event stream. Events are (name, data); a message's data is what it says of itself."""

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
        self._text = b""

    async def open(self) -> None:
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        line, _, fields = self.head.partition(b"\r\n")
        self.status = int(line.split()[1])
        self.headers = http.client.parse_headers(io.BytesIO(fields))

    async def event(self, name: str) -> Any:
        """The data of the next event of that name; all before it are in `events` too."""
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
        """The texts of all messages, as soon as there are so many."""
        while len(self.texts) < count:
            await self.event("message")
        return self.texts

    async def end(self) -> None:
        """Read until the server hangs up."""
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
        """Vanish with RST."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)
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
                assert fields.get("id") == event.get("id")
                self.events.append((fields.get("event", "message"), event))


class Site:
    """The server, and ways to talk to it."""

    def __init__(self, wall: Eyewall, door: Door, port: int) -> None:
        self.wall = wall
        self.door = door
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []
        self.always: dict[str, str] = {}  # Headers of every request.

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        """Hang up on the server, wherever a test has left off."""
        for writer in self._writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def raw(self, *pieces: bytes) -> bytes:
        """What comes back for these bytes, until the server hangs up. Raises TimeoutError when it does not."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await self.connect()
            received = b""
            with suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            with suppress(ConnectionError):
                while data := await reader.read(1 << 16):
                    received += data
            writer.close()
            return received

    async def request(
        self, method: str, path: str, body: bytes | str = b"", headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        content = body.encode() if isinstance(body, str) else body
        async with asyncio.timeout(PATIENCE_SECONDS):
            reader, writer = await self.connect()
            with suppress(ConnectionError):
                writer.write(self.head(method, path, len(content), headers) + content)
                await writer.drain()
            answer = await Answer.read(reader, method)
            writer.close()
            return answer

    def head(self, method: str, path: str, length: int = 0, headers: Mapping[str, str | None] | None = None) -> bytes:
        """A request's lines; a header that is None is left out."""
        fields: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", **self.always}
        if length or method in ("POST", "PUT", "PATCH"):
            fields["Content-Length"] = str(length)
        fields |= headers or {}
        said = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *said, "", ""]).encode("latin-1")

    async def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> Answer:
        return await self.request("GET", path, headers=headers)

    async def post(self, path: str, body: bytes | str, content_type: str = "", **headers: str) -> Answer:
        """`headers` as keywords: x_level="error"."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", path, body, fields | ({"Content-Type": content_type} if content_type else {}))

    async def say(self, *texts: str, topic: str = "demo", level: str = "info") -> list[str]:
        """Publish, and return the ids."""
        answers = [await self.post(f"/topics/{topic}?level={level}", text) for text in texts]
        assert all(answer.status == 201 for answer in answers)
        return [str(answer.json["id"]) for answer in answers]

    async def open_stream(
        self, path: str = "/events", headers: Mapping[str, str | None] | None = None, version: str = "1.1"
    ) -> Stream:
        """A stream whose opening events have come."""
        reader, writer = await self.connect()
        head = self.head("GET", path, headers=headers)
        writer.write(head.replace(b"HTTP/1.1", f"HTTP/{version}".encode(), 1))
        stream = Stream(reader, writer)
        await stream.open()
        if stream.status == 200:
            await stream.event("connections")
        return stream


class Upload:
    """A request whose body goes on for as long as the test wants."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, site: Site, path: str, method: str = "PUT", **headers: str) -> "Upload":
        reader, writer = await site.connect()
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        writer.write(site.head(method, path, headers={"Transfer-Encoding": "chunked", "Content-Length": None} | fields))
        return cls(reader, writer)

    async def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await self.writer.drain()

    async def finish(self) -> Answer:
        self.writer.write(b"0\r\n\r\n")
        return await self.answer()

    async def answer(self) -> Answer:
        """What the server says, whether we are finished or not."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await Answer.read(self.reader)


@asynccontextmanager
async def site_of(config: Config, folder: Path, **limits: Any) -> AsyncIterator[Site]:
    """As server.py makes it, without signals and sources."""
    wall = Eyewall(config, folder, IOLoop.current())
    await wall.log.start(wall.hub.deliver)
    wall.hub.start()
    door, port = listen(wall.front, config.server, lambda: wall.registry.count, **limits)
    site = Site(wall, door, port)
    try:
        yield site
    finally:
        await site.close()
        door.stop()
        await door.close_all_connections()
        wall.hub.stop()
        await wall.log.stop()
