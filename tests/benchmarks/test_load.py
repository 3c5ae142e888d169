"""The load generator finds what a server does wrong: a check that never fails proves nothing."""

import json
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.peer import BUILD, make_generator

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc: the load generator is C")

READERS = 4
Spoil = Callable[[int, int, bytes], list[bytes]]
"""Number of the message (1, 2, …), index of the reader, its frame: the pieces that this reader is sent."""


def right(_number: int, _reader: int, frame: bytes) -> list[bytes]:
    return [frame]


def lost(number: int, reader: int, frame: bytes) -> list[bytes]:
    return [] if number % 7 == 0 and reader == 2 else [frame]


def twice(number: int, _reader: int, frame: bytes) -> list[bytes]:
    return [frame, frame] if number % 9 == 0 else [frame]


def cut_out(number: int, _reader: int, frame: bytes) -> list[bytes]:
    return [frame[:80] + frame[90:]] if number % 10 == 5 else [frame]


def in_pieces(number: int, reader: int, frame: bytes) -> list[bytes]:
    place = 1 + (number * READERS + reader) % (len(frame) - 1)
    return [frame[:place], frame[place:]]


class Server(socketserver.ThreadingTCPServer):
    """Broadcast the corrupted bodies of POSTs to every GET client."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, spoil: Spoil) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.spoil = spoil
        self.readers: list[Handler] = []
        self.number = 0
        self.lock = threading.Lock()

    def broadcast(self, body: bytes) -> None:
        with self.lock:
            self.number += 1
            for index, reader in enumerate(self.readers):
                for piece in self.spoil(self.number, index, b"data: " + body + b"\n\n"):
                    reader.request.sendall(piece)


class Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.request.setsockopt(6, 1, 1)  # TCP_NODELAY, so that pieces arrive as pieces.
        while line := self.rfile.readline():
            length = 0
            while (header := self.rfile.readline().strip()) and header:
                if header.lower().startswith(b"content-length:"):
                    length = int(header[15:])
            if line.startswith(b"GET"):
                with self.server.lock:  # Register before answering: the first message may come at once.
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    self.server.readers.append(self)
            else:
                self.server.broadcast(self.rfile.read(length))
                self.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")


@contextmanager
def serving(spoil: Spoil) -> Iterator[int]:
    with Server(spoil) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def load(spoil: Spoil, *options: str) -> dict[str, Any]:
    """100 messages to 4 readers."""
    make_generator()
    with serving(spoil) as port:
        command = [str(BUILD / "load"), "fan-out", "--port", str(port), "--readers", str(READERS)]
        command += ["--publishing", "post", "--rate", "200", "--seconds", "0.5", *options]
        done = subprocess.run(command, capture_output=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("spoil", [right, in_pieces])
def test_what_is_right_is_found_right(spoil: Spoil) -> None:
    """Also when a message arrives in two pieces, wherever it is cut."""
    found = load(spoil)
    assert found["delivered"] == found["expected"] == found["latency_ms"]["count"] == 100 * READERS
    assert not any(found[name] for name in ("skipped", "repeated", "damaged", "unwanted", "refused", "hung_up"))


@pytest.mark.parametrize(
    ("spoil", "name", "count"), [(lost, "skipped", 14), (twice, "repeated", 44), (cut_out, "damaged", 40)]
)
def test_what_is_wrong_is_counted(spoil: Spoil, name: str, count: int) -> None:
    assert load(spoil)[name] == count


def test_a_message_that_a_filter_does_not_want_is_counted() -> None:
    """Each reader wants one of four topics and is sent all of them."""
    found = load(right, "--series", "4", "--filters", "4", "--window", "1")
    assert found["delivered"] == found["expected"] == 100
    assert found["unwanted"] == 300
