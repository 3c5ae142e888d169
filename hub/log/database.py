"""The log's file: an SQLite database that is ours, of a version we know, and nobody else's right now.

Owns the schema, its migrations, and every reason not to open a file. Says each reason in one line.

One writing connection, which also owns every checkpoint: SQLite before 3.51.3 can corrupt a
database when two connections write or checkpoint at once (sqlite.org/wal.html, "walresetbug"), and
Debian 12 has 3.40.1. All others are `query_only` and never checkpoint.
"""

import fcntl
import logging
import os
import re
import sqlite3
from pathlib import Path
from typing import Final

from hub.errors import EyewallError

logger = logging.getLogger("eyewall.log")

MEMORY: Final = ":memory:"
APPLICATION_ID: Final = 0x45594557  # "EYEW", in the file's header.

# One entry a version; a file is brought from its own to the newest, each step in one transaction.
MIGRATIONS: Final = (
    """
    -- One row. The head stands apart from the messages: pruning them all must not hand out ids again.
    CREATE TABLE log (epoch INTEGER NOT NULL, head INTEGER NOT NULL);
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,   -- ms since 1970
        topic TEXT NOT NULL,
        level INTEGER NOT NULL,  -- 0 debug … 4 critical
        source TEXT NOT NULL,
        message TEXT NOT NULL,
        data TEXT                -- JSON on one line
    );
    CREATE INDEX message_time ON message (time);
    -- What was answered to whoever named an Idempotency-Key.
    CREATE TABLE receipt (
        key TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        first INTEGER NOT NULL,
        count INTEGER NOT NULL,
        time INTEGER NOT NULL,
        receivers INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX receipt_time ON receipt (time);
    """,
    """
    -- One row for each table search_<number>, which indexes the seqs from start up to indexed, that one not included.
    CREATE TABLE segment (
        number INTEGER PRIMARY KEY,
        start INTEGER NOT NULL,
        indexed INTEGER NOT NULL,
        oldest INTEGER,            -- ms since 1970
        newest INTEGER,
        merging INTEGER NOT NULL,
        merged INTEGER NOT NULL
    );
    """,
    """
    -- The boot of this machine in which messages were acknowledged before they were synced; NULL when all are synced.
    ALTER TABLE log ADD COLUMN boot TEXT;
    """,
)
BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
MOUNTS: Final = Path("/proc/self/mounts")
NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone"}
)
# The write-ahead log is written in place up to here, which is twice as fast as letting it grow (measured).
WAL_BYTES: Final = 8 << 20
BUSY_SECONDS: Final = 1.0  # How long another program that writes to the file may make a publisher wait.


class LogError(EyewallError):
    """This file cannot be our log. The message names it and says what to do."""


class Lock:
    """Held as long as this process writes the file. The kernel lets go of it when the process ends, however."""

    def __init__(self, path: Path) -> None:
        self._file = path.with_name(path.name + "-lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            if not isinstance(error, BlockingIOError):
                raise  # No locks here at all.
            raise LogError(f"{path}: another Eyewall is using this log; stop it, or choose another log.path") from None

    def release(self) -> None:
        """Safe to call twice."""
        self._file.close()


def lock(path: Path) -> Lock:
    """Make sure that this file can be written, by us alone. Raises LogError."""
    if path.is_dir():
        raise LogError(f"{path}: this is a folder; log.path must name a file")
    kind = _file_system(path)
    if kind in NETWORK:
        raise LogError(
            f"{path}: is on a network file system ({kind}), where SQLite's log is not safe; use a local disk"
        )
    try:
        return Lock(path)
    except OSError as error:
        raise LogError(f"{path}: cannot be written here ({error.strerror}); change log.path or its folder") from None


def open_writer(path: str, synchronous: str, epoch: int) -> sqlite3.Connection:
    """The one connection that writes. A new file becomes an empty log of `epoch`. Raises LogError."""
    try:
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path, synchronous, epoch)
            # What the log begins with: where a file is torn, that is said here, before anybody relies on it.
            connection.execute("SELECT head, (SELECT min(seq) FROM message) FROM log").fetchone()
        except BaseException:
            connection.close()
            raise
    except sqlite3.OperationalError as error:
        raise LogError(f"{path}: cannot be opened ({error}); is its disk full, or its folder read-only?") from None
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from None
    return connection


def open_reader(path: str) -> sqlite3.Connection:
    """A connection that cannot write, for one thread after the other."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _prepare(connection: sqlite3.Connection, path: str, synchronous: str, epoch: int) -> None:
    # A file that is not ours, or not whole, is left as it is: up to here nothing is written.
    if _version(connection, path):
        _check_whole(connection, path)
    else:  # Before the first table, or it would take a rewrite of the whole file.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA secure_delete = OFF")  # Debian's default is to write zeros over all that is pruned.
    _migrate(connection, epoch)
    _begin(connection, path, synchronous, epoch)


def _begin(connection: sqlite3.Connection, path: str, synchronous: str, epoch: int) -> None:
    """With `normal` a machine that goes down takes the last messages along, and their seqs are given out again.

    So after that a new epoch begins: who saw the lost ones is told that this is not the log they knew.
    """
    boot = BOOT.read_text("ascii").strip()
    (unsynced,) = connection.execute("SELECT boot FROM log").fetchone()
    if unsynced not in (None, boot):
        logger.warning(
            "%s: this machine went down while log.synchronous was normal: the last messages may be lost", path
        )
        connection.execute("UPDATE log SET epoch = ?", (epoch,))
    if synchronous == "normal":
        _remember_boot(connection, boot)
        connection.execute("PRAGMA synchronous = NORMAL")
    elif unsynced is not None:
        _remember_boot(connection, None)


def close_writer(connection: sqlite3.Connection) -> None:
    """In order: everything is synced and copied into the file. Raises sqlite3.Error."""
    _remember_boot(connection, None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _remember_boot(connection: sqlite3.Connection, boot: str | None) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # Syncs with itself all that was written before.
    connection.execute("UPDATE log SET boot = ?", (boot,))


def _version(connection: sqlite3.Connection, path: str) -> int:
    """Of our schema; 0 for a new file. Raises LogError for a file that is not ours, or ours but too new."""
    is_new = not connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    if not is_new and _pragma(connection, "application_id") != APPLICATION_ID:
        raise LogError(f"{path}: is another program's database; choose another log.path")
    version = _pragma(connection, "user_version")
    if version > len(MIGRATIONS):
        raise LogError(f"{path}: was written by a newer Eyewall (version {version}); use that one, or another log.path")
    return version


def _check_whole(connection: sqlite3.Connection, path: str) -> None:
    """What can be seen at once; to look at every row would take longer than a start may."""
    found = connection.execute("SELECT head, (SELECT max(seq) FROM message) FROM log").fetchall()
    if len(found) != 1:
        raise _damaged(path, f"{len(found)} heads")
    head, newest = found[0]
    if (newest or 0) != head:  # The newest message is never pruned.
        raise _damaged(path, f"its head is {head}, its newest message {newest}")


def _damaged(path: str, problem: str) -> LogError:
    return LogError(
        f"{path}: this file is damaged, or no log ({problem}); restore it from a backup, or move it away "
        "to begin a new log"
    )


def _migrate(connection: sqlite3.Connection, epoch: int) -> None:
    for version in range(_pragma(connection, "user_version"), len(MIGRATIONS)):
        steps = [f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {version + 1}"]
        if version == 0:
            steps.append(f"INSERT INTO log VALUES ({epoch}, 0)")
        connection.executescript(";".join(("BEGIN IMMEDIATE", MIGRATIONS[version], *steps, "COMMIT")))


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def _file_system(path: Path) -> str:
    """The type of the file system that `path` is on, as the kernel calls it; "" when it does not say."""
    place = os.path.realpath(path.parent)
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
