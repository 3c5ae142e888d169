"""The process: how it starts, what it says, and how it ends."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub import __version__
from tests.waiting import block_until
from tests.wall import ROOT, StartWall, Wall, walls


@pytest.fixture
def start_wall(tmp_path: Path) -> Iterator[StartWall]:
    """Starts servers with settings of the test's own."""
    with walls(tmp_path) as start:
        yield start


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """`python server.py` with these arguments, to its end."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EYEWALL_")}
    command = [sys.executable, "server.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=clean | environ, capture_output=True, text=True, timeout=120)


def config_of(folder: Path, text: str) -> str:
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def test_a_new_epoch_and_a_vacuum_are_for_a_log_that_is_not_in_use(tmp_path: Path, start_wall: StartWall) -> None:
    settings = f"log: {{path: {tmp_path / 'wall.db'}}}\n"
    config = config_of(tmp_path, settings)
    assert run("--config", config, "--vacuum").stderr == f"{tmp_path / 'wall.db'}: there is no log; check log.path\n"
    wall = start_wall(settings)
    first = wall.publish("a")
    refused = run("--config", config, "--new-epoch")
    assert (refused.returncode, "another Eyewall is using this log" in refused.stderr) == (2, True)
    wall.stop()
    done = run("--config", config, "--new-epoch", "--vacuum")
    assert done.returncode == 0
    epoch = int(done.stdout.split(" epoch ")[1].split()[0])
    assert epoch > int(first.partition("-")[0])
    assert start_wall(settings).publish("b") == f"{epoch}-2"


class Client:
    """One connection to a wall, and what came over it."""

    def __init__(self, wall: Wall, request: str) -> None:
        self.socket = socket.create_connection((wall.host, wall.port), timeout=90)
        self.socket.sendall(f"{request}\r\nHost: localhost\r\n".encode())
        self.received = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, mark: bytes) -> bytes:
        """All that came so far, as soon as `mark` is in it or the server hung up."""
        while mark not in self.received and (data := self.socket.recv(1 << 16)):
            self.received += data
        return self.received

    def read(self) -> bytes:
        """All there is until the server hangs up."""
        while data := self.socket.recv(1 << 16):
            self.received += data
        self.socket.close()
        return self.received

    def answer(self) -> Any:
        """The body of the answer, as JSON."""
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        said = response.status, json.loads(response.read())
        self.socket.close()
        return said


def open_stream(wall: Wall, query: str = "") -> Client:
    client = Client(wall, f"GET /events{query} HTTP/1.1")
    client.send(b"\r\n")
    assert b"event: connections" in client.read_until(b"event: connections")
    return client


def test_it_says_in_one_line_where_it_is_and_what_to_try(tmp_path: Path) -> None:
    config = config_of(tmp_path, "log: {path: ':memory:'}")
    with subprocess.Popen(
        [sys.executable, "server.py", "--config", config, "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
        assert process.stdout.read() == ""
        assert process.wait(30) == 0
    assert re.fullmatch(r"Eyewall is at (http://127\.0\.0\.1:\d+)   Try: curl -d 'Hello' \1/topics/demo\n", line)


def test_the_command_that_it_names_works(start_wall: StartWall) -> None:
    wall = start_wall()
    said = subprocess.run(["curl", "-sS", "-d", "Hello", f"{wall.url}/topics/demo"], capture_output=True, timeout=90)
    assert json.loads(said.stdout)["receivers"] == 0


def test_the_shipped_config_greets(start_wall: StartWall) -> None:
    wall = start_wall("sources: [{kind: greeting, every_seconds: 0.1, message: Hello from the server}]")
    reader = open_stream(wall)
    frame = reader.read_until(b"uptime_seconds")
    reader.socket.close()
    assert b'"message":"Hello from the server"' in frame
    assert run("--print-config").stdout.count("Hello from the server") == 1


def test_check_looks_and_starts_nothing(tmp_path: Path) -> None:
    good = config_of(tmp_path, "stream: {flush_ms: 7}")
    done = run("--config", good, "--check")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{good}: no errors found\n", "")
    assert list(tmp_path.iterdir()) == [tmp_path / "config.yaml"]


def test_a_bad_config_is_exit_2_with_every_mistake_and_its_place(tmp_path: Path) -> None:
    bad = config_of(tmp_path, "stream:\n  flush_ms: soon\n  hartbeat_seconds: 5\n")
    for arguments in ([], ["--check"], ["--print-config"]):
        done = run("--config", bad, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        first, second = done.stderr.strip().split("\n")
        assert first.startswith(f"{bad}:2:13: stream.flush_ms: ")
        assert second.startswith(f"{bad}:3:3: stream.hartbeat_seconds: unknown setting")


def test_print_config_shows_what_is_in_force_wherever_it_comes_from(tmp_path: Path) -> None:
    config = config_of(tmp_path, "stream: {flush_ms: 7}")
    done = run("--config", config, "--port", "4444", "--print-config", EYEWALL_DASHBOARD__TITLE="Ops")
    assert done.returncode == 0
    for line in ("  port: 4444", "  flush_ms: 7", "  title: Ops", "  heartbeat_seconds: 15"):
        assert line in done.stdout.split("\n")


def test_the_version_is_known() -> None:
    assert run("--version").stdout == f"Eyewall {__version__}\n"


def test_sigterm_says_bye_to_every_stream_and_ends_each_in_order(start_wall: StartWall) -> None:
    wall = start_wall("server: {drain_seconds: 1}")
    readers = [open_stream(wall) for _ in range(10)]
    wall.publish("last words")
    began = time.monotonic()
    assert wall.stop() == 0
    assert time.monotonic() - began < 20  # A drain of 1 s and 2 s more, on a machine that is busy with other things.
    for reader in readers:
        received = reader.read()
        assert b"last words" in received
        assert b'event: bye\ndata: {"reason":"shutdown","retry_ms":' in received
        assert received.endswith(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(start_wall: StartWall, number: signal.Signals) -> None:
    wall = start_wall("server: {drain_seconds: 60}")
    readers = [open_stream(wall) for _ in range(10)]
    os.kill(wall.pid, number)
    block_until(lambda: "a second signal ends at once" in wall.log)
    os.kill(wall.pid, number)
    block_until(lambda: not wall.is_running)
    for reader in readers:
        reader.socket.close()


def test_a_request_while_it_drains_is_answered_503(start_wall: StartWall) -> None:
    wall = start_wall("server: {drain_seconds: 60}")
    readers = [open_stream(wall) for _ in range(2)]
    kept = http.client.HTTPConnection(wall.host, wall.port, timeout=90)
    kept.request("GET", "/readyz")
    assert kept.getresponse().read() == b'{"status":"ready"}\n'
    os.kill(wall.pid, signal.SIGTERM)
    block_until(lambda: "a second signal ends at once" in wall.log)
    kept.request("GET", "/readyz")
    answer = kept.getresponse()
    assert (answer.status, answer.read()) == (503, b'{"status":"draining"}\n')
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((wall.host, wall.port), timeout=90)
    kept.close()
    for reader in readers:
        reader.socket.close()


def test_a_request_finished_while_it_drains_is_answered_and_stored(start_wall: StartWall) -> None:
    """Its body was half here when the end began."""
    wall = start_wall("server: {drain_seconds: 10}")  # The other half comes within five of them.
    readers = [open_stream(wall) for _ in range(2)]
    client = Client(wall, "POST /topics/demo HTTP/1.1")
    client.send(b"Content-Length: 10\r\n\r\nlast ")
    os.kill(wall.pid, signal.SIGTERM)
    block_until(lambda: "a second signal ends at once" in wall.log)
    client.send(b"words")
    status, said = client.answer()
    assert status == 201
    block_until(lambda: not wall.is_running)
    for reader in readers:
        assert reader.read().endswith(b"\r\n0\r\n\r\n")
    wall.start()
    assert [(found["id"], found["message"]) for found in wall.get_json("/messages")["messages"]] == [
        (said["id"], "last words")
    ]


def test_a_stream_of_lines_cannot_hold_up_the_end_and_loses_no_whole_line(start_wall: StartWall) -> None:
    wall = start_wall("server: {drain_seconds: 0}")
    reader = open_stream(wall)
    shipper = Client(wall, "PUT /topics/app HTTP/1.1")
    shipper.send(b"Transfer-Encoding: chunked\r\n\r\n8\r\none\ntwo\n\r\n3\r\nthr\r\n")
    reader.read_until(b'"two"')
    assert wall.stop() == 0
    assert b"event: bye" in reader.read()
    status, said = shipper.answer()  # It knows how far it got, and that the rest is its own to send again.
    assert (status, said["accepted"], said["error"]["code"]) == (503, 2, "overloaded")
    wall.start()
    assert [found["message"] for found in wall.get_json("/messages?order=asc")["messages"]] == ["one", "two"]
