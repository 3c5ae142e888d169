"""The service: sockets that were bound before the start, notifications, and the unit files."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import block_until
from tests.wall import ROOT

UNITS = ROOT / "docs/systemd"
# Sets LISTEN_PID as systemd does: to the process that becomes the server.
STARTER = 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@" 3<&"$0"'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("server: {drain_seconds: 1}\n", "utf-8")
    return path


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listening:
        yield listening


def start(config: Path, *prefix: str, **more: str) -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("EYEWALL_", "LISTEN_"))}
    command = [*prefix, sys.executable, "server.py", "--config", str(config)]
    return subprocess.Popen(command, cwd=ROOT, env=environ | more, close_fds=False, stdout=subprocess.PIPE, text=True)


def start_with(listening: socket.socket, config: Path, **more: str) -> subprocess.Popen[str]:
    """Start a server on a socket of ours and wait for its banner."""
    listening.set_inheritable(True)
    process = start(config, "bash", "-c", STARTER, str(listening.fileno()), **more)
    assert process.stdout is not None
    assert f":{listening.getsockname()[1]} " in process.stdout.readline()
    return process


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    return process.returncode


def publish(url: str) -> int:
    with urllib.request.urlopen(f"{url}/topics/db", b"disk full", timeout=60) as answer:
        return int(answer.status)


def test_a_restart_refuses_no_connection(config: Path, port: socket.socket) -> None:
    url = "http://{}:{}".format(*port.getsockname())
    ended, answers = threading.Event(), list[int]()

    def publish_often() -> None:
        while not ended.is_set():
            answers.append(publish(url))

    def wait_for_more() -> None:
        wanted = len(answers) + 20
        block_until(lambda: len(answers) >= wanted or not publisher.is_alive())

    process = start_with(port, config)
    publisher = threading.Thread(target=publish_often)
    publisher.start()
    try:
        for _ in range(2):
            wait_for_more()
            assert end(process) == 0
            process = start_with(port, config)
        wait_for_more()
    finally:
        ended.set()
        publisher.join()
        end(process)
    assert set(answers) == {201}


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="no systemd-socket-activate")
def test_it_serves_on_the_socket_of_systemd(config: Path, port: socket.socket) -> None:
    host, number = port.getsockname()
    port.close()
    process = start(config, "systemd-socket-activate", f"--listen={host}:{number}")
    try:
        block_until(lambda: is_listening(number))
        assert publish(f"http://{host}:{number}") == 201
    finally:
        assert end(process) == 0


def is_listening(port: int) -> bool:
    """Return whether a socket listens there, without connecting: that would start the server."""
    wanted = f":{port:04X} 00000000:0000 0A"
    return wanted in Path("/proc/net/tcp").read_text("ascii")


def test_a_socket_that_is_not_tcp_is_refused(config: Path, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.set_inheritable(True)
        command = ["bash", "-c", STARTER, str(listening.fileno()), sys.executable, "server.py", "--config", str(config)]
        done = subprocess.run(command, cwd=ROOT, close_fds=False, capture_output=True, text=True)
    assert (done.returncode, "ListenStream=" in done.stderr) == (2, True), done


def test_systemd_is_told_of_the_start_the_loop_and_the_end(config: Path, port: socket.socket, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        process = start_with(port, config, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="200000")
        try:
            assert [systemd.recv(99) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        finally:
            assert end(process) == 0
        while (state := systemd.recv(99)) == b"WATCHDOG=1":
            pass
        assert state == b"STOPPING=1"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
def test_the_unit_is_hardened(tmp_path: Path) -> None:
    analyze = ["systemd-analyze", "security", "--offline=yes", "--no-pager", str(UNITS / "eyewall.service")]
    done = subprocess.run(analyze, capture_output=True, text=True)
    level = re.search(r"exposure level .*: ([\d.]+)", done.stdout)
    assert level, done
    assert float(level[1]) <= 1.5


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
@pytest.mark.parametrize("unit", ["eyewall.service", "eyewall.socket"])
def test_the_unit_has_no_mistake(tmp_path: Path, unit: str) -> None:
    for path in UNITS.iterdir():
        text = path.read_text("utf-8").replace("/opt/eyewall/.venv/bin/python", sys.executable)
        (tmp_path / path.name).write_text(text.replace("/opt/eyewall", str(ROOT)), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / unit)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
