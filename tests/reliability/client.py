"""Programs that read the stream and are none of ours, each a process that writes down what it understood."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import IO

from tests.reliability.reader import Blocks
from tests.waiting import block_until
from tests.wall import Wall

CLIENTS = Path(__file__).parent.parent / "clients"

READERS: dict[str, list[str]] = {
    "eventsource": ["node", str(CLIENTS / "eventsource.js")],
    "eventsource-parser": ["node", str(CLIENTS / "eventsource-parser.js")],
    "httpx-sse": [sys.executable, str(CLIENTS / "with_httpx_sse.py")],
    "sseclient-py": [sys.executable, str(CLIENTS / "with_sseclient.py")],
    "curl": ["curl", "--silent", "--show-error", "--no-buffer"],
    "curl --http1.0": ["curl", "--silent", "--show-error", "--no-buffer", "--http1.0"],
}

Said = tuple[str, object]
"""What a client made of a message: the stream's id, and the JSON in its data."""


class Client:
    """One of them, from its start until `stop`; `heard` grows as it reads."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.heard: list[Said] = []
        self.is_open = False
        self.errors: list[str] = []
        self._process = subprocess.Popen([*READERS[name], url], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        read = self._read_blocks if name.startswith("curl") else self._read_lines
        self._thread = Thread(target=read, args=[self._process.stdout], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read_lines(self, output: IO[bytes]) -> None:
        for line in output:
            said = json.loads(line)
            if "open" in said:
                self.is_open = True
            elif "error" in said:
                self.errors.append(said["error"])
            else:
                self.heard.append((said["id"], json.loads(said["data"])))

    def _read_blocks(self, output: IO[bytes]) -> None:
        """curl hands the stream over as it is."""
        blocks = Blocks()
        while data := output.read1(1 << 18):  # type: ignore[attr-defined]  # a BufferedReader has it
            for event in blocks.feed(data):
                self.is_open = True
                if event.name == "message":
                    self.heard.append((event.id, event.json))


@contextmanager
def clients(wall: Wall, names: Sequence[str] = tuple(READERS)) -> Iterator[list[Client]]:
    """All of them, connected."""
    started: list[Client] = []
    try:
        started.extend(Client(name, f"{wall.url}/events") for name in names)
        block_until(lambda: all(client.is_open for client in started), 120)
        block_until(lambda: wall.get_json("/connections")["count"] == len(started), 60)
        yield started
    finally:
        for client in started:
            client.stop()
