"""When a log begins a new epoch: a reader must never take one message for another (hub/log/database.py, file.py)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from hub.delivery.cursor import Gap, Position, resolve
from hub.log.database import close_writer, open_writer
from hub.log.tuning import DEFAULT, Tuning
from tests.hub.log_files import Open, Time, in_writer, one_run, say, started
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
    tmp_path: Path,
    synchronous: str,
    went_down: bool,
    in_order: bool,
    is_new: bool,
) -> None:
    """Its seqs are given out again: a reader of the first messages must not take the second ones for them."""
    path = tmp_path / "eyewall.db"
    with closing(open_writer(str(path), synchronous, EPOCH)) as connection:
        if in_order:
            close_writer(connection)
    tuning = DEFAULT
    if went_down:
        (tmp_path / "boot").write_text("another boot\n")
        tuning = Tuning(boot_id=tmp_path / "boot")
    for _ in range(2):  # And only once.
        with closing(open_writer(str(path), synchronous, EPOCH + 1, tuning=tuning)) as connection:
            (epoch,) = connection.execute("SELECT epoch FROM log").fetchone()
            assert epoch == EPOCH + is_new


def copy(path: Path, *suffixes: str) -> None:
    """A backup of the files, as they are now."""
    backup = path.parent / "backup"
    backup.mkdir()
    for suffix in suffixes:
        shutil.copy2(f"{path}{suffix}", backup / f"{path.name}{suffix}")


def put_back_by_rename(path: Path) -> None:
    """As `mv` does, with their old times."""
    for file in (path.parent / "backup").iterdir():
        file.rename(path.parent / file.name)


def put_back_in_place(path: Path) -> None:
    """As `cp -a` does: the same inode, with its old times."""
    for file in (path.parent / "backup").iterdir():
        shutil.copy2(file, path.parent)


@pytest.mark.gen_test
async def test_a_log_that_was_left_in_order_goes_on(opened: Open, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = await one_run(opened, path, "a", "b")
    again = await one_run(opened, path, "c")
    assert (again.epoch, again.head) == (first.epoch, 3)
    assert not caplog.records


RESTORED = [
    (put_back_by_rename, [""], "the file was copied or restored"),
    (put_back_by_rename, ["", "-lock"], "its -lock file is a copy"),
    (put_back_in_place, [""], "it ends with "),  # Over both files in place is not recognized (README).
]


@pytest.mark.parametrize(("restore", "suffixes", "reason"), RESTORED)
@pytest.mark.parametrize("restarted", [False, True], ids=["of the same run", "of an earlier run"])
@pytest.mark.gen_test
async def test_a_backup_that_is_restored_begins_a_new_epoch(
    opened: Open,
    path: Path,
    caplog: pytest.LogCaptureFixture,
    restore: Callable[[Path], None],
    suffixes: list[str],
    reason: str,
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
    restore(path)

    again = await one_run(opened, path, "for the same seq")
    assert again.epoch > old
    assert again.head == 4
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(f"{path}: {reason}")
    assert line.endswith("; a new epoch begins, and readers of lost messages are told")
    assert (await one_run(opened, path)).epoch == again.epoch, "only once"
    # A reader of "d" and "known to a reader" is told; one of "c" has missed nothing.
    known_last = 5 if reason != "its -lock file is a copy" else 3
    gap = Gap(f"{old}-5", f"{again.epoch}-4", 0, "rolled_back", withdrawn=2)
    assert resolve(f"{old}-5", again) == Position(3, gap)
    assert resolve(f"{old}-4", again) == Position(
        3, Gap(f"{old}-4", f"{again.epoch}-4", max(0, known_last - 4), "rolled_back", withdrawn=1)
    )
    assert resolve(f"{old}-3", again) == Position(3)


@pytest.mark.gen_test
async def test_a_copy_elsewhere_is_another_log(opened: Open, path: Path, tmp_path: Path) -> None:
    """A copy cannot be told from a move, and of two that go on each must be known for itself."""
    first = await one_run(opened, path, "a")
    (tmp_path / "elsewhere").mkdir()
    elsewhere = tmp_path / "elsewhere" / path.name
    shutil.copy2(path, elsewhere)
    assert (await one_run(opened, elsewhere)).epoch > first.epoch
    assert (await one_run(opened, path)).epoch == first.epoch


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
    first = await one_run(opened, path, "a")
    harm(path.with_name("eyewall.db-lock"))
    assert (await one_run(opened, path)).epoch > first.epoch


@pytest.mark.gen_test
async def test_a_write_ahead_log_that_was_cleared_away_after_a_kill_begins_a_new_epoch(
    opened: Open, path: Path
) -> None:
    """What was acknowledged last was in it."""
    first = await one_run(opened, path, "a")
    assert subprocess.run([sys.executable, "-c", KILLED, path, "49"]).returncode == 9
    path.with_name("eyewall.db-wal").unlink()
    again = await one_run(opened, path)
    assert again.epoch > first.epoch
    assert again.head == 1


@pytest.mark.gen_test
async def test_a_removed_log_is_begun_anew_and_reported(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = await one_run(opened, path, "a", "b")
    path.unlink()
    clock = Time()
    clock.now -= 86400
    again = await one_run(opened, path, "a", clock=clock)
    assert again.epoch > first.epoch, "also when the clock was set back"
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: the file is missing, with all messages up to {first.epoch}-2: a new log begins"
    ]


KILLED = """
import asyncio, os, sys
from tests.hub.log_files import open_log, say

async def main() -> None:
    log = open_log(sys.argv[1])
    await log.start([])
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
    first = await one_run(opened, path, "a")
    for _ in range(3):
        assert subprocess.run([sys.executable, "-c", KILLED, path, after]).returncode == 9
    assert (await one_run(opened, path)).epoch == first.epoch
