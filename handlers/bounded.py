"""Answers of any size: a write timeout, and a reset where an answer is incomplete."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tornado.iostream import StreamClosedError

from handlers.base import BaseHandler
from hub.delivery.transports import RST_ON_CLOSE
from hub.history import History
from hub.hub import Hub


class BoundedAnswer(BaseHandler):
    """A GET that sends parts, each after the socket has taken the one before."""

    history: History
    hub: Hub

    async def send(self, part: bytes) -> None:
        """Wait until the socket has taken the part. Raises TimeoutError, StreamClosedError."""
        self.write(part)
        async with asyncio.timeout(self.history.limits.write_seconds):
            await self.flush()

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
