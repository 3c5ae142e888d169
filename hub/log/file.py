"""The log's file as a file: whether it can be one, that it is ours alone, and that it is still the one we opened.

Of what is in it it knows how far it came: that stands in a second file, `<name>-lock`, so that the
next start sees when a backup was put back. Then the same seqs would be given out again
for other messages, and a reader who saw the first ones must be told (a new epoch, database.py).
"""

import errno
import fcntl
import os
import re
import stat
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hub.errors import EyewallError

BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
MOUNTS: Final = Path("/proc/self/mounts")
NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}
)
# How far the time written in the lock file may be from the time of that writing, as the kernel keeps it (ctime, which
# nobody can set). A few ticks; but a power cut may keep the one and lose the other, for as long as the kernel puts off
# writing (30 s by default).
AGREE_SECONDS: Final = 0.25
AGREE_AFTER_BOOT_SECONDS: Final = 120
_LEFT: Final = re.compile(rb"([0-9]{1,15})-([0-9]{1,18}) ([0-9]{1,19}) ([0-9a-f-]{1,40}) *\n")
_LEFT_BYTES: Final = 128  # Always as many, and all in one sector: a line is there or not.


class LogError(EyewallError):
    """This file cannot be our log. The message names it and says what to do."""


class Misplaced(LogError):
    """It is not where it was. Passes when it is put back."""


@dataclass(frozen=True, slots=True)
class LogMarker:
    """How far a log had come, when that was written (ns since 1970), and in which boot of the machine."""

    epoch: int
    head: int
    written: int
    boot: bytes

    @classmethod
    def parse(cls, line: bytes) -> Self | None:
        """None for what is none, as it is when nothing was written yet."""
        found = _LEFT.fullmatch(line)
        return cls(int(found[1]), int(found[2]), int(found[3]), found[4]) if found else None

    @property
    def line(self) -> bytes:
        said = b"%d-%d %d %s" % (self.epoch, self.head, self.written, self.boot)
        return said.ljust(_LEFT_BYTES - 1) + b"\n"

    def agrees(self, changed: int, seconds: float) -> bool:
        """Was the file changed (ns since 1970) when this was written to it, and not again?"""
        return abs(changed - self.written) <= seconds * 1_000_000_000


class LogFile:
    """Held as long as this process writes it. The kernel lets go of it when the process ends, however."""

    def __init__(self, path: str) -> None:
        """Raises LogError when it cannot be had."""
        # As SQLite does: what belongs to the file stands beside it, not beside a link to it.
        self.path = str(_usable(path))
        self._wal = self.path + "-wal"
        self._descriptors: list[int] = []
        try:
            # Two locks: this one holds also when the log is replaced, the other one also under another name. They are
            # flock's: closing any descriptor of a file drops SQLite's own locks on it, so ours is the first that is
            # opened and the last that is closed.
            self._lock = self._hold(self.path + "-lock")
            self.left = LogMarker.parse(os.pread(self._lock, 4096, 0))
            found = os.fstat(self._hold(self.path))
        except BaseException:
            self.release()
            raise
        if found.st_nlink > 1:
            self.release()
            raise LogError(
                f"{self.path}: has another name too (a hard link), under which its last messages would be missed; "
                "remove one of them, or choose another log.path"
            )
        self._is = _identity(found)
        self._wal_is: tuple[int, int] | None = None
        self._boot = BOOT.read_bytes().strip()
        # SQLite takes it away at an orderly end. It may have ended with a sync that failed, and nobody knows that now.
        self._is_trusted = not Path(self._wal).exists()

    def opened(self) -> None:
        """SQLite has opened it: from now on its write-ahead log has to stay in its place too."""
        self._wal_is = _identity(Path(self._wal).stat())

    def check(self) -> None:
        """Raises Misplaced when what is written now would be in no file that the next start finds."""
        for path, identity in ((self.path, self._is), (self._wal, self._wal_is)):
            try:  # Not Path.stat: that takes three times as long.
                found = _identity(os.stat(path)) if identity else None  # noqa: PTH116
            except OSError:
                found = None
            if found != identity:
                raise Misplaced(
                    f"{Path(path).name} was removed, moved or replaced while the server runs; "
                    "put the same file back, or restart the server with what is there"
                )

    def distrust(self) -> None:
        """After an I/O error: what was in the write-ahead log without a sync may not be on the disk."""
        self._is_trusted = False

    def make_sure(self) -> None:
        """Before anything is built on what a failed sync may have left behind, write it again. Raises LogError.

        Linux counts as written what it could not write: later syncs leave it out and succeed, and after a power cut
        nothing behind it is found again, or a file that is damaged.
        """
        if self._is_trusted:
            return
        self.check()
        try:
            with Path(self._wal).open("r+b", buffering=0) as wal:  # SQLite has no lock on it that this would drop.
                at = 0
                while piece := os.pread(wal.fileno(), 1 << 20, at):
                    at += os.pwrite(wal.fileno(), piece, at)
                os.fdatasync(wal.fileno())
        except OSError as error:
            raise LogError(f"{self._wal}: cannot be written again after a failed sync ({error.strerror})") from None
        self._is_trusted = True

    def vouch(self, epoch: int, head: int, *, synced: bool = False) -> None:
        """Remember how far the log is. Some 5 µs, behind each commit."""
        written = time.time_ns()
        # When it fails, less is vouched for: at worst the next start begins an epoch that it need not.
        with suppress(OSError):
            for _ in range(2):
                self.left = LogMarker(epoch, head, written, self._boot)
                os.pwrite(self._lock, self.left.line, 0)
                changed = os.fstat(self._lock).st_ctime_ns
                if self.left.agrees(changed, AGREE_SECONDS):
                    break
                written = changed  # We were held up in between, or the file system rounds.
            if synced:
                self._sync()

    def doubt(self, epoch: int, head: int) -> str:
        """Why a log that came so far may not be the one that was left here; "" when it surely is.

        A copy cannot be told from the original, nor a move from a restore: what has been touched is doubted.
        """
        left = self.left
        if left is None:
            return "its -lock file, which says how far it came, is missing or new"
        seconds = AGREE_SECONDS if left.boot == self._boot else AGREE_AFTER_BOOT_SECONDS
        if not left.agrees(os.fstat(self._lock).st_ctime_ns, seconds):
            return "its -lock file was copied, put back or changed by somebody else"
        if epoch != left.epoch or head < left.head:
            return f"it is another copy, which ends with {epoch}-{head} instead of {left.epoch}-{left.head}"
        return ""

    def release(self) -> None:
        """After SQLite's last connection was closed. Safe to call twice."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _sync(self) -> None:
        """The lock file, and that it is in its folder."""
        os.fsync(self._lock)
        folder = os.open(Path(self.path).parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _hold(self, path: str) -> int:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
            self._descriptors.append(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LogError(
                f"{self.path}: another Eyewall is using this log; stop it, or choose another log.path"
            ) from None
        except OSError as error:
            raise _unusable(self.path, error) from None
        return descriptor


def _usable(name: str) -> Path:
    """Its real path. Raises LogError, before anything is opened, for what could never be a log."""
    if "\0" in name:
        raise LogError(f"{name!r}: no file can be named so; remove the NUL from log.path")
    path = Path(os.path.realpath(name))  # Of a ring of links too, which Path.resolve would not take.
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        raise _unusable(str(path), error) from None
    if stat.S_ISDIR(mode):
        raise LogError(f"{path}: this is a folder; log.path must name a file")
    if not stat.S_ISREG(mode):
        raise LogError(f"{path}: this is a device, pipe or socket; log.path must name a file")
    kind = _file_system(path)
    if kind in NETWORK:
        raise LogError(
            f"{path}: is on a network file system ({kind}), where SQLite's log is not safe; "
            "choose a log.path on a local disk"
        )
    return path


def _unusable(path: str, error: OSError) -> LogError:
    short = path if len(path) <= 200 or error.errno != errno.ENAMETOOLONG else f"{path[:200]}…"
    return LogError(f"{short}: cannot be written here ({error.strerror}); change log.path or its folder")


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


def _file_system(path: Path) -> str:
    """The type of the file system that `path` is on, as the kernel calls it; "" when it does not say."""
    place = str(path.parent)
    best, kind = "", ""
    try:
        mounts = MOUNTS.read_text("utf-8", "replace").split("\n")
    except OSError:
        return ""
    for fields in (line.split(" ") for line in mounts if line):
        # Blanks stand there as \\040. Of two mounts on one folder the later one is seen.
        mount = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), fields[1])
        if len(mount) >= len(best) and (place + "/").startswith(mount.rstrip("/") + "/"):
            best, kind = mount, fields[2]
    return kind
