"""The one place that touches subscribers' sockets, once a handler has handed them over.

After the response headers are out, Tornado's IOStream is only weight: 21 KB and 20 µs a delivery
(measured). So the socket is duplicated, the IOStream closed, and all sockets are watched by one
epoll of ours, which is itself one reader of the IOLoop. Knows connections; knows no messages.
"""

import contextlib
import select
import socket
import struct
from collections.abc import Callable, Iterable
from typing import Final

from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, StreamClosedError

from hub.delivery.connection import Connection

# Edge-triggered, and never EPOLLIN: what a subscriber still says is left unread in the kernel, so a
# chatty one is held back by TCP instead of waking us. A half-close (RDHUP) counts as hanging up.
_GONE: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_WATCH: Final = _GONE | select.EPOLLET
RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST and frees the kernel's buffer.

# TCP_USER_TIMEOUT of the listener: how long data may stay unacknowledged, or the peer's window closed.
KERNEL_MS: Final = 20_000


class Sockets:
    """All handed-over sockets. `on_writable` is told when one that was full takes bytes again."""

    def __init__(
        self,
        io_loop: IOLoop,
        on_writable: Callable[[Connection], None],
        on_close: Callable[[Connection], None],
    ) -> None:
        self._io_loop = io_loop
        self._on_writable = on_writable
        self._on_close = on_close
        self._kernel_ms = KERNEL_MS
        self._by_descriptor: dict[int, Connection] = {}
        self._epoll = select.epoll()
        io_loop.add_handler(self._epoll.fileno(), self._dispatch, IOLoop.READ)

    def configure(self, stall_seconds: float) -> None:
        """From now on the kernel gives newcomers longer than the hub, which can say whom it cut and why."""
        self._kernel_ms = int(1000 * (stall_seconds + 5))

    def adopt(self, connection: Connection, stream: IOStream | socket.socket) -> None:
        """Take over a stream whose last flush has finished, or a socket that never was one.

        Raises OSError when the peer is gone already, or descriptors are short.
        """
        own = stream if isinstance(stream, socket.socket) else _take_out(stream)
        own.setblocking(False)
        if self._kernel_ms > KERNEL_MS:
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._kernel_ms)
        # A peer that hung up before this line is reported at once.
        self._epoll.register(own.fileno(), _WATCH)
        connection.socket = own
        self._by_descriptor[own.fileno()] = connection

    def send(self, connection: Connection, data: bytes | memoryview) -> int:
        """Bytes the kernel took; 0 also when the peer is gone (then `on_close` is called from epoll)."""
        try:
            return connection.socket.send(data) if connection.socket else 0
        except OSError:
            return 0

    def broadcast(self, connections: Iterable[Connection], payload: bytes) -> list[tuple[Connection, int]]:
        """The same bytes to everyone. Returns who did not take all of it, and how much they took."""
        size, short = len(payload), []
        for connection in connections:
            try:
                taken = connection.socket.send(payload)  # type: ignore[union-attr]  # live means handed over
            except OSError:
                taken = 0
            if taken != size:
                short.append((connection, taken))
        return short

    def watch_writable(self, connection: Connection) -> None:
        """Call `on_writable` once there is room, also if there is by now."""
        if connection.socket is not None:
            self._epoll.modify(connection.socket.fileno(), _WATCH | select.EPOLLOUT)

    def unwatch_writable(self, connection: Connection) -> None:
        """No more `on_writable` for this one."""
        if connection.socket is not None:
            self._epoll.modify(connection.socket.fileno(), _WATCH)

    def end(self, connection: Connection, last: bytes) -> None:
        """Say a last thing and hang up in order. Harmless when it is closed already."""
        if connection.socket is not None:
            self.send(connection, last)
            # shutdown first: with unread bytes a bare close() would turn into RST and may drop `last`.
            with contextlib.suppress(OSError):
                connection.socket.shutdown(socket.SHUT_WR)
            self.close(connection)

    def cut(self, connection: Connection) -> None:
        """Hang up on a peer that takes nothing: RST, so that the kernel's buffer is freed now."""
        if connection.socket is not None:
            with contextlib.suppress(OSError):
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            self.close(connection)

    def close(self, connection: Connection) -> None:
        """Forget and close. Harmless when it is closed already."""
        if connection.socket is not None:
            descriptor = connection.socket.fileno()
            del self._by_descriptor[descriptor]
            # Unregister before close: the number may be somebody else's the moment after.
            self._epoll.unregister(descriptor)
            connection.socket.close()
            connection.socket = None

    def stop(self) -> None:
        """Close everything. Safe to call twice."""
        if not self._epoll.closed:
            for connection in tuple(self._by_descriptor.values()):
                self.close(connection)
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        # No socket is adopted inside this loop (that happens in handlers), so a descriptor closed by
        # one event cannot be another connection's by a later one: it is simply missing.
        for descriptor, events in self._epoll.poll(0):
            connection = self._by_descriptor.get(descriptor)
            if connection is None:
                continue
            if events & _GONE:
                self._on_close(connection)
            else:
                self._on_writable(connection)


def _take_out(stream: IOStream) -> socket.socket:
    """The socket of a detached stream, with a descriptor of its own."""
    if stream.closed():  # A flush may end well for a peer that is gone, and of a detached one Tornado tells nobody.
        raise StreamClosedError
    try:
        return stream.socket.dup()
    finally:
        stream.close()  # Closes its own descriptor only; the TCP connection stays up.
