"""A log that cannot be had: one clear line, exit status 2, and the file as it was."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.log.schema import MIGRATIONS
from tests.reliability.prefilled import prefill
from tests.wall import StartWall, Wall


def refusal(start_wall: StartWall, path: Path) -> str:
    """What the server says instead of starting."""
    with pytest.raises(AssertionError, match="no start, exit status 2: ") as refused:
        start_wall(f"log: {{path: {json.dumps(str(path))}}}\n")  # JSON is YAML.
    said = str(refused.value).partition("exit status 2: ")[2].strip()
    assert "\n" not in said
    return said


def same(path: Path) -> Path:
    return path


def without_lock(path: Path) -> Path:
    path.with_name("eyewall.db-lock").unlink()
    return path


def link(path: Path) -> Path:
    path.with_name("link.db").symlink_to(path)
    return path.with_name("link.db")


def hard_link(path: Path) -> Path:
    path.with_name("hard.db").hardlink_to(path)
    return path.with_name("hard.db")


@pytest.mark.parametrize("way", [same, without_lock, link, hard_link])
def test_a_second_server_on_one_file_does_not_start(
    start_wall: StartWall, tmp_path: Path, way: Callable[[Path], Path]
) -> None:
    path = tmp_path / "eyewall.db"
    first: Wall = start_wall(f"log: {{path: {path}}}\n")
    first.publish("one")
    said = refusal(start_wall, way(path))
    assert said.startswith(str(tmp_path))
    assert said.endswith("another Eyewall is using this log; stop it, or choose another log.path")
    path.with_name("hard.db").unlink(missing_ok=True)
    first.publish("two")
    first.kill()
    second: Wall = start_wall(f"log: {{path: {path}}}\n")
    assert second.publish("three").endswith("-3")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


def damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_000)


def no_log(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (newer, "was written by a newer Eyewall"),
        (damaged, "restore it from a backup, or move it away to begin a new log"),
        (no_log, "restore it from a backup, or move it away to begin a new log"),
    ],
)
def test_a_file_that_is_no_log_of_ours_is_refused_and_left_alone(
    start_wall: StartWall, tmp_path: Path, spoil: Callable[[Path], None], says: str
) -> None:
    path = tmp_path / "eyewall.db"
    prefill(path, 1000)
    spoil(path)
    before = path.read_bytes()
    assert says in refusal(start_wall, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x" * 300, "cannot be written here (File name too long); change log.path or its folder"),
        ("missing/eyewall.db", "cannot be written here (No such file or directory); change log.path or its folder"),
        ("/sys/eyewall.db", "cannot be written here (Permission denied); change log.path or its folder"),
        ("/dev/null", "this is a device, pipe or socket; log.path must name a file"),
        ("pipe", "this is a device, pipe or socket; log.path must name a file"),
        ("", "this is a folder; log.path must name a file"),
    ],
)
def test_a_name_that_no_log_can_have_is_refused(start_wall: StartWall, tmp_path: Path, name: str, says: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(start_wall, tmp_path / name).endswith(says)
