"""A server process on its own core, and the generator that is let loose on it from another."""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import busy_seconds, process_seconds
from benchmarks.peer import BUILD, Peer

START_SECONDS: Final = 20
STOP_SECONDS: Final = 10
DISTURBED: Final = 0.15  # Others' load from which a run is worth repeating, in shares of a core.
LOAD_SECONDS: Final = 180  # The longest that a play may take.

Result = dict[str, Any]
"""What the generator prints: see `print` in load/main.c. Times in seconds, latencies in ms by percentile.

And `others`: how much of the two cores, as a share of one, went to what is neither server nor generator.
"""


@dataclass(frozen=True)
class Running:
    """A server that listens. `folder` holds its log and what it said."""

    peer: Peer
    port: int
    pids: tuple[int, ...]
    folder: Path
    cores: tuple[int, int]

    def load(self, play: str, **options: object) -> Result:
        """Let the generator play. Raises RuntimeError when it does not end well."""
        given = {"port": self.port, "publish": self.peer.publish} | options
        command = [str(BUILD / "load"), play]
        for name, value in given.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        for pid in self.pids:
            command += ["--pid", str(pid)]
        pinned = ["taskset", "--cpu-list", str(self.cores[1]), *command]
        began, busy, ours = time.monotonic(), busy_seconds(self.cores), self._cpu_seconds()
        done = subprocess.run(pinned, check=False, capture_output=True, text=True, timeout=LOAD_SECONDS)
        with (self.folder / "load.log").open("a") as log:
            log.write(done.stderr)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")
        result: Result = json.loads(done.stdout)
        others = busy_seconds(self.cores) - busy - (self._cpu_seconds() - ours)
        result["others"] = max(0.0, others) / (time.monotonic() - began)
        return result

    def _cpu_seconds(self) -> float:
        """Of the server's processes, and of all generators that have ended."""
        return sum(map(process_seconds, self.pids)) + sum(os.times()[2:4])


@contextmanager
def running(peer: Peer, cores: tuple[int, int]) -> Iterator[Running]:
    """Start it; when the block ends it has ended too. What it said is kept only if something went wrong."""
    runs = BUILD / "runs"
    runs.mkdir(exist_ok=True, parents=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
    port = _free_port()
    pinned = ["taskset", "--cpu-list", str(cores[0]), *peer.command(folder, port)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(pinned, stdout=log, stderr=log)
    try:
        _wait_until_listening(process, port, folder)
        yield Running(peer, port, (process.pid, *_children(process.pid)), folder, cores)
    finally:
        _end(process)
    shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"no start: {(folder / 'server.log').read_text('utf-8', 'replace')[-1000:]}")


def _children(pid: int) -> tuple[int, ...]:
    """nginx works in a child."""
    return tuple(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())


def _end(process: subprocess.Popen[bytes]) -> None:
    children = _children(process.pid) if process.poll() is None else ()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        for pid in (*children, process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()
