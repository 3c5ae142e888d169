"""Transports: the sockets of all readers after their response headers, watched by one epoll.

An IOStream costs 21 KB a reader and 20 µs a send (measured). So the socket is duplicated, and the IOStream closed.
"""

import contextlib
import logging
import select
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Final

from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, StreamClosedError

from hub.delivery.connection import Connection
from hub.delivery.settings import Settings

logger = logging.getLogger("eyewall.hub")

RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST and frees the kernel's buffer.
# TCP_USER_TIMEOUT of the listener, in ms: how long data may stay unacknowledged or the peer's window closed.
KERNEL_MS: Final = 20_000
GRACE_SECONDS: Final = 5  # The kernel times out this long after the hub, which logs the reason.
# Edge-triggered, never EPOLLIN: bytes from a reader stay in the kernel.
# A half-close (RDHUP) counts as a disconnect.
_GONE: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_WATCH: Final = _GONE | select.EPOLLET


class Transports:
    """All attached transports. `on_writable` and `on_close` are called at their events. Loop thread only."""

    def __init__(
        self,
        settings: Settings,
        io_loop: IOLoop,
        *,
        on_writable: Callable[[Connection], None],
        on_close: Callable[[Connection], None],
    ) -> None:
        self._settings = settings
        self._io_loop = io_loop
        self._on_writable = on_writable
        self._on_close = on_close
        self._by_descriptor: dict[int, Connection] = {}
        self._epoll = select.epoll()
        io_loop.add_handler(self._epoll.fileno(), self._dispatch, IOLoop.READ)

    @property
    def count(self) -> int:
        return len(self._by_descriptor)

    def adopt(self, connection: Connection, stream: IOStream | socket.socket) -> None:
        """Own the socket of an IOStream after its last flush, or an accepted one.

        Raises StreamClosedError or OSError if the peer is gone or descriptors are exhausted.
        """
        transport = stream if isinstance(stream, socket.socket) else _detach(stream)
        transport.setblocking(False)
        kernel_ms = int(1000 * (self._settings.stream.stall_seconds + GRACE_SECONDS))
        if kernel_ms > KERNEL_MS:
            with contextlib.suppress(OSError):  # A Unix socket has no TCP options.
                transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, kernel_ms)
        # epoll reports a peer that disconnected before this line at once.
        self._epoll.register(transport.fileno(), _WATCH)
        connection.transport = transport
        self._by_descriptor[transport.fileno()] = connection

    def send(self, connection: Connection, data: bytes | memoryview) -> int:
        """Return the number of bytes accepted. 0 also if the peer is gone: epoll then calls `on_close`."""
        try:
            return connection.transport.send(data) if connection.transport else 0
        except OSError:
            return 0

    def broadcast(self, connections: Iterable[Connection], payload: bytes) -> list[tuple[Connection, int]]:
        """Send the same bytes to live readers. Return those that accepted only a part, with its size."""
        size, short = len(payload), []
        for connection in connections:
            try:
                accepted = connection.transport.send(payload)  # type: ignore[union-attr]  # live readers have one
            except OSError:
                accepted = 0
            if accepted != size:
                short.append((connection, accepted))
        return short

    def watch_writable(self, connection: Connection, on: bool = True) -> None:
        """Call `on_writable` once there is room, also if there is already; or stop calling it."""
        if connection.transport is not None:
            self._epoll.modify(connection.transport.fileno(), _WATCH | (select.EPOLLOUT if on else 0))

    def end(self, connection: Connection, last: bytes) -> None:
        """Send `last`, then close in order. Idempotent."""
        if connection.transport is not None:
            self.send(connection, last)
            # FIN first: close() with unread bytes sends RST, and the client may lose the last bytes.
            with contextlib.suppress(OSError):
                connection.transport.shutdown(socket.SHUT_WR)
            self.close(connection)

    def abort(self, connection: Connection) -> None:
        """Reset the TCP connection. Idempotent."""
        if connection.transport is not None:
            with contextlib.suppress(OSError):
                connection.transport.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            self.close(connection)

    def close(self, connection: Connection) -> None:
        """Idempotent."""
        if connection.transport is not None:
            descriptor = connection.transport.fileno()
            del self._by_descriptor[descriptor]
            # Unregister before close: the number may be reused at once.
            self._epoll.unregister(descriptor)
            connection.transport.close()
            connection.transport = None

    def stop(self) -> None:
        """Idempotent."""
        if not self._epoll.closed:
            for connection in tuple(self._by_descriptor.values()):
                self.close(connection)
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        # No callback adopts a transport, so a descriptor closed by one event is not reused within the batch.
        for descriptor, events in self._epoll.poll(0):
            connection = self._by_descriptor.get(descriptor)
            if connection is None:
                continue
            try:
                (self._on_close if events & _GONE else self._on_writable)(connection)
            except Exception:  # The other connections of the batch must get their edges.
                logger.exception("cannot handle an event of the connection %s", connection.id)
                self.close(connection)


def _detach(stream: IOStream) -> socket.socket:
    if stream.closed():  # A flush may succeed for a peer that is gone.
        raise StreamClosedError
    try:
        return stream.socket.dup()
    finally:
        stream.close()  # Its own descriptor only.
