"""The log's file is removed, moved or replaced under a running server, or put back from a backup before a start."""

import shutil
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hub.log_files import rows
from tests.reliability.prefilled import prefill
from tests.reliability.reader import OpenReader
from tests.reliability.wire import seq_of
from tests.waiting import block_until, until
from tests.wall import StartWall, Wall

TRIES = 20


def refused(wall: Wall) -> int:
    """The status of a publish that must not be acknowledged."""
    with pytest.raises(urllib.error.HTTPError) as error:
        wall.publish("lost")
    assert int(error.value.headers["Retry-After"]) > 0
    error.value.close()
    return error.value.code


def lines(wall: Wall, text: str) -> list[str]:
    return [line for line in wall.log.split("\n") if text in line]


def remove(path: Path) -> None:
    path.rename(path.with_name("away"))  # To the server it is the same, and a test can look into it.


def replace(path: Path) -> None:
    remove(path)
    shutil.copy(path.with_name("away"), path)


@pytest.mark.parametrize("suffix", ["", "-wal"])
@pytest.mark.parametrize("harm", [remove, replace])
@pytest.mark.gen_test
async def test_nothing_is_acknowledged_into_a_file_that_is_gone(
    tmp_path: Path, start_wall: StartWall, open_reader: OpenReader, harm: Callable[[Path], None], suffix: str
) -> None:
    path = tmp_path / "eyewall.db"
    wall = start_wall(f"log: {{path: {path}}}\nstream: {{heartbeat_seconds: 1}}\n")
    reader = await open_reader(wall)
    await reader.opened()
    wall.publish("one")
    place = path.with_name(path.name + suffix)
    harm(place)
    assert [refused(wall) for _ in range(TRIES)] == [503] * TRIES
    (said,) = await until(lambda: lines(wall, "ERROR"))
    assert f"{path}: cannot be written: {place.name} was removed, moved or replaced while the server runs; " in said
    assert said.endswith("put the same file back, or restart the server with what is there")
    place.with_name("away").rename(place)
    assert seq_of(wall.publish("two")) == 2
    await until(lambda: lines(wall, "can be written again"))
    assert len(lines(wall, "ERROR")) == 1
    await until(lambda: reader.seqs == [1, 2])
    assert not reader.has_ended, "the stream did not stay up"
    assert wall.stop() == 0
    assert rows(path) == [(1, "one"), (2, "two")]


def test_a_removed_write_ahead_log_is_repaired_by_a_restart(tmp_path: Path, start_wall: StartWall) -> None:
    path = tmp_path / "eyewall.db"
    wall = start_wall(f"log: {{path: {path}}}\n")
    first = wall.publish("one")
    path.with_name("eyewall.db-wal").unlink()
    assert refused(wall) == 503
    wall.restart()
    assert wall.publish("two") == first.replace("-1", "-2")
    assert rows(path) == [(1, "one"), (2, "two")]


def test_a_log_that_was_removed_is_begun_anew_by_a_restart(tmp_path: Path, start_wall: StartWall) -> None:
    path = tmp_path / "eyewall.db"
    wall = start_wall(f"log: {{path: {path}}}\n")
    first = wall.publish("one")
    path.unlink()
    assert refused(wall) == 503
    wall.restart()
    block_until(lambda: lines(wall, f"{path}: the file is missing, with all messages up to {first}: a new log begins"))
    assert wall.publish("two").partition("-")[0] > first.partition("-")[0]


@pytest.mark.gen_test
async def test_a_reader_is_told_when_a_backup_was_put_back(
    tmp_path: Path, start_wall: StartWall, open_reader: OpenReader
) -> None:
    path = tmp_path / "eyewall.db"
    prefill(path, 3)
    (tmp_path / "backup").mkdir()
    shutil.copy2(path, tmp_path / "backup")
    wall = start_wall(f"log: {{path: {path}}}\n")
    known = wall.publish("known to a reader")
    wall.kill()
    for name in ("eyewall.db-wal", "eyewall.db-shm"):
        path.with_name(name).unlink()
    shutil.copy2(tmp_path / "backup" / "eyewall.db", path.parent)
    wall.start()
    await until(lambda: len(lines(wall, "a new epoch begins, and readers of lost messages are told")) == 1)
    other = wall.publish("for the same seq")
    assert seq_of(other) == seq_of(known)
    reader = await open_reader(wall, f"/events?last_event_id={known}")
    (gap,) = await until(lambda: list(reader.named("gap")))
    assert (gap["reason"], gap["missing"], gap["withdrawn"]) == ("rolled_back", 0, 1)
    await until(lambda: reader.seqs == [4])
