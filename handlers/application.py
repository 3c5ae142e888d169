"""Tornado's tier: the Application with its access log, and the connections that the acceptor passes on."""

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters, HTTP1ServerConnection
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError
from tornado.log import gen_log
from tornado.web import Application, RequestHandler

from handlers.base import BaseHandler, NotFoundHandler, error_code, raw_error_response
from handlers.forwarded import client_address, is_trusted
from handlers.publish import PublishHandler
from handlers.refusals import Refusals
from hub.config.live import LiveConfig
from hub.delivery.limits import Slot
from hub.errors import Overloaded, TooLarge

logger = logging.getLogger("eyewall.http")

_ABSOLUTE: Final = re.compile(r"(?i:http)://([^/?#]+)(.*)")
MAX_HEAD_BYTES: Final = 16 << 10  # Of a request's header, in both tiers. More is answered 431.
# Tornado's defaults: 3600 s for a header, no time limit for a body, 100 MB of it.
TORNADO_LIMITS: Final[dict[str, Any]] = {
    "header_timeout": 15,  # Seconds; also between two requests.
    "body_timeout": 15,  # Seconds.
    "max_header_size": 64 << 10,  # Larger headers are closed without an answer; HeaderSizeLimit answers smaller ones.
    "max_body_size": 64 << 10,  # Of a body that no handler reads. Publishing handlers count their own bodies.
}


@dataclass(slots=True)
class Peer:
    """The client of a connection. HTTPServerRequest takes `remote_ip` and `protocol` from it."""

    address: str  # Of the socket.
    remote_ip: str  # Of the request's client: differs from `address` behind a trusted proxy.
    slot: Slot  # Of the connection.
    protocol: str = "http"

    def __str__(self) -> str:
        return self.remote_ip


class TornadoTier(HTTPServerConnectionDelegate):
    """Serves connections with Tornado's HTTP/1.1. Releases each one's slot at its end."""

    def __init__(self, app: Application, live: LiveConfig, refusals: Refusals, **tornado_limits: Any) -> None:
        self.refusals = refusals
        self._app = app
        self._live = live
        self._parameters = HTTP1ConnectionParameters(**(TORNADO_LIMITS | tornado_limits))
        gen_log.addFilter(refusals.take_malformed)
        self._connections: dict[HTTP1ServerConnection, Peer] = {}
        # Connections with a request that is not answered yet; False before its header has been read.
        self._answering: dict[object, bool] = {}

    @property
    def count(self) -> int:
        return len(self._connections)

    @property
    def is_answering(self) -> bool:
        return bool(self._answering)

    def serve(self, stream: IOStream, peer: Peer) -> None:
        """Take over a connection with its slot. Its next request is unread."""
        connection = HTTP1ServerConnection(stream, self._parameters, peer)
        self._connections[connection] = peer
        connection.start_serving(self)
        self._answering[connection] = False

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        if self._answering.get(server_conn):  # Its previous request is answered.
            del self._answering[server_conn]
        begin = partial(self._answering.__setitem__, server_conn, True)
        return HeaderCheck(self, self._app.start_request(server_conn, request_conn), request_conn, begin)

    def on_close(self, server_conn: Any) -> None:
        """Called at the end of each connection, and when a handler has detached it."""
        self._answering.pop(server_conn, None)
        self._connections.pop(server_conn).slot.release()

    async def close_all(self) -> None:
        while self._connections:
            await next(iter(self._connections)).close()
        gen_log.removeFilter(self.refusals.take_malformed)

    def check(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders, peer: Peer) -> None:
        """Refuse a header that is too large, and a client over its limit. Sets the client's address.

        Raises TooLarge or TooManyConnections.
        """
        size = sum(len(str(part)) for part in start_line)
        size += sum(len(name) + len(value) + len(": \r\n") for name, value in headers.get_all())
        if size > MAX_HEAD_BYTES:
            hint = "send fewer or smaller cookies, or a shorter query"
            raise TooLarge("header", f"over the limit of {MAX_HEAD_BYTES:,} bytes", hint=hint)
        networks = self._live.current.server.trusted_proxies
        if is_trusted(peer.address, networks):
            peer.remote_ip = client_address(peer.address, headers, networks)
            if peer.remote_ip != peer.address:
                peer.slot.move(peer.remote_ip)


class HeaderCheck(HTTPMessageDelegate):
    """Answers a request that `TornadoTier.check` refuses, without a handler."""

    def __init__(
        self, tier: TornadoTier, inner: HTTPMessageDelegate, connection: HTTP1Connection, begin: Callable[[], None]
    ) -> None:
        self._tier = tier
        self._inner = inner
        self._connection = connection
        self._begin = begin

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        if self._connection.stream.closed():
            # Tornado still reads its buffer. Nothing is started on a closing connection (RFC 9112, section 9.6).
            self._connection.detach()
            return None
        start_line = _origin_form(start_line, headers)
        try:
            self._tier.check(start_line, headers, self._connection.context)  # type: ignore[arg-type]  # see `serve`
        except (TooLarge, Overloaded) as error:
            self._tier.refusals.counts[error_code(error)] += 1
            stream = self._connection.detach()
            status = 431 if isinstance(error, TooLarge) else 0
            with contextlib.suppress(StreamClosedError):
                stream.write(raw_error_response(error, ("Connection", "close"), status=status))
            stream.close()
            return None
        self._begin()
        return self._inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._inner.on_connection_close()


def _origin_form(
    start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
) -> RequestStartLine | ResponseStartLine:
    """Return an absolute-form target as a path; its host replaces the Host header (RFC 9112, section 3.2.2)."""
    if isinstance(start_line, RequestStartLine) and (found := _ABSOLUTE.fullmatch(start_line.path)):
        headers["Host"] = found[1]
        return start_line._replace(path=found[2] if found[2].startswith("/") else f"/{found[2]}")
    return start_line


def application(
    routes: list[tuple[str, type, dict[str, Any]]], live: LiveConfig, templates: str, refusals: Refusals
) -> Application:
    def log_handler(handler: RequestHandler) -> None:
        request, status = handler.request, handler.get_status()
        error = handler.error if isinstance(handler, BaseHandler) else None
        if error is not None:
            refusals.counts[error["code"]] += 1
        reason = error["message"] if error is not None else ""
        refusals.log_request(status, request.method, request.path, request.request_time(), reason=reason)
        if isinstance(handler, PublishHandler) and handler.refused_count:
            refusals.count_messages(request.remote_ip or "", handler.refused_count, handler.refused_reason)

    return Application(
        routes,
        default_handler_class=NotFoundHandler,
        default_handler_args={"live": live},
        template_path=templates,
        cross_origin_protection=True,
        log_function=log_handler,
    )
