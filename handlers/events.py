"""GET /events: opens a stream. After `hub.attach` the hub owns the connection and its socket."""

import logging
import sys
from typing import Final

from tornado.iostream import StreamClosedError

from handlers.base import BaseHandler
from handlers.params import StreamRequest
from hub.delivery.connection import Connection
from hub.delivery.cursor import Position, find
from hub.hub import Hub
from hub.log.protocol import Log

MAX_CLIENT_CHARACTERS: Final = 200
STREAM_HEADERS: Final = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store, no-transform"),  # no-transform: proxies must not compress the stream.
    ("X-Accel-Buffering", "no"),  # nginx would hold back all events to the end.
    ("Incremental", "?1"),  # RFC 10036, the same for all proxies.
)


def open_stream(
    hub: Hub,
    asked: StreamRequest,
    position: Position,
    *,
    address: str,
    user_agent: str,
    chunked: bool = True,
    head: bytes = b"",
) -> Connection:
    """Register a reader, in both tiers. `head` is sent before its first event. Raises Overloaded.

    The caller calls `hub.disconnect`, or gives the socket to `hub.attach`.
    """
    return hub.connect(
        asked.filter,
        address=sys.intern(address),  # Behind a proxy, or on one host, thousands of readers share it.
        client=_printable(user_agent),
        chunked=chunked,
        position=position,
        head=head,
    )


class EventsHandler(BaseHandler):
    """`topic` (globs, repeatable), `level`, `q`; starts at a last event id, `since` or `last` (handlers/params.py)."""

    hub: Hub
    log: Log
    connection: Connection | None = None

    async def head(self, *_: str) -> None:
        """Answer as GET, without a stream: a page learns here why its EventSource was refused."""
        await self._position(self._asked())
        self.hub.registry.limits.check(self.request.remote_ip or "")
        self._set_stream_headers()

    async def get(self) -> None:
        asked = self._asked()
        position = await self._position(asked)
        # Registered before the flush: a client that disconnects during it is found and removed.
        connection = self.connection = open_stream(
            self.hub,
            asked,
            position,
            address=self.request.remote_ip or "",
            user_agent=self.request.headers.get("User-Agent", ""),
            chunked=self.request.version == "HTTP/1.1",
        )
        self._set_stream_headers()
        try:
            await self.flush()  # From here on an error cannot change the status: it becomes an event.
            self.hub.attach(connection, self.detach())
        except StreamClosedError:
            self.hub.disconnect(connection)
        except OSError as error:  # No free descriptor: the hand-over needs two for a moment.
            self.hub.cut_lines.write(logging.ERROR, f"cannot keep the stream of {connection.address}: {error}")
            self.hub.disconnect(connection)

    def on_connection_close(self) -> None:
        """Clean up before `hub.attach`. Afterwards the hub's epoll calls `hub.disconnect`."""
        if self.connection is not None:
            self.hub.disconnect(self.connection)

    def _asked(self) -> StreamRequest:
        self.check_site()
        return StreamRequest.parse(self.request.query_arguments, self.request.headers.get("Last-Event-ID"))

    async def _position(self, asked: StreamRequest) -> Position:
        position = asked.position(self.log)
        return await find(asked.since or 0, self.log) if position is None else position

    def _set_stream_headers(self) -> None:
        for name, value in STREAM_HEADERS:
            self.set_header(name, value)


def _printable(text: str) -> str:
    """Return a User-Agent fit for a list and a log line. Interned: most readers share one."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return sys.intern(text[:MAX_CLIENT_CHARACTERS])
