"""Transports: where the bytes of one reader go after its response headers.

Tornado's IOStream costs 21 KB a reader and 20 µs a send (measured). So the socket is duplicated, the
IOStream closed, and the duplicate watched by our own epoll (watch.py). Knows no connections.
"""

import contextlib
import socket
import struct
from typing import Final, Protocol

from tornado.iostream import IOStream, StreamClosedError

RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: close() sends RST and frees the kernel's buffer.

# TCP_USER_TIMEOUT of the listener, in ms. Bounds how long data stays unacknowledged or the peer's window closed.
KERNEL_MS: Final = 20_000


class Transport(Protocol):
    """Non-blocking, with a descriptor for epoll. `socket.socket` is one; `ssl.SSLSocket` has the same methods."""

    def send(self, data: bytes | memoryview, /) -> int:
        """Return the number of bytes accepted. Raises OSError if the buffer is full or the peer is gone."""

    def fileno(self) -> int: ...

    def setsockopt(self, level: int, option: int, value: int | bytes, /) -> None: ...

    def shutdown(self, how: int, /) -> None: ...

    def close(self) -> None: ...


def take_over(stream: IOStream | socket.socket, kernel_ms: int) -> Transport:
    """Return the transport of a stream after its last flush, or of an accepted socket.

    The caller owns the result. Raises StreamClosedError or OSError if the peer is gone or descriptors are exhausted.
    """
    transport = stream if isinstance(stream, socket.socket) else _detach(stream)
    transport.setblocking(False)
    if kernel_ms > KERNEL_MS:
        with contextlib.suppress(OSError):  # A Unix socket has no TCP options.
            transport.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, kernel_ms)
    return transport


def finish(transport: Transport) -> None:
    """Send FIN after the bytes accepted so far. The caller closes."""
    # Without it, close() with unread bytes sends RST, and the client may lose the last bytes.
    with contextlib.suppress(OSError):
        transport.shutdown(socket.SHUT_WR)


def reset(transport: Transport) -> None:
    """Make close() send RST, so that the kernel frees the buffer of a peer that accepts nothing."""
    with contextlib.suppress(OSError):
        transport.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)


def _detach(stream: IOStream) -> socket.socket:
    if stream.closed():  # A flush may succeed for a peer that is gone. Tornado reports no close of a detached stream.
        raise StreamClosedError
    try:
        return stream.socket.dup()
    finally:
        stream.close()  # Closes its own descriptor only: the TCP connection stays open.
