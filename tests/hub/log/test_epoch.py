"""When a log begins a new epoch: a reader must never take one message for another (hub/log/database.py, file.py)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.log import database
from hub.log import file as log_file
from hub.log.database import close_writer, open_writer
from hub.log.file import LogMarker
from hub.log.sqlite import SqliteLog
from tests.hub.log_files import Open, Time, in_writer, say, started
from tests.hub.parts import EPOCH


@pytest.mark.parametrize(
    ("synchronous", "went_down", "in_order", "is_new"),
    [
        ("normal", True, False, True),
        ("normal", False, False, False),  # Only the server was killed: the kernel still had everything.
        ("normal", True, True, False),
        ("full", True, False, False),
    ],
)
def test_a_log_whose_end_may_be_lost_begins_a_new_epoch(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    synchronous: str,
    went_down: bool,
    in_order: bool,
    is_new: bool,
) -> None:
    """Its seqs would be given out again: a reader who saw the first ones must not take the second for them."""
    path = tmp_path / "eyewall.db"
    with closing(open_writer(str(path), synchronous, EPOCH)) as connection:
        if in_order:
            close_writer(connection)
    if went_down:
        (tmp_path / "boot").write_text("another boot\n")
        monkeypatch.setattr(database, "BOOT", tmp_path / "boot")
    for _ in range(2):  # And only once.
        with closing(open_writer(str(path), synchronous, EPOCH + 1)) as connection:
            (epoch,) = connection.execute("SELECT epoch FROM log").fetchone()
            assert epoch == EPOCH + is_new


def copy(path: Path, *suffixes: str) -> None:
    """A backup of the files, as they are now."""
    backup = path.parent / "backup"
    backup.mkdir()
    for suffix in suffixes:
        shutil.copy2(f"{path}{suffix}", backup / f"{path.name}{suffix}")


def put_back(path: Path) -> None:
    """With its old times, as `cp -a` does."""
    for file in (path.parent / "backup").iterdir():
        shutil.copy2(file, path.parent)


def age(lock: Path, seconds: int) -> None:
    """As if what stands in it had been written so long ago, and the file put there now."""
    left = LogMarker.parse(lock.read_bytes())
    assert left is not None
    lock.write_bytes(replace(left, written=left.written - seconds * 1_000_000_000).line)


async def run(opened: Open, path: Path, *texts: str, clock: Time | None = None) -> SqliteLog:
    """One run of a server that says something, and its orderly end."""
    log = opened(path, clock)
    await started(log)
    for text in texts:
        await say(log, text)
    await log.stop()
    return log


@pytest.mark.gen_test
async def test_a_log_that_was_left_in_order_goes_on(opened: Open, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = await run(opened, path, "a", "b")
    again = await run(opened, path, "c")
    assert (again.epoch, again.head) == (first.epoch, 3)
    assert not caplog.records


@pytest.mark.parametrize("suffixes", [[""], ["", "-lock"]], ids=["the log", "both files"])
@pytest.mark.parametrize("restarted", [False, True], ids=["of the same run", "of an earlier run"])
@pytest.mark.gen_test
async def test_a_backup_that_is_put_back_begins_a_new_epoch(
    opened: Open,
    path: Path,
    caplog: pytest.LogCaptureFixture,
    suffixes: list[str],
    restarted: bool,
) -> None:
    log = opened(path)
    await started(log)
    await say(log, "a", "b")
    await say(log, "c")
    await in_writer(log, "PRAGMA wal_checkpoint(TRUNCATE)")  # Or the copy would be of the log's past.
    copy(path, *suffixes)
    await say(log, "d")
    if restarted:
        await log.stop()
        log = opened(path)
        await started(log)
    old = (await say(log, "known to a reader")).epoch
    await log.stop()
    put_back(path)
    if "-lock" in suffixes:  # A backup that is some seconds old, because tests are faster than operators.
        age(path.with_name("eyewall.db-lock"), 5)

    again = await run(opened, path, "for the same seq")
    assert again.epoch > old
    assert again.head == 4
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{path}: ")
    assert said.endswith("messages may be missing, so a new epoch begins and readers are told")
    assert (await run(opened, path)).epoch == again.epoch, "only once"


@pytest.mark.gen_test
async def test_a_copy_elsewhere_is_another_log(opened: Open, path: Path, tmp_path: Path) -> None:
    """A copy cannot be told from a move, and of two that go on each must be known for itself."""
    first = await run(opened, path, "a")
    (tmp_path / "elsewhere").mkdir()
    elsewhere = tmp_path / "elsewhere" / path.name
    shutil.copy2(path, elsewhere)
    assert (await run(opened, elsewhere)).epoch > first.epoch
    assert (await run(opened, path)).epoch == first.epoch


def remove(lock: Path) -> None:
    lock.unlink()


def empty(lock: Path) -> None:
    os.truncate(lock, 0)


def spoil(lock: Path) -> None:
    lock.write_bytes(b"\xff" * 500)


@pytest.mark.parametrize("harm", [remove, empty, spoil])
@pytest.mark.gen_test
async def test_a_log_of_which_nothing_is_known_begins_a_new_epoch(
    opened: Open, path: Path, harm: Callable[[Path], None]
) -> None:
    """It may be a backup. When it is none, its readers hear of a gap that may be there; a silent one would be a lie."""
    first = await run(opened, path, "a")
    harm(path.with_name("eyewall.db-lock"))
    assert (await run(opened, path)).epoch > first.epoch


@pytest.mark.gen_test
async def test_a_write_ahead_log_that_was_cleared_away_after_a_kill_begins_a_new_epoch(
    opened: Open, path: Path
) -> None:
    """What was acknowledged last was in it."""
    first = await run(opened, path, "a")
    assert subprocess.run([sys.executable, "-c", KILLED, path, "49"]).returncode == 9
    path.with_name("eyewall.db-wal").unlink()
    again = await run(opened, path)
    assert again.epoch > first.epoch
    assert again.head == 1


@pytest.mark.gen_test
async def test_a_log_that_is_gone_is_begun_anew_and_that_is_said(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await run(opened, path, "a", "b")
    path.unlink()
    clock = Time()
    clock.now -= 86400
    again = await run(opened, path, "a", clock=clock)
    assert again.epoch > first.epoch, "also when the clock was set back"
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: is gone, with all up to {first.epoch}-2: a new log begins"
    ]


KILLED = """
import asyncio, os, sys
from tests.hub.log_files import open_log, say

async def main() -> None:
    log = open_log(sys.argv[1])
    await log.start(lambda messages: None)
    if sys.argv[2] == "none":
        os._exit(9)
    saying = [asyncio.ensure_future(say(log, f"m{number}")) for number in range(50)]
    await saying[int(sys.argv[2])]
    os._exit(9)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", ["none", "0", "49"])
@pytest.mark.gen_test
async def test_a_server_that_was_killed_goes_on_in_its_epoch(opened: Open, path: Path, after: str) -> None:
    first = await run(opened, path, "a")
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", KILLED, path, after]).returncode == 9
    assert (await run(opened, path)).epoch == first.epoch


@pytest.mark.parametrize(("seconds", "is_new"), [(60, False), (600, True)])
def test_after_a_power_cut_the_two_times_need_not_agree_so_well(
    path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, is_new: bool
) -> None:
    """The kernel writes what is in a file and when it was changed at different times."""
    boot = path.with_name("boot")
    boot.write_text("b-1")
    monkeypatch.setattr(log_file, "BOOT", boot)
    file = log_file.LogFile(str(path))
    file.vouch(EPOCH, 1)
    file.release()
    age(path.with_name("eyewall.db-lock"), seconds)
    for name, doubted in (("b-1", True), ("b-2", is_new)):
        boot.write_text(name)
        file = log_file.LogFile(str(path))
        assert bool(file.doubt(EPOCH, 1)) == doubted
        file.release()


@pytest.mark.parametrize(("epoch", "head", "doubted"), [(5, 9, False), (5, 10, False), (5, 8, True), (6, 9, True)])
def test_a_log_is_doubted_that_ends_before_it_did(path: Path, epoch: int, head: int, doubted: bool) -> None:
    """It may end behind: the server was killed after a commit, before that was written down."""
    file = log_file.LogFile(str(path))
    file.vouch(5, 9)
    assert bool(file.doubt(epoch, head)) == doubted
    file.release()
