"""The fast lane: streams that open and messages that come in, without Tornado's reading machinery.

Most of what a request costs in Tornado is an IOStream, a reading coroutine and a timer for it (200 of
330 µs for a stream, measured). All that is for requests that come in pieces, and these come in one. So
a new socket is looked at, not read (MSG_PEEK): is all of one plain request there, of the two kinds that
matter for speed? Then it is read and given to the very handlers that Tornado would give it to, through
the interfaces that Tornado documents for that (HTTPMessageDelegate, HTTPConnection). Everything else,
whatever is odd about it, is handed to Tornado's own server, unread.
"""

import asyncio
import logging
import select
import socket
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Final

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.iostream import IOStream, StreamClosedError

from handlers.plain import parse

logger = logging.getLogger("eyewall.http")

ACCEPTS: Final = 4096  # In one turn of the loop: some 40 ms.
TURN_SECONDS: Final = 0.01
PEEK_BYTES: Final = 64 << 10  # More than the largest header (16 KiB) and any usual message.
BODILESS: Final = frozenset({204, 304})
END_OF_CHUNKS: Final = b"0\r\n\r\n"


class Lane:
    """Accepts for `delegate`; `hand_off` gets each socket that is not for the lane, `room` says how many more fit."""

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        io_loop: IOLoop,
        *,
        hand_off: Callable[[IOStream, tuple[Any, ...]], None],
        room: Callable[[], int],
        idle_seconds: float,
    ) -> None:
        self.delegate = delegate
        self.everyone: set[Peer] = set()  # From accept() until it is closed or somebody else's.
        self._waiting: dict[int, Peer] = {}  # By descriptor: those who have had an answer.
        self._io_loop = io_loop
        self._hand_off = hand_off
        self._room = room
        self._idle_seconds = idle_seconds
        self._listening: list[socket.socket] = []
        self._accepted: deque[Peer] = deque()  # Not looked at yet.
        self._epoll = select.epoll()
        io_loop.add_handler(self._epoll.fileno(), self._dispatch, IOLoop.READ)
        self._sweep = PeriodicCallback(self._close_idle, idle_seconds / 3 * 1000)
        self._sweep.start()
        self._turned_away = 0
        self._may_complain_at = 0.0  # Loop time.

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Listening ones."""
        for listening in sockets:
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)
            self._listening.append(listening)

    def stop_accepting(self) -> None:
        """Nobody new; who is being answered still is. Safe to call twice."""
        while self._listening:
            listening = self._listening.pop()
            self._io_loop.remove_handler(listening)
            listening.close()

    def stop(self) -> None:
        """Hang up on everybody. Safe to call twice."""
        self.stop_accepting()
        self._sweep.stop()
        for peer in tuple(self.everyone):
            peer.close()
        self._accepted.clear()
        if not self._epoll.closed:
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()

    def watch(self, peer: "Peer") -> None:
        """Tell it when it can be read. Edge-triggered, so that one that is being answered does not wake us."""
        if peer.socket.fileno() in self._waiting:
            return
        self._epoll.register(peer.socket.fileno(), select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)
        self._waiting[peer.socket.fileno()] = peer

    def forget(self, peer: "Peer") -> None:
        """It closes, or belongs to somebody else now. Twice is harmless."""
        self.everyone.discard(peer)
        if self._waiting.pop(peer.socket.fileno(), None) is not None:
            self._epoll.unregister(peer.socket.fileno())

    def hand_off(self, peer: "Peer", stream: IOStream) -> None:
        """Whatever it says next is Tornado's to read."""
        self.forget(peer)
        self._hand_off(stream, peer.address)

    def _accept(self, listening: socket.socket, _events: int) -> None:
        """Empty the kernel's queue first, and look later: whoever does not fit into it waits a second to try again."""
        for _ in range(ACCEPTS):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                break
            except OSError as error:  # The kernel's own end, in spite of the room we leave: not at once again.
                self._io_loop.remove_handler(listening)
                self._io_loop.call_later(1, self._accept_again, listening)
                self._complain(str(error))
                break
            if self._room() <= 0:
                connection.close()
                self._turned_away += 1
                self._complain("no descriptors are left")
                continue
            connection.setblocking(False)
            if not self._accepted:
                self._io_loop.add_callback(self._look)
            peer = Peer(self, connection, address)
            self.everyone.add(peer)
            self._accepted.append(peer)

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)

    def _complain(self, why: str) -> None:
        """Once a minute at most: whoever is turned away tries again, and lines in a log cost more than that."""
        if self._io_loop.time() >= self._may_complain_at:
            self._may_complain_at = self._io_loop.time() + 60
            logger.warning(
                "newcomers are turned away, %d by now: %s (raise `ulimit -n`); who is connected stays",
                self._turned_away,
                why,
            )

    def _look(self) -> None:
        """At the newcomers, for a while; then others have their turn."""
        until = self._io_loop.time() + TURN_SECONDS
        while self._accepted and self._io_loop.time() < until:
            self._accepted.popleft().read()
        if self._accepted:
            self._io_loop.add_callback(self._look)

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        for descriptor, _ in self._epoll.poll(0):
            if peer := self._waiting.get(descriptor):
                peer.read()

    def _close_idle(self) -> None:
        now = self._io_loop.time()
        for peer in tuple(self._waiting.values()):
            if not peer.is_busy and now - (peer.used_at or 0) > self._idle_seconds:
                peer.close()


class Peer(HTTPConnection):
    """One socket in the lane, and the answer to its present request."""

    protocol = "http"

    def __init__(self, lane: Lane, connection: socket.socket, address: tuple[Any, ...]) -> None:
        self.socket = connection
        self.address = address
        self.context = self  # Where HTTPServerRequest looks for remote_ip and protocol.
        self.remote_ip = address[0]
        self.is_busy = False
        self.used_at: float | None = None
        self._lane = lane
        self._is_chunked = False
        self._stream: IOStream | None = None  # Sends what the socket did not take at once.

    def read(self) -> None:
        """Answer the request that is there, if it is one for the lane."""
        if self.is_busy or self.socket.fileno() < 0:
            return  # What came meanwhile is looked at when this one is answered.
        try:
            data = self.socket.recv(PEEK_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            if self.used_at is None:  # Who connects and says nothing waits where that is timed.
                self._lane.hand_off(self, IOStream(self.socket))
            else:
                self._lane.watch(self)
            return
        except OSError:
            data = b""
        if not data:
            self.close()
        elif not self._start(data):
            self._lane.hand_off(self, IOStream(self.socket))

    def close(self) -> None:
        self._lane.forget(self)
        self.socket.close()

    def _start(self, data: bytes) -> bool:
        """True if `data` begins with one plain request, which is under way then."""
        request = parse(data)
        if request is None:
            return False
        delegate = self._lane.delegate.start_request(self._lane, self)
        try:
            prepared = delegate.headers_received(request.start_line, request.headers)
        except HTTPInputError:  # No Host, or a strange one: Tornado knows what to say.
            return False
        self.socket.recv(request.size)
        self.is_busy = True
        self.used_at = asyncio.get_running_loop().time()
        if prepared is None:
            delegate.finish()
        else:
            asyncio.ensure_future(prepared).add_done_callback(lambda _: self._give_body(delegate, request.body))
        return True

    def _give_body(self, delegate: HTTPMessageDelegate, body: bytes) -> None:
        if self.is_busy:  # Else it was answered without.
            taken = delegate.data_received(body) if body else None
            if taken is None:
                delegate.finish()
            else:
                asyncio.ensure_future(taken).add_done_callback(lambda _: delegate.finish())

    # What handlers ask of a connection

    def write_headers(
        self,
        start_line: RequestStartLine | ResponseStartLine,
        headers: HTTPHeaders,
        chunk: bytes | None = None,
    ) -> "asyncio.Future[None]":
        """Raises nothing; the future holds StreamClosedError when the peer is gone."""
        _, status, reason = start_line
        self._is_chunked = "Content-Length" not in headers and status not in BODILESS
        if self._is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.get_all())]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return self._send(head + self._framed(chunk or b""))

    def write(self, chunk: bytes) -> "asyncio.Future[None]":
        return self._send(self._framed(chunk))

    def finish(self) -> None:
        if self._is_chunked:
            self._send(END_OF_CHUNKS)
        self.is_busy = False
        if self._stream is not None:
            self._lane.hand_off(self, self._stream)
        else:
            asyncio.get_running_loop().call_soon(self.read)

    def detach(self) -> socket.socket | IOStream:
        """The socket, for whoever goes on writing to it."""
        self._lane.forget(self)
        return self._stream or self.socket

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        """Nobody waits for this peer: its request is here, and its stream is soon watched by the hub."""

    def set_max_body_size(self, max_body_size: int) -> None:
        """Its body is here already."""

    def set_body_timeout(self, body_timeout: float | None) -> None:
        """As above."""

    def _framed(self, chunk: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._is_chunked and chunk else chunk

    def _send(self, data: bytes) -> "asyncio.Future[None]":
        if self._stream is not None:
            return self._stream.write(data)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            taken = self.socket.send(data)
        except BlockingIOError:
            taken = 0
        except OSError as error:
            done.set_exception(StreamClosedError(error))
            done.exception()  # Nobody has to look at it.
            return done
        if taken < len(data):
            self._lane.forget(self)
            self._stream = IOStream(self.socket)
            return self._stream.write(data[taken:])
        done.set_result(None)
        return done
