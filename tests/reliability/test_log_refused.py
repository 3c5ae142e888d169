"""A log that cannot be had: one clear line, exit status 2, and the file as it was."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.log.database import MIGRATIONS
from tests.reliability.prefilled import prefill
from tests.wall import StartWall, Wall


def refusal(start_wall: StartWall, path: Path) -> str:
    """What the server says instead of starting."""
    with pytest.raises(AssertionError, match="no start, exit status 2: ") as refused:
        start_wall(f"log: {{path: {path}}}\n")
    said = str(refused.value).partition("exit status 2: ")[2].strip()
    assert "\n" not in said
    assert str(path) in said
    return said


def test_a_second_server_on_one_file_does_not_start(start_wall: StartWall, tmp_path: Path) -> None:
    path = tmp_path / "eyewall.db"
    first: Wall = start_wall(f"log: {{path: {path}}}\n")
    first.publish("one")
    assert "another Eyewall is using this log; stop it, or choose another log.path" in refusal(start_wall, path)
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
