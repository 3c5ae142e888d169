"""One connection in the fast lane (lane.py): a request that is all there, and its answer."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import IOStream, StreamClosedError

from handlers.plain import Request, parse
from hub.delivery import sse

if TYPE_CHECKING:
    from handlers.lane import Lane

PEEK_BYTES: Final = 64 << 10  # More than the largest header (16 KiB) and any usual message.
BODILESS: Final = frozenset({204, 304})


class Peer(HTTPConnection):
    """One socket in the lane, and the answer to its present request."""

    protocol = "http"

    def __init__(self, lane: "Lane", connection: socket.socket, address: tuple[Any, ...]) -> None:
        self.socket = connection
        self.address = address
        self.remote_ip = address[0]
        self._request: Request | None = None  # Which is being answered.
        self.used_at: float | None = None
        self._lane = lane
        self._is_chunked = False
        self._stream: IOStream | None = None  # Sends what the socket did not take at once.

    @property
    def context(self) -> "Peer":
        """Where HTTPServerRequest looks for remote_ip and protocol. No attribute: that would be a circle."""
        return self

    @property
    def is_busy(self) -> bool:
        return self._request is not None

    def read(self) -> None:
        """Answer the request that is there, if it is one for the lane."""
        if self.is_busy or self.socket.fileno() < 0:
            return  # What came meanwhile is looked at when this one is answered.
        if self._lane.is_closing:
            self.close()
            return
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
        """Hang up in order: with unread bytes a bare close() would be a reset, which takes the answer with it."""
        self._lane.forget(self)
        if self._stream is not None:
            self._stream.close()
            return
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
        self.socket.close()

    def _start(self, data: bytes) -> bool:
        """True if `data` begins with one plain request, which is under way then."""
        request = parse(data)
        if request is None:
            return False
        if (answer := self._lane.answer(request)) is not None:
            self._take(request)
            self._answering = asyncio.ensure_future(self._answer(answer, request))
            return True
        return self._serve(request)

    def _take(self, request: Request) -> None:
        self.socket.recv(request.size)
        self._request = request
        self._is_chunked = False
        self.used_at = asyncio.get_running_loop().time()

    async def _answer(self, answer: Awaitable[bytes], request: Request) -> None:
        """What comes without a handler, unless it fails: then a handler tries once more, and has the words for it."""
        try:
            said = await answer
        except Exception:
            self._serve(request)
            return
        if self._lane.is_closing:
            said = said.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        self._send(said)
        self.finish()

    def _serve(self, request: Request) -> bool:
        """Have a handler answer it; False if it is Tornado's to refuse."""
        delegate = self._lane.delegate.start_request(self._lane, self)
        try:
            prepared = delegate.headers_received(request.start_line, request.headers)
        except HTTPInputError:  # No Host, or a strange one: Tornado knows what to say.
            return False
        if not self.is_busy:
            self._take(request)
        if prepared is None:
            delegate.finish()
        else:
            asyncio.ensure_future(prepared).add_done_callback(lambda _: self._give_body(delegate, request))
        return True

    def _give_body(self, delegate: HTTPMessageDelegate, request: Request) -> None:
        if self._request is request:  # Else it was answered without, and the next one may be under way.
            taken = delegate.data_received(request.body) if request.body else None
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
        if self._lane.is_closing:
            headers["Connection"] = "close"
        if self._is_chunked:
            headers["Transfer-Encoding"] = "chunked"
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.get_all())]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return self._send(head + self._framed(chunk or b""))

    def write(self, chunk: bytes) -> "asyncio.Future[None]":
        return self._send(self._framed(chunk))

    def finish(self) -> None:
        if self._is_chunked:
            self._send(sse.END_OF_CHUNKS)
        self._request = None
        if self._stream is None:
            asyncio.get_running_loop().call_soon(self._lane.read, self)
        elif self._stream.closed():  # Tornado would not know any more whose it was, and whose place to give back.
            self.close()
        else:
            self._lane.hand_off(self, self._stream)

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
        return sse.chunk(chunk) if self._is_chunked and chunk else chunk

    def _send(self, data: bytes) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            if self._stream is not None:
                return self._stream.write(data)
            taken = self.socket.send(data)
        except BlockingIOError:
            taken = 0
        except OSError as error:
            done.set_exception(StreamClosedError(error))
            done.exception()  # Nobody has to look at it.
            return done
        if taken < len(data):
            self._lane.unwatch(self)
            self._stream = IOStream(self.socket)
            return self._stream.write(data[taken:])
        done.set_result(None)
        return done
