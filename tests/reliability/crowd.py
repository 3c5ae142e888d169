"""Many readers in a process of their own, cheap enough to be told apart from the server: some read, some never do.

`python -m tests.reliability.crowd <host> <port> <epoch>`; commands come in as lines of JSON, each is answered by one.
A message says when it was sent: "<monotonic seconds> xxxx…", and is never shorter than MESSAGE_BYTES.
"""

import json
import os
import select
import socket
import sys
import time
from typing import Final

MESSAGE_BYTES: Final = 16 << 10
RECEIVE_BYTES: Final = 256 << 10


class Reader:
    """One stream; seqs must follow each other, whatever happens to it."""

    def __init__(self, crowd: "Crowd", cursor: int, *, reads: bool) -> None:
        self.crowd = crowd
        self.reads = reads
        self.seq = cursor
        self.left = b""
        self.socket = self._connect()

    def _connect(self) -> socket.socket:
        made = socket.socket()
        if self.reads:  # Else the kernel would make it larger and larger, and hold megabytes when this process is late.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        made.connect(self.crowd.address)
        cursor = f"{self.crowd.epoch}-{self.seq}"
        made.sendall(f"GET /events?last_event_id={cursor} HTTP/1.0\r\nHost: {self.crowd.address[0]}\r\n\r\n".encode())
        self.left = b""
        return made

    def resume(self) -> None:
        """Read what came before it was cut, then go on behind the last whole message."""
        self.socket.setblocking(False)
        try:
            while self.take():
                pass
        except BlockingIOError:
            self.crowd.wrong.append("was never cut")
        except OSError:
            pass  # Reset: that is how it was cut.
        self.socket.close()
        self.reads = True
        self.socket = self._connect()

    def take(self) -> bool:
        """Read once; false at the end."""
        received = self.socket.recv(RECEIVE_BYTES)
        now = time.monotonic()
        data = self.left + received
        whole = data.rfind(b"\n\n") + 1
        at = 0
        while (at := data.find(b"\nid: ", at, whole)) >= 0:
            end = data.index(b"\n", at + 1)
            if data.startswith(b"\nevent: ", end):  # A heartbeat.
                at = end
                continue
            seq = int(data[at + 5 : end].partition(b"-")[2])
            if seq != self.seq + 1:
                self.crowd.wrong.append(f"{seq} after {self.seq}")
            self.seq = seq
            said = data.index(b'"message":"', end) + 11
            self.crowd.seconds.append(now - float(data[said : data.index(b" ", said)]))
            at = said + MESSAGE_BYTES
        self.left = data[max(whole - 1, 0) :]
        return bool(received)


class Crowd:
    def __init__(self, host: str, port: int, epoch: int) -> None:
        self.address = (host, port)
        self.epoch = epoch
        self.seconds: list[float] = []  # From publish to read, of every delivery since it was last asked.
        self.wrong: list[str] = []
        self.healthy: dict[int, Reader] = {}
        self.stalled: list[Reader] = []
        self.epoll = select.epoll()

    def watch(self, reader: Reader) -> None:
        reader.socket.setblocking(False)
        self.healthy[reader.socket.fileno()] = reader
        self.epoll.register(reader.socket.fileno(), select.EPOLLIN)

    def run(self) -> None:
        """Until standard input ends."""
        commands = sys.stdin.fileno()
        self.epoll.register(commands, select.EPOLLIN)
        while True:
            for descriptor, _ in self.epoll.poll():
                if descriptor == commands:
                    line = os.read(commands, 4096)
                    if not line:
                        return
                    sys.stdout.write(json.dumps(self.obey(json.loads(line))) + "\n")
                    sys.stdout.flush()
                else:
                    self.read(descriptor)

    def read(self, descriptor: int) -> None:
        try:
            is_open = self.healthy[descriptor].take()
        except BlockingIOError:
            return
        except OSError:
            is_open = False
        if not is_open:
            self.epoll.unregister(descriptor)
            self.healthy.pop(descriptor).socket.close()
            self.wrong.append("a healthy reader was cut")

    def obey(self, command: dict[str, int]) -> dict[str, object]:
        for _ in range(command.get("read", 0)):
            self.watch(Reader(self, command["cursor"], reads=True))
        self.stalled += [Reader(self, command["cursor"], reads=False) for _ in range(command.get("stall", 0))]
        if command.get("resume"):
            for reader in self.stalled:
                reader.resume()
                self.watch(reader)
            self.stalled.clear()
        seconds, self.seconds = sorted(self.seconds), []
        return {
            "deliveries": len(seconds),
            "median": seconds[len(seconds) // 2] if seconds else 0,
            "p99": seconds[len(seconds) * 99 // 100] if seconds else 0,
            "behind": min((reader.seq for reader in self.healthy.values()), default=0),
            "wrong": self.wrong[:5],
        }


if __name__ == "__main__":
    Crowd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run()
