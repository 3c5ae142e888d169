"""The ways of docs/senders.md, with the real programs."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import block_until
from tests.wall import ROOT, StartWall, Wall


def block(heading: str, wall: Wall) -> str:
    """The first block below this heading, for the port of this wall."""
    found = re.search(
        rf"^## {heading}\n```\w*\n(.*?)```", (ROOT / "docs/senders.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert found, heading
    return found[1].replace("localhost:3030", f"localhost:{wall.port}")


def need(program: str, package: str) -> str:
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"no {program}: sudo apt install {package}")
    return path


@contextmanager
def running(command: list[str] | str, folder: Path) -> Iterator[None]:
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            command, shell=isinstance(command, str), cwd=folder, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # With all its children.
        process.wait(30)


def messages(wall: Wall, topic: str, count: int) -> list[dict[str, Any]]:
    """Wait for so many messages; the oldest first."""

    def newest() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = wall.get_json(f"/messages?topic={topic}&order=asc")["messages"]
        return found

    block_until(lambda: len(newest()) >= count, 60)
    return newest()


@pytest.fixture
def wall(start_wall: StartWall) -> Wall:
    return start_wall("sources: []\n")


def log_to(path: Path) -> None:
    """Write three messages to a syslog socket."""
    block_until(path.exists, 30)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        block_until(lambda: log.connect_ex(str(path)) == 0, 30)
        for priority, text in ((11, 'disk "sda" is full\\'), (12, "nearly 90 % used"), (14, "all is well")):
            log.send(f"<{priority}>Dec  1 03:00:00 backup[7]: {text}".encode())


def are_from_syslog(found: list[dict[str, Any]]) -> bool:
    assert [one["message"] for one in found] == ['disk "sda" is full\\', "nearly 90 % used", "all is well"]
    assert [one["level"] for one in found] == ["error", "warning", "info"]
    assert {one["source"] for one in found} == {"backup"}
    assert all(re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}T", one["data"]["time"]) for one in found)
    return True


def test_a_file(wall: Wall, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("before\n")
    with running(block("A file", wall), tmp_path), log.open("a") as file:

        def arrives() -> bool:  # `tail` may start later than the first line is written.
            file.write("ERROR disk full\n")
            file.flush()
            return bool(wall.get_json("/messages?topic=app")["messages"])

        block_until(arrives, 30)
    assert messages(wall, "app", 1)[0]["level"] == "error"


def test_a_command(wall: Wall, tmp_path: Path) -> None:
    script = tmp_path / "backup.sh"
    script.write_text("#!/bin/sh\necho copied 12 files\necho 'WARNING: 1 file is unreadable' >&2\n")
    script.chmod(0o755)
    done = subprocess.run(block("A command, or a job of cron", wall), shell=True, cwd=tmp_path, capture_output=True)
    assert b'"accepted":2' in done.stdout
    found = messages(wall, "backup", 2)
    assert [(one["level"], one["source"]) for one in found] == [("info", "cron"), ("warning", "cron")]


def test_rsyslog(wall: Wall, tmp_path: Path) -> None:
    program = need("rsyslogd", "rsyslog")
    config, log = tmp_path / "rsyslog.conf", tmp_path / "log"
    config.write_text(
        f'module(load="imuxsock" sysSock.use="off")\ninput(type="imuxsock" socket="{log}")\n' + block("rsyslog", wall)
    )
    with running([program, "-n", "-f", str(config), "-i", str(tmp_path / "pid")], tmp_path):
        log_to(log)
        assert are_from_syslog(messages(wall, "syslog", 3))


def test_syslog_ng(wall: Wall, tmp_path: Path) -> None:
    program = need("syslog-ng", "syslog-ng-core syslog-ng-mod-http")
    config, log = tmp_path / "syslog-ng.conf", tmp_path / "log"
    head = f'@version: 3.35\nsource s_src {{ unix-dgram("{log}"); }};\n'
    config.write_text(head + block("syslog-ng", wall))
    files = [f"--{name}={tmp_path / name}" for name in ("persist-file", "pidfile", "control")]
    with running([program, "-F", "-f", str(config), *files], tmp_path):
        log_to(log)
        assert are_from_syslog(messages(wall, "syslog", 3))


def test_python(wall: Wall) -> None:
    subprocess.run([sys.executable, "-c", block("Python", wall)], check=True)
    (found,) = messages(wall, "python", 1)
    assert (found["message"], found["level"], found["source"]) == ("disk sda is full", "error", "root")
