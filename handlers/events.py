"""GET /events: a request becomes a Connection; from then on its bytes are the hub's."""

import asyncio
import logging
import re
import sys
import time
from typing import Final

from tornado.iostream import StreamClosedError

from handlers.base import BaseHandler
from handlers.params import wanted
from hub.config import ServerConfig
from hub.delivery.connection import Connection
from hub.delivery.cursor import Position, find, newest, resolve
from hub.errors import InvalidInput
from hub.hub import Hub
from hub.log.protocol import Log
from hub.timestamps import parse_time

logger = logging.getLogger("eyewall.http")

MAX_CLIENT_CHARACTERS: Final = 200


class EventsHandler(BaseHandler):
    """`topic` (globs, repeatable), `level`, `q`; from `Last-Event-ID`, `last_event_id`, `since` or the `last` N on."""

    def initialize(self, server: ServerConfig, hub: Hub, log: Log) -> None:  # type: ignore[override]  # each names what it uses
        super().initialize(server)
        self.hub = hub
        self.log = log
        self.connection: Connection | None = None

    async def head(self, *_: str) -> None:
        """What GET would answer, at once: a page learns here why its EventSource was refused."""
        wanted(self)
        await self._position()
        self.hub.registry.places.check(self.request.remote_ip or "")
        self._set_stream_headers()

    async def get(self) -> None:
        headers = self.request.headers
        position = await self._position()
        # Registered before the flush, so that a reader who leaves during it is found and removed.
        self.connection = self.hub.connect(
            wanted(self),
            address=sys.intern(self.request.remote_ip or ""),  # Behind a proxy, thousands have the same.
            client=_printable(headers.get("User-Agent", "")),
            chunked=self.request.version == "HTTP/1.1",
            position=position,
        )
        self._set_stream_headers()
        try:
            await self.flush()  # From here on no status can be sent: what goes wrong is an event.
            # What Tornado keeps of the request, 2 to 10 KB a reader, is dropped once this method has returned.
            asyncio.get_running_loop().call_soon(self._forget_request)
            self.hub.attach(self.connection, self.detach())
        except StreamClosedError:
            self.on_connection_close()  # What Tornado has called already, is about to call, or never will.
        except OSError as error:  # No descriptor left for the moment in which a socket has two.
            logger.error("cannot keep the stream of %s: %s", self.connection.address, error)
            self.on_connection_close()

    def on_connection_close(self) -> None:
        """The only clean-up. Tornado calls it before the hand-over, our selector after it."""
        if self.connection is not None:
            self.hub.disconnect(self.connection)  # Safe to call twice.
        # Tornado's own does nothing more for a GET.

    def _forget_request(self) -> None:
        hub, connection = self.hub, self.connection
        self.__dict__.clear()
        self.hub, self.connection = hub, connection

    async def _position(self) -> Position:
        """Where to begin: what the browser says of itself counts before what stands in the address."""
        last, since = self.get_query_argument("last", "0"), self.get_query_argument("since", None)
        if not re.fullmatch("[0-9]{1,9}", last):
            raise InvalidInput(
                "last", f"{last[:32]!r} is no number of messages", hint="use a whole number up to 999999999"
            )
        moment = None if since is None else parse_time(since, time.time(), field="since")
        # An empty one is what a client has that has seen no message yet.
        if last_event_id := self.request.headers.get("Last-Event-ID") or self.get_query_argument("last_event_id", ""):
            return resolve(last_event_id, self.log)
        return newest(int(last), self.log) if moment is None else await find(moment, self.log)

    def _set_stream_headers(self) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        self.set_header("Cache-Control", "no-store, no-transform")  # no-transform: nobody may gzip it on the way.
        self.set_header("X-Accel-Buffering", "no")  # nginx would hold every event back to the end.


def _printable(text: str) -> str:
    """A User-Agent fit for a list and a log line; most readers share one, so it is kept once."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return sys.intern(text[:MAX_CLIENT_CHARACTERS])
