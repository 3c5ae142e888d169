"""A server on a real socket, inside the test's own process, and raw connections to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tornado.ioloop import IOLoop

from handlers.bind import bind
from handlers.listen import Acceptor
from hub.config import Config
from server import Eyewall
from tests.handlers.wire import Answer, Stream

PATIENCE_SECONDS: Final = 60  # For an answer, on a busy machine.


class Site:
    """A server, and a client for it."""

    def __init__(self, wall: Eyewall, acceptor: Acceptor, port: int) -> None:
        self.wall = wall
        self.acceptor = acceptor
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []
        self.always: dict[str, str] = {}  # Headers of every request.

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def raw(self, *pieces: bytes) -> bytes:
        """Send bytes and return the answer, up to the server's close. Raises TimeoutError."""
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
        """Send one request on a new connection."""
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
        """Return a request's header without the fields that are None."""
        fields: dict[str, str | None] = {"Host": f"127.0.0.1:{self.port}", **self.always}
        if length or method in ("POST", "PUT", "PATCH"):
            fields["Content-Length"] = str(length)
        fields |= headers or {}
        lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    async def get(self, path: str, headers: Mapping[str, str | None] | None = None) -> Answer:
        return await self.request("GET", path, headers=headers)

    async def post(self, path: str, body: bytes | str, content_type: str = "", **headers: str) -> Answer:
        """Publish by POST. `headers` are keywords: x_level="error"."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.request("POST", path, body, fields | ({"Content-Type": content_type} if content_type else {}))

    async def say(self, *texts: str, topic: str = "demo", level: str = "info") -> list[str]:
        """Publish texts and return their ids."""
        answers = [await self.post(f"/topics/{topic}?level={level}", text) for text in texts]
        assert all(answer.status == 201 for answer in answers)
        return [str(answer.json["id"]) for answer in answers]

    async def open_stream(
        self, path: str = "/events", headers: Mapping[str, str | None] | None = None, version: str = "1.1"
    ) -> Stream:
        """Open a stream and wait for its opening events."""
        reader, writer = await self.connect()
        head = self.head("GET", path, headers=headers)
        writer.write(head.replace(b"HTTP/1.1", f"HTTP/{version}".encode(), 1))
        stream = Stream(reader, writer)
        await stream.open()
        if stream.status == 200:
            await stream.event("connections")
        return stream


class Upload:
    """A request with a chunked body that a test sends in pieces."""

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
        """Return the answer, which may come before the end of the body."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await Answer.read(self.reader)


@asynccontextmanager
async def site_of(config: Config, folder: Path, **options: Any) -> AsyncIterator[Site]:
    """Serve as server.py does, without signals and sources. `options` are those of `Eyewall.acceptor`."""
    wall = Eyewall(config, folder, IOLoop.current())
    await wall.log.start([wall.hub.deliver])
    wall.hub.start()
    sockets, acceptor = bind(config.server), wall.acceptor(**options)
    acceptor.listen(sockets)
    site = Site(wall, acceptor, sockets[0].getsockname()[1])
    try:
        yield site
    finally:
        await site.close()
        await acceptor.stop()
        wall.hub.stop()
        await wall.log.stop()
