"""The log's file: usable, locked by this process, and still the one that was opened.

`<name>-lock` has the marker: how far the log came, and the identities of both files. By it the next start recognizes
a restored backup, which needs a new epoch.
"""

import errno
import fcntl
import os
import re
import sqlite3
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hub.errors import EyewallError

MOUNTS: Final = Path("/proc/self/mounts")
NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}
)
_MARKER: Final = re.compile(rb"([0-9]{1,15})-([0-9]{1,18}) log ([0-9]+):([0-9]+) lock ([0-9]+):([0-9]+) *\n")
_MARKER_BYTES: Final = 128  # Within one sector, so that a power cut leaves a whole line or none.
MAGIC: Final = b"SQLite format 3\0"  # A database begins with it.
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")  # Spaces in /proc/self/mounts are \040.

Identity = tuple[int, int]
"""Device and inode of a file."""


class LogError(EyewallError):
    """For the operator: the file cannot be used as the log."""


class Misplaced(LogError):
    """Recovers when the file is put back."""


@dataclass(frozen=True, slots=True)
class LogMarker:
    epoch: int
    head: int
    log: Identity
    lock: Identity

    @classmethod
    def parse(cls, line: bytes) -> Self | None:
        """Return None for a line that is not a marker."""
        found = _MARKER.fullmatch(line)
        if found is None:
            return None
        epoch, head, *files = map(int, found.groups())
        return cls(epoch, head, (files[0], files[1]), (files[2], files[3]))

    @property
    def line(self) -> bytes:
        text = b"%d-%d log %d:%d lock %d:%d" % (self.epoch, self.head, *self.log, *self.lock)
        return text.ljust(_MARKER_BYTES - 1) + b"\n"


class LogFile:
    """The locked file of one log. Raises LogError for one that cannot be locked, or cannot be a log."""

    def __init__(self, path: str) -> None:
        # Not a link to it, because SQLite's other files are beside the file.
        self.path = str(_usable(path))
        self._wal = self.path + "-wal"
        self._descriptors: list[int] = []
        try:
            # The first lock also holds when the log is replaced, the second under another name. Closing a descriptor
            # drops SQLite's own locks on the file, so these outlive SQLite's connections.
            self._lock = self._open_locked(self.path + "-lock")
            self._lock_identity = _identity(os.fstat(self._lock))
            self.marker = LogMarker.parse(os.pread(self._lock, 4096, 0))
            self._log = self._open_locked(self.path)
            found = os.fstat(self._log)
        except BaseException:
            self.release()
            raise
        if found.st_nlink > 1:
            self.release()
            raise LogError(
                f"{self.path}: has another name too (a hard link), under which its last messages would be missed; "
                "remove one of them, or choose another log.path"
            )
        self._identity = _identity(found)
        self._wal_identity: Identity | None = None
        self._size = 0  # Bytes. The file never shrinks.
        self._damage = ""
        # Unsynced parts may not be on the disk: SQLite removes the file only at an orderly end.
        self.is_wal_suspect = Path(self._wal).exists()

    def opened(self) -> None:
        """From now on `check` expects a database and the write-ahead log too."""
        self._size = os.fstat(self._log).st_size
        self._wal_identity = _identity(Path(self._wal).stat())

    def found(self, error: Exception) -> None:
        """Remember that a connection met damage: nothing may be stored until a restart. Any thread."""
        code = getattr(error, "sqlite_errorcode", 0)
        # Damage of the index (VTAB) concerns searches only.
        if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) and code != sqlite3.SQLITE_CORRUPT_VTAB:
            self._damage = str(error)

    def header(self) -> bytes:
        return os.pread(self._log, 100, 0)

    def check(self) -> None:
        """Raises Misplaced if the file is not in its place, LogError if it is damaged. Any thread."""
        for path, identity in ((self.path, self._identity), (self._wal, self._wal_identity)):
            try:  # Path.stat takes three times as long (measured).
                found = _identity(os.stat(path)) if identity else None  # noqa: PTH116
            except OSError:
                found = None
            if found != identity:
                raise Misplaced(
                    f"{Path(path).name} was removed, moved or replaced while the server runs; "
                    "put the same file back, or restart the server with what is there"
                )
        size = os.fstat(self._log).st_size
        problem = self._damage
        if size < self._size:
            problem = f"it was cut off: {size:,} bytes are left of {self._size:,}"
        elif self._size and not self.header().startswith(MAGIC):
            problem = "its beginning was overwritten"
        if problem:
            raise LogError(
                f"{Path(self.path).name} is damaged ({problem}); stop the server, then restore the file from a backup, "
                "or move it away to begin a new log"
            )
        self._size = size

    def rewrite_wal(self) -> None:
        """Write the write-ahead log again if it is suspect. Raises LogError.

        After a failed sync, Linux marks the lost pages as clean, and later syncs skip them and succeed.
        """
        if not self.is_wal_suspect:
            return
        self.check()
        try:
            with Path(self._wal).open("r+b", buffering=0) as wal:
                at = 0
                while piece := os.pread(wal.fileno(), 1 << 20, at):
                    at += os.pwrite(wal.fileno(), piece, at)
                os.fdatasync(wal.fileno())
        except OSError as error:
            raise LogError(f"{self._wal}: cannot be written again after a failed sync ({error.strerror})") from None
        self.is_wal_suspect = False

    def write_marker(self, epoch: int, head: int, *, synced: bool = False) -> None:
        """Record how far the log is. Without `synced`, a power cut may leave an older marker."""
        with suppress(OSError):
            self.marker = LogMarker(epoch, head, self._identity, self._lock_identity)
            os.pwrite(self._lock, self.marker.line, 0)
            if synced:
                os.fsync(self._lock)
                folder = os.open(Path(self.path).parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)

    def epoch_mismatch(self, epoch: int, head: int) -> str:
        """Return why this may not be the log that was left here; "" when the marker fits."""
        marker = self.marker
        if marker is None:
            return "its -lock file, which says how far it came, is missing or unreadable"
        if marker.lock != self._lock_identity:
            return "its -lock file is a copy"
        if marker.log != self._identity:
            return "the file was copied or restored"
        if epoch < marker.epoch or head < marker.head:
            return f"it ends with {epoch}-{head}, before {marker.epoch}-{marker.head}"
        return ""

    def release(self) -> None:
        """Unlock the file, after SQLite's last connection was closed. Idempotent."""
        while self._descriptors:
            os.close(self._descriptors.pop())

    def _open_locked(self, path: str) -> int:
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
    """Return the real path. Raises LogError for a path that cannot be a log."""
    path = Path(os.path.realpath(name))
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


def _identity(found: os.stat_result) -> Identity:
    return found.st_dev, found.st_ino


def _file_system(path: Path) -> str:
    try:
        lines = MOUNTS.read_text("utf-8", "replace").split("\n")[:-1]
    except OSError:
        return ""
    found = ("", "")
    for _, escaped, kind, *_ in (line.split(" ") for line in lines):
        mount = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), escaped)
        # Of two mounts on one folder the later one is in effect.
        if len(mount) >= len(found[0]) and f"{path.parent}/".startswith(mount.rstrip("/") + "/"):
            found = mount, kind
    return found[1]
