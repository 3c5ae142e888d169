"""Answers of any size: a write timeout, and a reset where an answer is incomplete."""

import asyncio
import logging
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tornado.iostream import StreamClosedError

from handlers.base import JSON_TYPE, BaseHandler
from hub.delivery.transports import RST_ON_CLOSE
from hub.history import History
from hub.hub import Hub
from hub.json_text import encode


class Look(Protocol):
    """Something to be found in slices of time."""

    def part(self, connection: sqlite3.Connection) -> bool:
        """Take one slice, in a reader's thread. Return True at the end."""

    def as_json(self) -> dict[str, object]: ...


class BoundedAnswer(BaseHandler):
    """A GET that sends parts, each after the socket has taken the one before."""

    history: History
    hub: Hub

    async def send(self, part: bytes) -> None:
        """Wait until the socket has taken the part. Raises TimeoutError, StreamClosedError."""
        self.write(part)
        async with asyncio.timeout(self.history.limits.write_seconds):
            await self.flush()

    async def answer(self, look: Look) -> None:
        """Answer with what is found in `HistoryLimits.answer_seconds`."""
        with self.history.slot(self.history.limits.answers), self.ends_with_its_client():
            await self.history.look(look.part)
            body = encode(look.as_json()) + b"\n"
            self.set_header("Content-Type", JSON_TYPE)
            self.set_header("Content-Length", len(body))
            await self.send(body)

    @contextmanager
    def ends_with_its_client(self) -> Iterator[None]:
        """End quietly if the client disconnects or does not read. After any error, close with RST.

        After an orderly close an answer without a length would look complete.
        """
        try:
            yield
        except StreamClosedError:
            self._reset()
        except TimeoutError:
            line = f"disconnected {self.request.remote_ip}: write timeout in GET {self.request.path}"
            self.hub.cut_lines.write(logging.INFO, line)
            self._reset()
        except BaseException:
            if self._headers_written:
                self._reset()
            raise

    def _reset(self) -> None:
        stream = self.detach()
        if not stream.closed():
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            stream.close()
