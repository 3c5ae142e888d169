"""Errors that keep the process from starting: one line each, and exit status 2."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_server import config_of, run
from tests.wall import ROOT, walls


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
