"""The front door: listening sockets, limits on who comes in, and which routes answer.

Owns everything about HTTP that stands before a handler.
"""

import errno
import logging
import resource
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate, HTTPServerConnectionDelegate
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from handlers.base import NotFoundHandler
from handlers.lane import Lane
from handlers.plain import Request
from handlers.refusal import Bounded
from handlers.shortcut import Shortcut
from hub.config import ServerConfig
from hub.delivery.limits import ConnectionLimits
from hub.delivery.transports import KERNEL_MS

logger = logging.getLogger("eyewall.http")

BACKLOG: Final = 4096  # 2,000 clients while the loop is busy for 1 s: worst connect 1.3 s instead of 9 (measured).
LEAST_DESCRIPTORS: Final = 100
SPARE_DESCRIPTORS: Final = 64  # For listening, the log, and the moment in which a socket has two.

# Tornado's own are not safe: 3600 s for a header, none for a body, 100 MB of it.
LIMITS: Final[dict[str, float]] = {
    "idle_connection_timeout": 15,
    "body_timeout": 15,
    "max_header_size": 64 << 10,  # What is beyond it is not answered; what is over our own limit is, in refusal.py.
    "max_body_size": 64 << 10,  # Only for bodies that nobody reads: publishers' are counted by their handler.
}

# Inherited by every accepted socket. Keepalive finds peers that vanished while idle, USER_TIMEOUT while
# data is in flight: each alone misses the other's case (measured). The low mark bounds what the kernel
# keeps for a reader who has stopped reading: 0.26 MB instead of 3.8.
LISTENER_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, KERNEL_MS),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5),  # Not accepted before it says something, or for 5 s.
    (socket.IPPROTO_TCP, getattr(socket, "TCP_NOTSENT_LOWAT", 25), 128 << 10),
)


ANOTHER_ADDRESS: Final = (
    "set server.address to an address of this machine, such as 127.0.0.1, or to 0.0.0.0 for every network"
)
MENDED_BY: Final[dict[int | None, str]] = {
    errno.EADDRINUSE: "choose another with --port or server.port",
    errno.EACCES: "choose one from 1024 on with --port or server.port, or give the process CAP_NET_BIND_SERVICE",
}


class CannotListen(Exception):
    """The address is taken, forbidden, or none of this machine's; or there are too few descriptors."""


class Front(HTTPServerConnectionDelegate):
    """What the HTTP server asks for each request; `app` and `shortcut` may be replaced between two of them."""

    app: Application
    shortcut: Shortcut

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        return self.app.start_request(server_conn, request_conn)

    def answer(self, request: Request) -> Awaitable[bytes] | None:
        """The whole answer to come, for what needs no handler."""
        return self.shortcut(request)


class Door(HTTPServer):
    """Tornado's server, with a fast lane before it; `places` counts who is on either side."""

    lane: Lane
    places: ConnectionLimits

    @property
    def open(self) -> int:
        return self.places.count + self.lane.newcomers

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        return Bounded(super().start_request(server_conn, request_conn), request_conn)

    def on_close(self, server_conn: Any) -> None:
        """Also for a stream that a handler detached."""
        self.places.leave(server_conn.context.remote_ip)
        super().on_close(server_conn)

    def stop(self) -> None:
        """Nobody new. Safe to call twice."""
        self.lane.stop_accepting()

    async def close_all_connections(self) -> None:
        self.lane.stop()
        await super().close_all_connections()


def listen(
    front: Front, config: ServerConfig, places: ConnectionLimits, readers: Callable[[], int], **limits: float
) -> tuple[Door, int]:
    """Start to accept; returns the server and its port. `readers` says how many sockets the hub holds.

    `limits` are HTTPServer's, in place of LIMITS. Raises CannotListen.
    """
    door = Door(front, **(LIMITS | limits))
    door.places = places
    try:
        sockets = bind_sockets(config.port, config.address, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no DNS could hold.
        where = f"[{config.address}]" if ":" in config.address else config.address
        why = error.strerror if isinstance(error, OSError) else "no such name"
        mend = MENDED_BY.get(getattr(error, "errno", None), ANOTHER_ADDRESS)
        raise CannotListen(f"cannot listen on {where}:{config.port}: {why}; {mend}") from None
    for listening in sockets:
        for level, option, value in LISTENER_OPTIONS:
            listening.setsockopt(level, option, value)
    descriptors = raise_descriptor_limit() - SPARE_DESCRIPTORS
    # The newest is turned away while descriptors are short, before accept() fails in a busy loop.
    door.lane = Lane(
        front,
        IOLoop.current(),
        answer=front.answer,
        hand_off=door.handle_stream,
        places=places,
        room=lambda: descriptors - readers() - door.open,
        idle_seconds=(LIMITS | limits)["idle_connection_timeout"],
    )
    door.lane.add_sockets(sockets)
    return door, int(sockets[0].getsockname()[1])


def application(routes: list[tuple[str, type, dict[str, Any]]], config: ServerConfig, templates: str) -> Application:
    """The routes with Tornado's settings around them."""
    return Application(
        routes,
        default_handler_class=NotFoundHandler,
        default_handler_args={"server": config},
        template_path=templates,
        cross_origin_protection=True,
        log_function=log_request,
    )


def log_request(handler: RequestHandler) -> None:
    """Without the query, which may hold what is nobody's business; refusals at info, what we did wrong as an error.

    Of a log that cannot be written, or has no room, everybody hears who tries; whoever operates it once, from the log.
    """
    status = handler.get_status()
    level = logging.ERROR if status == 500 else logging.INFO if 400 <= status < 500 else logging.DEBUG
    if logger.isEnabledFor(level):
        request = handler.request
        milliseconds = 1000 * request.request_time()
        logger.log(level, "%d %s %s %.1f ms", status, request.method, request.path, milliseconds)


def raise_descriptor_limit() -> int:
    """As many descriptors as this process may have. Returns how many that is. Raises CannotListen."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < LEAST_DESCRIPTORS:
        raise CannotListen(
            f"this process may open {hard} files, and needs at least {LEAST_DESCRIPTORS}, one for each connection"
            " besides its own; raise `ulimit -n`, or LimitNOFILE= in a systemd unit"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
