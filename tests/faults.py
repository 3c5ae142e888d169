"""A proxy with faults, between a browser and a wall: it delays, holds back, stalls, cuts, and answers for itself.

Speaks as much HTTP as that takes: one request a connection, the answer passed on as it comes. Faults
concern the stream alone (`/events`); everything else passes, so that a page can be loaded through it.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import Final

from tests.wall import Wall

RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST.


def answer(status: str, *headers: str, body: str = "") -> bytes:
    """A whole answer: answer("502 Bad Gateway", "Retry-After: 7")."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()


class Faults(ThreadingTCPServer):
    """What it does to the stream is what its attributes say, also to streams that are already open."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, wall: Wall) -> None:
        super().__init__(("127.0.0.1", 0), Relay)
        self.wall = wall
        self.answer: bytes | None = None  # Instead of the wall's.
        self.refuses = False  # Every request is reset.
        self.holds_answers = False  # Not even the status passes.
        self.holds_bodies = False  # The status passes, and nothing else.
        self.delay_seconds = 0.0  # Of each piece.
        self.swallows: bytes | None = None  # What holds this never arrives. To be said before a stream is opened.
        self.repeats: bytes | None = None  # What holds this arrives twice. The same.
        self.prefix = ""  # A path that is taken off every request: "/wall".
        self.requests: list[str] = []
        self.open: set[socket.socket] = set()
        self.lock = Lock()
        self.is_over = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def heal(self) -> None:
        self.answer = None
        self.refuses = self.holds_answers = self.holds_bodies = False

    def cut(self) -> None:
        """Reset every stream that passes through."""
        with self.lock:
            for connection in self.open:
                with suppress(OSError):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections end in the middle here: that is the purpose."""


class Relay(BaseRequestHandler):
    """One request and its answer."""

    server: Faults
    request: socket.socket

    def handle(self) -> None:
        head = self._head().replace(b" " + self.server.prefix.encode() + b"/", b" /", 1)
        path = head.split(b" ", 2)[1].decode() if head else ""
        is_stream = path.startswith("/events")
        self.server.requests.append(f"{head.split(b' ', 1)[0].decode()} {path}")
        if not head or self.server.refuses:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        elif is_stream and self.server.answer is not None:
            self.request.sendall(self.server.answer)
        else:
            self._pass_on(head, is_stream)

    def _head(self) -> bytes:
        """The request with its body; the Host is the wall's, and one request is all there will be."""
        got = b""
        while b"\r\n\r\n" not in got:
            piece = self.request.recv(65536)
            if not piece:
                return b""
            got += piece
        head, _, body = got.partition(b"\r\n\r\n")
        lines = [
            line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"host:", b"origin:"))
        ]
        length = next((int(line.split(b":")[1]) for line in lines if line.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += self.request.recv(65536)
        host = f"Host: 127.0.0.1:{self.server.wall.port}".encode()
        if self.server.swallows or self.server.repeats:  # Without chunks, so that events can come and go.
            lines[0] = lines[0].replace(b"HTTP/1.1", b"HTTP/1.0")
        return b"\r\n".join([*lines, host, b"Connection: close", b"", body])

    def _pass_on(self, head: bytes, is_stream: bool) -> None:
        with socket.create_connection(("127.0.0.1", self.server.wall.port), timeout=20) as wall:
            wall.settimeout(None)
            wall.sendall(head)
            if is_stream:
                with self.server.lock:
                    self.server.open |= {wall, self.request}
            try:
                self._relay(wall, is_stream)
            finally:
                with self.server.lock:
                    self.server.open -= {wall, self.request}

    def _relay(self, wall: socket.socket, is_stream: bool) -> None:
        has_begun = False
        while piece := wall.recv(65536):
            while is_stream and (self.server.holds_answers or (has_begun and self.server.holds_bodies)):
                if self.server.is_over.wait(0.02):
                    return
            if is_stream and (swallowed := self.server.swallows) is not None:  # A few small events come in one piece.
                piece = b"\n\n".join(event for event in piece.split(b"\n\n") if swallowed not in event)
            if is_stream and (repeated := self.server.repeats) is not None:
                events = piece.split(b"\n\n")
                piece = b"\n\n".join(event for one in events for event in [one] * (1 + (repeated in one)))
            if self.server.delay_seconds:
                time.sleep(self.server.delay_seconds)
            if is_stream and not has_begun and self.server.holds_bodies:
                piece = piece.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            self.request.sendall(piece)
            has_begun = True


@contextmanager
def faults_before(wall: Wall) -> Iterator[Faults]:
    """Runs until the block ends."""
    with Faults(wall) as faults:
        thread = Thread(target=faults.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield faults
        finally:
            faults.is_over.set()
            faults.cut()
            faults.shutdown()
            thread.join()
