"""A real server process: `python server.py` as a person starts it, with a port and a config of its own.

For tests that kill it, starve it or open it in a browser. Its standard error is kept, and printed
when the test ends, so that pytest shows it beside a failure.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from prometheus_client.parser import text_string_to_metric_families

from tests.waiting import block_until

ROOT: Final = Path(__file__).parent.parent
START_SECONDS: Final = 100  # A guess for a machine that is busy with other things.


class Wall:
    """The process. `settings` is the text of its config file; `prefix` a command that runs it, such as `prlimit`;
    `root` is another checkout than this one."""

    def __init__(
        self,
        folder: Path,
        settings: str = "",
        *,
        prefix: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        root: Path = ROOT,
    ) -> None:
        self.config = folder / "config.yaml"
        self.config.write_text(settings, "utf-8")
        self.port = 0
        self.host = "127.0.0.1"
        self.prefix = prefix
        self.root = root
        # None of ours: a setting in the tester's own environment would win over the file.
        ours = {name: value for name, value in os.environ.items() if not name.startswith("EYEWALL_")}
        self.environ = ours | dict(environ or {})
        self._said = folder / "stdout"
        self._log = folder / "stderr"
        self._process: subprocess.Popen[bytes] | None = None
        self._place = socket.socket()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def log(self) -> str:
        """All that it wrote to standard error, also before a restart."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def start(self) -> None:
        """Wait until it says where it is. Raises AssertionError with its errors when it ends instead."""
        if not self.port:
            # Bound, not listening: the server can bind it too, and no other process gets it meanwhile.
            self._place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._place.bind((self.host, 0))
            self.port = self._place.getsockname()[1]
        command = [*self.prefix, sys.executable, "server.py", "--config", str(self.config), "--port", str(self.port)]
        with self._said.open("wb") as said, self._log.open("ab") as log:
            process = subprocess.Popen(command, cwd=self.root, env=self.environ, stdout=said, stderr=log)
        self._process = process
        greeting = re.compile(r"Eyewall is at http://([^ ]+):([0-9]+) .*\n")
        block_until(lambda: greeting.match(self._said.read_text()) or process.poll() is not None, START_SECONDS)
        found = greeting.match(self._said.read_text())
        assert found, f"no start, exit status {process.poll()}: {self.log}"
        self.host, self.port = found[1], int(found[2])

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM, and the exit status. Raises TimeoutExpired."""
        self.signal(signal.SIGTERM)
        assert self._process is not None
        return self._process.wait(seconds)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server was not started"
        self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL. Harmless when it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """The end: it will not be started again. Safe to call twice."""
        self.kill()
        self._place.close()

    def restart(self) -> None:
        """Stop and start again at the same address."""
        assert self.stop() == 0, self.log
        self.start()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def get(self, path: str, *, method: str = "GET") -> bytes:
        """A body. The connection is closed after it, so that none of ours is counted by the next call."""
        request = urllib.request.Request(self.url + path, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def get_json(self, path: str) -> Any:  # Whatever the server says.
        return json.loads(self.get(path))

    def publish(self, message: str, topic: str = "demo", /, **more: object) -> str:
        """The id it got."""
        body = json.dumps({"message": message, **more}).encode()
        request = urllib.request.Request(
            f"{self.url}/topics/{topic}", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["id"])

    def publish_lines(self, lines: Sequence[str], topic: str = "demo") -> None:
        """As a log shipper does; returns when the log has them."""
        body = "".join(f"{line}\n" for line in lines).encode()
        urllib.request.urlopen(
            urllib.request.Request(f"{self.url}/topics/{topic}", body, method="PUT"), timeout=120
        ).close()

    def metrics(self) -> dict[str, float]:
        """All figures that have no labels: {"eyewall_connections": 3.0, …}."""
        families = text_string_to_metric_families(self.get("/metrics").decode())
        return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


StartWall = Callable[..., Wall]
"""Takes what Wall takes behind `folder`; the process is running when it returns."""


@contextmanager
def walls(folder: Path) -> Iterator[StartWall]:
    """Starts as many as are asked for; in the end none runs, and none may have had an unexpected error."""
    started: list[Wall] = []

    def start(settings: str = "", **more: Any) -> Wall:
        own = folder / f"wall-{len(started)}"
        own.mkdir()
        wall = Wall(own, settings, **more)
        started.append(wall)
        wall.start()
        return wall

    try:
        yield start
    finally:
        for wall in started:
            wall.close()
            print(f"--- {wall.config} said:\n{wall.log[-20_000:]}")  # pytest keeps it for a failure
    for wall in started:
        assert "Traceback" not in wall.log, wall.log[-20_000:]
