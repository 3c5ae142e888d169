"""Errors that keep the process from starting: one line each, and exit status 2."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.test_server import config_of, run
from tests.waiting import block_until
from tests.wall import ROOT, StartWall, walls


@pytest.mark.parametrize("port", ["-1", "65536", "x", "012", "", " 80"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    done = run("--config", config_of(tmp_path, ""), f"--port={port}")
    assert done.returncode == 2
    assert "port" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_taken_is_one_clear_line_and_exit_2(tmp_path: Path) -> None:
    config = config_of(tmp_path, "log: {path: ':memory:'}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--config", config, "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port or server.port\n"
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]"), ("a..b", "a..b"), ("x" * 64, "x" * 64)],
)
def test_an_address_that_is_none_of_ours_is_one_clear_line_and_exit_2(tmp_path: Path, address: str, shown: str) -> None:
    done = run("--config", config_of(tmp_path, "log: {path: ':memory:'}"), EYEWALL_SERVER__ADDRESS=address)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        rf"cannot listen on {re.escape(shown)}:3030: [^;\n]+; set server.address to [^\n]+\n", done.stderr
    )


def test_a_machine_without_ipv6_is_told_so_in_one_line(tmp_path: Path) -> None:
    """An empty network namespace has none; not even the loopback is up."""
    config = config_of(tmp_path, "log: {path: ':memory:'}\nserver: {address: '::1'}")
    command = ["unshare", "--net", sys.executable, "server.py", "--config", config]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    if "unshare failed" in done.stderr:
        pytest.skip("only root can have a network of its own")
    assert done.returncode == 2
    assert done.stderr.startswith("cannot listen on [::1]:3030: Cannot assign requested address; set server.address")


@pytest.mark.parametrize("descriptors", [20, 40])
def test_too_few_descriptors_are_one_clear_line_and_exit_2(tmp_path: Path, descriptors: int) -> None:
    """With these it would start, and reject every connection."""
    config = config_of(tmp_path, "log: {path: ':memory:'}")
    command = ["prlimit", f"--nofile={descriptors}:{descriptors}", sys.executable, "server.py", "--config", config]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(
        f"this process may open {descriptors} files, and needs at least 100.*`ulimit -n`.*\n", done.stderr
    )


def test_a_soft_limit_is_raised_as_far_as_may_be(tmp_path: Path) -> None:
    with walls(tmp_path) as start_wall:
        wall = start_wall(prefix=["prlimit", "--nofile=40:1000"])
        limit = wall.metrics()["process_max_fds"]
    assert limit == 1000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop a capability")
def test_a_port_without_permission_is_one_clear_line_and_exit_2(tmp_path: Path) -> None:
    start = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if int(start.read_text()) <= 1:
        pytest.skip("here every user may listen on port 1")
    config = config_of(tmp_path, "log: {path: ':memory:'}")
    # Root without the capability for low ports.
    command = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service", sys.executable]
    done = subprocess.run(
        [*command, "server.py", "--config", config, "--port", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("cannot listen on 127.0.0.1:1: Permission denied; ")


def test_a_standard_output_that_takes_nothing_does_not_keep_it_from_starting(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    config = config_of(tmp_path, "sources: []\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "server.py", "--config", config, f"--port={port}"], cwd=ROOT, stdout=writing
    )
    try:
        block_until(lambda: answers(port), 100)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_closed_standard_descriptors_are_never_those_of_the_log(tmp_path: Path) -> None:
    """Otherwise the lines of the server's log would be written into the log's file."""
    config = config_of(tmp_path, "sources: []\nserver: {drain_seconds: 0, port: 0}\n")
    command = f"exec {sys.executable} server.py --config {config} <&- >&- 2>&-"
    process = subprocess.Popen(["sh", "-c", command], cwd=ROOT)
    try:
        lock = tmp_path / "eyewall.db-lock"
        block_until(lambda: lock.exists() and lock.stat().st_size > 0, 100)
        links = block_until(lambda: [Path(f"/proc/{process.pid}/fd/{number}").readlink() for number in range(3)])
        assert links == [Path(os.devnull)] * 3
        block_until(lambda: catches_sigterm(process.pid), 100)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


def catches_sigterm(pid: int) -> bool:
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    return caught is not None and bool(int(caught[1], 16) & 1 << signal.SIGTERM - 1)


@pytest.mark.parametrize("name", ["QUIT", "USR1", "USR2", "ALRM", "PWR"])
def test_every_other_ending_signal_drains(start_wall: StartWall, name: str) -> None:
    wall = start_wall("server: {drain_seconds: 0}\n")
    wall.signal(getattr(signal, f"SIG{name}"))
    block_until(lambda: not wall.is_running, 60)
    assert wall.stop() == 0
    assert f"stopping on SIG{name}; a second signal ends at once" in wall.log


def test_sighup_reads_the_config_again(start_wall: StartWall) -> None:
    wall = start_wall("server: {drain_seconds: 0}\n", prefix=["setsid"])
    wall.signal(signal.SIGHUP)
    block_until(lambda: "config.yaml applied: no setting changed" in wall.log, 60)
    assert wall.is_running


def test_sighup_of_a_closed_terminal_drains(tmp_path: Path) -> None:
    config = config_of(tmp_path, "sources: []\nserver: {drain_seconds: 0}\n")
    terminal, end = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "server.py", "--config", config, "--port=0"],
        cwd=ROOT,
        stdin=end,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline().startswith("Eyewall is at")
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 0
    os.close(terminal)
    os.close(end)
