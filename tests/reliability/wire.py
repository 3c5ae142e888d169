"""A publisher's connection, kept alive, on which each request and its answer can be told apart from the next."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.wall import Wall


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]  # Names in lower case.
    body: bytes

    @property
    def json(self) -> Any:  # Whatever the server says.
        return json.loads(self.body)


class Wire:
    """Raises ConnectionError when the server goes away, in the middle of an answer too."""

    def __init__(self, wall: Wall, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self._host = f"{wall.host}:{wall.port}"
        self._reader, self._writer = streams

    @classmethod
    async def open(cls, wall: Wall) -> Self:
        return cls(wall, await asyncio.open_connection(wall.host, wall.port))

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        self._writer.write(head.encode() + body)
        return await self._answer()

    async def put(self, path: str, pieces: AsyncIterable[bytes]) -> Answer:
        """A body in pieces, each sent when it is there."""
        self._writer.write(f"PUT {path} HTTP/1.1\r\nHost: {self._host}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        async for piece in pieces:
            self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await self._writer.drain()
        self._writer.write(b"0\r\n\r\n")
        return await self._answer()

    async def close(self) -> None:
        """Harmless when the server has gone."""
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _answer(self) -> Answer:
        try:
            await self._writer.drain()
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = await self._reader.readexactly(int(headers["content-length"]))
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the server has gone") from error
        return Answer(int(status.split(" ")[1]), headers, body)


def seq_of(message_id: str) -> int:
    return int(message_id.partition("-")[2])
