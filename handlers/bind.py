"""The listening sockets: addresses, options, and the number of descriptors that connections may use."""

import errno
import resource
import socket
from typing import Final

from tornado.netutil import bind_sockets

from hub.config import ServerConfig
from hub.delivery.transports import KERNEL_MS

BACKLOG: Final = 65_535  # Connections in the kernel's queue; net.core.somaxconn limits it to 4096 by default.
LEAST_DESCRIPTORS: Final = 100

# Inherited by accepted sockets. Keepalive finds dead peers of idle connections, USER_TIMEOUT those with data in flight.
# The low mark bounds the kernel's memory for a reader that does not read: 0.26 MB instead of 3.8 (measured).
LISTENER_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, KERNEL_MS),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, getattr(socket, "TCP_NOTSENT_LOWAT", 25), 128 << 10),
)
ANOTHER_ADDRESS: Final = (
    "set server.address to an address of this machine, such as 127.0.0.1, or to 0.0.0.0 for every network"
)
REMEDIES: Final[dict[int | None, str]] = {
    errno.EADDRINUSE: "choose another with --port or server.port",
    errno.EACCES: "choose one from 1024 on with --port or server.port, or give the process CAP_NET_BIND_SERVICE",
}


class CannotListen(Exception):
    """The address is in use, forbidden, or not of this machine; or the process may open too few descriptors."""


def bind(config: ServerConfig, *, reuse_port: bool = False) -> list[socket.socket]:
    """Return bound sockets, one for each address of the configured name. Raises CannotListen."""
    try:
        return bind_sockets(config.port, config.address, backlog=BACKLOG, reuse_port=reuse_port)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no DNS could hold.
        where = f"[{config.address}]" if ":" in config.address else config.address
        reason = error.strerror if isinstance(error, OSError) else "no such name"
        remedy = REMEDIES.get(getattr(error, "errno", None), ANOTHER_ADDRESS)
        raise CannotListen(f"cannot listen on {where}:{config.port}: {reason}; {remedy}") from None


def listen_on(bound: socket.socket) -> None:
    """Listen on a bound socket of any origin: `bind`, systemd, or a Unix socket."""
    bound.setblocking(False)
    if bound.family in (socket.AF_INET, socket.AF_INET6):
        for level, option, value in LISTENER_OPTIONS:
            bound.setsockopt(level, option, value)
    bound.listen(BACKLOG)


def raise_descriptor_limit() -> int:
    """Raise the soft limit of descriptors to the hard one and return it. Raises CannotListen."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < LEAST_DESCRIPTORS:
        raise CannotListen(
            f"this process may open {hard} files, and needs at least {LEAST_DESCRIPTORS}, one for each connection"
            " besides its own; raise `ulimit -n`, or LimitNOFILE= in a systemd unit"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
