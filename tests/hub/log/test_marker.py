"""The marker beside the log: what makes the next start doubt the log, and what does not."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hub.log.file import LogFile
from tests.hub.log_files import Open, one_run


def chmod(file: Path) -> None:
    file.chmod(0o600)
    file.chmod(0o644)


def chown(file: Path) -> None:
    """To the same owner, as `chown -R` in a container's entry point does at every start."""
    os.chown(file, os.getuid(), os.getgid())


def set_attribute(file: Path) -> None:
    with suppress(OSError):  # Not on every file system.
        os.setxattr(file, "user.eyewall", b"1")


def touch(file: Path) -> None:
    os.utime(file, (0, 0))


@pytest.mark.parametrize("act", [chmod, chown, set_attribute, touch])
@pytest.mark.gen_test
async def test_permissions_owners_attributes_and_times_begin_no_new_epoch(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture, act: Callable[[Path], None]
) -> None:
    first = await one_run(opened, path, "a")
    for file in path.parent.iterdir():
        act(file)
    act(path.parent)
    assert (await one_run(opened, path)).epoch == first.epoch
    assert not caplog.records


@pytest.mark.parametrize(
    ("epoch", "head", "is_mismatch"),
    [(5, 9, False), (5, 10, False), (6, 9, False), (5, 8, True), (4, 9, True), (6, 8, True)],
)
def test_a_log_whose_head_or_epoch_is_behind_the_marker_is_doubted(
    path: Path, epoch: int, head: int, is_mismatch: bool
) -> None:
    """It may be ahead: the server was killed after a commit, before it wrote the marker."""
    file = LogFile(str(path))
    file.write_marker(5, 9)
    assert bool(file.epoch_mismatch(epoch, head)) == is_mismatch
    file.release()
