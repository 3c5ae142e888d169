"""Which files can be the log, that one process locks them, and that they stay in their place."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hub.log import file as log_file
from hub.log.file import LogError, LogFile, Misplaced


@pytest.fixture
def held(path: Path) -> Iterator[LogFile]:
    """As a server holds it, with SQLite's second file beside it."""
    file = LogFile(str(path))
    path.with_name("eyewall.db-wal").touch()
    file.opened()
    yield file
    file.release()


def refusal(path: Path | str) -> str:
    with pytest.raises(LogError) as refused:
        LogFile(str(path))
    return str(refused.value)


IN_USE = "another Eyewall is using this log; stop it, or choose another log.path"


def test_a_log_has_one_writer_at_a_time(path: Path) -> None:
    held = LogFile(str(path))
    assert refusal(path) == f"{path}: {IN_USE}"
    held.release()
    held.release()
    LogFile(str(path)).release()


def remove_lock(path: Path) -> Path:
    path.with_name("eyewall.db-lock").unlink()
    return path


def link(path: Path) -> Path:
    path.with_name("link.db").symlink_to(path)
    return path.with_name("link.db")


def hard_link(path: Path) -> Path:
    path.with_name("hard.db").hardlink_to(path)
    return path.with_name("hard.db")


def folder_link(path: Path) -> Path:
    path.with_name("folder").symlink_to(path.parent)
    return path.with_name("folder") / path.name


@pytest.mark.parametrize("other_way", [remove_lock, link, hard_link, folder_link])
def test_nor_by_another_way_to_the_same_file(path: Path, held: LogFile, other_way: Callable[[Path], Path]) -> None:
    assert IN_USE in refusal(other_way(path))
    assert held.path == str(path)


def test_a_log_that_was_replaced_still_has_its_writer(path: Path, held: LogFile) -> None:
    path.unlink()
    assert IN_USE in refusal(path)
    held.release()


def test_a_file_with_two_names_is_refused(path: Path) -> None:
    """SQLite's write-ahead log goes by the name: under the other one the last messages would not be seen."""
    LogFile(str(path)).release()
    hard_link(path)
    assert "has another name too (a hard link)" in refusal(path)
    path.with_name("hard.db").unlink()
    LogFile(str(path)).release()


def test_a_lock_goes_with_its_process(path: Path) -> None:
    """However it ends, no file has to be removed by hand."""
    program = "import os, sys\nfrom hub.log.file import LogFile\nheld = LogFile(sys.argv[1])\nos._exit(9)"
    assert subprocess.run([sys.executable, "-c", program, path]).returncode == 9
    LogFile(str(path)).release()


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"{tmp_path}: this is a folder; log.path must name a file"


def test_a_pipe_is_no_log_and_is_not_opened(path: Path) -> None:
    os.mkfifo(path)
    assert refusal(path) == f"{path}: this is a device, pipe or socket; log.path must name a file"
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_device_is_no_log() -> None:
    assert refusal("/dev/null") == "/dev/null: this is a device, pipe or socket; log.path must name a file"
    assert not Path("/dev/null-lock").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = refusal(tmp_path / "missing" / "eyewall.db")
    assert said.endswith(
        "missing/eyewall.db: cannot be written here (No such file or directory); change log.path or its folder"
    )


def test_a_name_that_is_too_long_is_shortened_in_the_error(tmp_path: Path) -> None:
    said = refusal(tmp_path / ("x" * 300))
    assert said.endswith("x…: cannot be written here (File name too long); change log.path or its folder")
    assert len(said) < 300


@pytest.mark.parametrize("name", ["eyewall.db", "eyewall.db-wal"])
def test_a_file_that_is_removed_or_moved_is_missed_until_it_is_back(path: Path, held: LogFile, name: str) -> None:
    held.check()
    place, away = path.with_name(name), path.with_name("away")
    place.rename(away)
    with pytest.raises(Misplaced, match=f"^{name} was removed, moved or replaced while the server runs; put the same"):
        held.check()
    place.write_bytes(b"another")
    with pytest.raises(Misplaced):
        held.check()
    away.rename(place)
    held.check()


def test_what_an_unclean_end_left_is_written_again_before_it_is_built_on(path: Path) -> None:
    """A sync of it may have failed: it is read back from the kernel's memory, and is not on the disk."""
    wal = path.with_name("eyewall.db-wal")
    wal.write_bytes(b"frames" * 500_000)
    os.utime(wal, (0, 0))
    file = LogFile(str(path))
    file.rewrite_wal()
    assert wal.read_bytes() == b"frames" * 500_000
    assert wal.stat().st_mtime > 0
    os.utime(wal, (0, 0))
    file.rewrite_wal()
    assert wal.stat().st_mtime == 0, "once is enough"
    file.release()


def test_another_file_in_its_place_is_not_what_a_failed_sync_left(path: Path, held: LogFile) -> None:
    wal = path.with_name("eyewall.db-wal")
    wal.rename(path.with_name("away"))
    wal.write_bytes(b"another")
    held.is_wal_suspect = True
    for _ in range(2):
        with pytest.raises(Misplaced):
            held.rewrite_wal()


def test_descriptors_are_returned_also_when_it_cannot_be_had(path: Path, held: LogFile) -> None:
    def descriptors() -> list[Path]:
        """Of files in this test's folder; the others come and go with what else this process does."""
        opened = [link.resolve() for link in Path("/proc/self/fd").iterdir()]
        return sorted(file for file in opened if file.is_relative_to(path.parent.resolve()))

    before = descriptors()
    for _ in range(3):
        with suppress(LogError):
            LogFile(str(path))
    assert descriptors() == before != []
    assert held.path == str(path)


@pytest.mark.parametrize(
    ("mounts", "kind"),
    [
        ("/dev/sda / ext4 rw 0 0", ""),
        ("/dev/sda / ext4 rw 0 0\nserver:/x {0} nfs4 rw 0 0", "nfs4"),
        ("server:/x / nfs rw 0 0\ntmpfs {0} tmpfs rw 0 0", ""),
        ("/dev/sda / ext4 rw 0 0\n//nas/x {0}-not cifs rw 0 0", ""),
        ("/dev/sda {0} ext4 rw 0 0\n//nas/x {0} cifs rw 0 0", "cifs"),  # The later one is seen.
    ],
)
def test_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str, kind: str
) -> None:
    folder = tmp_path / "with blank"
    folder.mkdir()
    table = tmp_path / "mounts"
    table.write_text(mounts.format(str(folder).replace(" ", "\\040")) + "\n", "utf-8")
    monkeypatch.setattr(log_file, "MOUNTS", table)
    if kind:
        said = refusal(folder / "eyewall.db")
        assert f"on a network file system ({kind})" in said
        assert said.endswith("choose a log.path on a local disk")
    else:
        LogFile(str(folder / "eyewall.db")).release()
