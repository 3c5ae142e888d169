"""The epoll that watches the transports of all readers; it is itself one reader of the IOLoop."""

import logging
import select
import socket
from collections.abc import Callable, Iterable
from typing import Final

from tornado.ioloop import IOLoop
from tornado.iostream import IOStream

from hub.delivery import transports
from hub.delivery.connection import Connection
from hub.delivery.settings import Settings
from hub.delivery.transports import KERNEL_MS

logger = logging.getLogger("eyewall.hub")

# Edge-triggered, and never EPOLLIN: bytes from a reader stay in the kernel, and TCP slows the sender down.
# A half-close (RDHUP) counts as a disconnect.
_GONE: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_WATCH: Final = _GONE | select.EPOLLET
# How much longer the kernel waits for a reader that accepts nothing than the hub, which logs why it disconnects.
GRACE_SECONDS: Final = 5


class TransportWatch:
    """All attached transports. Loop thread only.

    `on_writable` is called when a transport accepts bytes again, `on_close` when its peer is gone.
    """

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
        """Take over the connection's bytes. Raises what `take_over` raises."""
        kernel_ms = max(KERNEL_MS, int(1000 * (self._settings.stream.stall_seconds + GRACE_SECONDS)))
        transport = transports.take_over(stream, kernel_ms)
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
        """Send the same bytes to live readers. Return those that accepted only a part, and how many bytes."""
        size, short = len(payload), []
        for connection in connections:
            try:
                accepted = connection.transport.send(payload)  # type: ignore[union-attr]  # live readers have one
            except OSError:
                accepted = 0
            if accepted != size:
                short.append((connection, accepted))
        return short

    def watch_writable(self, connection: Connection) -> None:
        """Call `on_writable` once there is room, also if there is room already."""
        if connection.transport is not None:
            self._epoll.modify(connection.transport.fileno(), _WATCH | select.EPOLLOUT)

    def unwatch_writable(self, connection: Connection) -> None:
        """Stop calling `on_writable` for this connection."""
        if connection.transport is not None:
            self._epoll.modify(connection.transport.fileno(), _WATCH)

    def end(self, connection: Connection, last: bytes) -> None:
        """Send `last`, then close in order. Idempotent."""
        if connection.transport is not None:
            self.send(connection, last)
            transports.finish(connection.transport)
            self.close(connection)

    def abort(self, connection: Connection) -> None:
        """Reset the TCP connection. Idempotent."""
        if connection.transport is not None:
            transports.reset(connection.transport)
            self.close(connection)

    def close(self, connection: Connection) -> None:
        """Remove and close the transport. Idempotent."""
        if connection.transport is not None:
            descriptor = connection.transport.fileno()
            del self._by_descriptor[descriptor]
            # Unregister before close: the number may be reused at once.
            self._epoll.unregister(descriptor)
            connection.transport.close()
            connection.transport = None

    def stop(self) -> None:
        """Close all transports. Idempotent."""
        if not self._epoll.closed:
            for connection in tuple(self._by_descriptor.values()):
                self.close(connection)
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        # Handlers adopt transports, never this loop. So a descriptor that one event closes is missing for a later
        # event of the same batch, and cannot belong to another connection yet.
        for descriptor, events in self._epoll.poll(0):
            connection = self._by_descriptor.get(descriptor)
            if connection is None:
                continue
            try:
                (self._on_close if events & _GONE else self._on_writable)(connection)
            except Exception:  # An edge is reported once: the other connections of the batch must get theirs.
                logger.exception("cannot handle an event of the connection %s", connection.id)
                self.close(connection)
