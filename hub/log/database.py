"""The log's SQLite file: opened only if it is a log, undamaged and of a known version.

Only one connection writes and checkpoints: with two, SQLite before 3.51.3 can corrupt the file (sqlite.org/wal.html,
"walresetbug").
"""

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from hub.log.errors import ADVICE, code_of
from hub.log.file import MAGIC, LogError, LogFile
from hub.log.generations import Generations
from hub.log.protocol import format_id
from hub.log.schema import APPLICATION_ID, MIGRATIONS, migrate, pragma
from hub.log.tuning import DEFAULT, Tuning

logger = logging.getLogger("eyewall.log")

MEMORY: Final = ":memory:"
BUSY_SECONDS: Final = 1.0  # How long a lock of another program may delay a commit.


def open_writer(
    path: str,
    synchronous: str,
    epoch: int,
    file: LogFile | None = None,
    *,
    tuning: Tuning = DEFAULT,
    migrations: Sequence[str] = MIGRATIONS,
) -> sqlite3.Connection:
    """Open the connection that writes; a new log is one of `epoch`, or later. Raises LogError."""
    # With mode=rw SQLite never makes another file in the place of the locked one.
    name = path if file is None else f"{Path(path).as_uri()}?mode=rw"
    if file:
        _check_files(path, file)
    try:
        connection = sqlite3.connect(
            name, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=file is not None
        )
        try:
            _prepare(connection, path, epoch, file, tuning, migrations)
            if synchronous == "normal":
                _remember_boot(connection, tuning.boot_id.read_text("ascii").strip())
                connection.execute("PRAGMA synchronous = NORMAL")
            # A torn file is refused here.
            connection.execute("SELECT head, (SELECT min(seq) FROM message) FROM log").fetchone()
            if file is not None:
                file.opened()
        except BaseException:
            connection.close()
            raise
    except sqlite3.DatabaseError as error:
        raise _cannot_open(path, error) from None
    return connection


def _check_files(path: str, file: LogFile) -> None:
    """Raise LogError for what SQLite calls read-only, or finds out too late."""
    for beside in (Path(f"{path}-wal"), Path(f"{path}-shm"), Path(f"{path}-journal")):
        if os.path.lexists(beside) and not (beside.is_file() and os.access(beside, os.R_OK | os.W_OK)):
            raise LogError(f"{beside}: cannot be read and written; it must be a file of this user: change its mode")
    wal = Path(f"{path}-wal")
    if wal.is_file() and wal.stat().st_size:
        return  # A power cut in a checkpoint may have torn the first page; SQLite reads it from there.
    header = file.header()
    if header and not header.startswith(MAGIC) and not file.marker:
        raise LogError(f"{path}: is not a log, nor any SQLite database; choose another log.path, or move it away")
    if header and (not header.startswith(MAGIC) or not set(header[18:20]) <= {1, 2}):  # The versions of the format.
        raise _damaged(path, "its header")


def _cannot_open(path: str, error: sqlite3.DatabaseError) -> LogError:
    if code_of(error) in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged(path, str(error))
    advice = ADVICE.get(code_of(error), "change the permissions of the file or of its folder")
    return LogError(f"{path}: cannot be opened ({error}); {advice}")


def open_reader(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = 1")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    # SQLite opens the file with the first read. Otherwise closing the writer would remove the write-ahead log.
    connection.execute("SELECT 1 FROM log").fetchone()
    return connection


def load_generations(connection: sqlite3.Connection) -> Generations:
    rows = "SELECT epoch, first, previous_last FROM generation ORDER BY epoch"
    return Generations(connection.execute(rows).fetchall())


def begin_epoch(connection: sqlite3.Connection, epoch: int, known_last: int = 0) -> None:
    """Begin a generation of `epoch` or later. The one before gave out seqs up to `known_last` at least."""
    old, head = connection.execute("SELECT epoch, head FROM log").fetchone()
    epoch = max(epoch, old + 1)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO generation VALUES (?, ?, ?)", (epoch, head + 1, max(head, known_last)))
    connection.execute("UPDATE log SET epoch = ?", (epoch,))
    connection.execute("COMMIT")


def _prepare(
    connection: sqlite3.Connection,
    path: str,
    epoch: int,
    file: LogFile | None,
    tuning: Tuning,
    migrations: Sequence[str],
) -> None:
    # Before these checks nothing is written: a file that is not a log is left as it is.
    version = _version(connection, path, migrations)
    marker = file.marker if file else None
    if marker is not None:
        epoch = max(epoch, marker.epoch + 1)
    if version:
        _check_whole(connection, path)
        if file:
            file.rewrite_wal()
    elif marker is not None:
        last_id = format_id(marker.epoch, marker.head)
        logger.warning("%s: the file is missing, with all messages up to %s: a new log begins", path, last_id)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {tuning.wal_bytes}")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA secure_delete = OFF")  # Debian's default writes zeros over all deleted rows.
    migrate(connection, epoch, migrations)
    _check_epoch(connection, path, epoch, file if version else None, tuning)


def _check_epoch(connection: sqlite3.Connection, path: str, epoch: int, file: LogFile | None, tuning: Tuning) -> None:
    """Begin a new epoch if messages at the end may be missing, of which the seqs will be given out again.

    Otherwise a reader could take a new message for one that it has received.
    """
    old, head, unsynced_boot = connection.execute("SELECT epoch, head, boot FROM log").fetchone()
    doubt = file.epoch_mismatch(old, head) if file else ""
    if unsynced_boot not in (None, tuning.boot_id.read_text("ascii").strip()):
        doubt = "this machine went down while log.synchronous was normal"
    if doubt:
        marker = file.marker if file else None
        if marker and marker.epoch > old:  # An old copy: the lost epoch gets a row, so that its cursors are known.
            begin_epoch(connection, marker.epoch)
        begin_epoch(connection, epoch, marker.head if marker and marker.epoch >= old else 0)
        logger.warning("%s: %s; a new epoch begins, and readers of lost messages are told", path, doubt)
    if unsynced_boot is not None:
        _remember_boot(connection, None)


def close_writer(connection: sqlite3.Connection) -> None:
    """Sync everything and copy it into the file. Raises sqlite3.Error."""
    _remember_boot(connection, None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _remember_boot(connection: sqlite3.Connection, boot: str | None) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # Also syncs what was written before.
    connection.execute("UPDATE log SET boot = ?", (boot,))


def _version(connection: sqlite3.Connection, path: str, migrations: Sequence[str]) -> int:
    """Return the version of the schema; 0 for a new file. Raises LogError."""
    is_new = not connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    if not is_new and pragma(connection, "application_id") != APPLICATION_ID:
        raise LogError(f"{path}: is another program's database; choose another log.path")
    version = pragma(connection, "user_version")
    if version > len(migrations):
        raise LogError(f"{path}: was written by a newer Eyewall (version {version}); use that one, or another log.path")
    return version


def _check_whole(connection: sqlite3.Connection, path: str) -> None:
    """To check every row takes too long."""
    found = connection.execute("SELECT head, (SELECT max(seq) FROM message) FROM log").fetchall()
    if len(found) != 1:
        raise _damaged(path, f"{len(found)} heads")
    head, newest = found[0]
    if (newest or 0) != head:  # The newest message is never deleted.
        raise _damaged(path, f"its head is {head}, its newest message {newest}")


def _damaged(path: str, problem: str) -> LogError:
    return LogError(
        f"{path}: this file is damaged ({problem}); restore it from a backup, or move it away to begin a new log"
    )


def new_epoch(path: str, epoch: int) -> int:
    """Begin a new epoch, `epoch` or later (ms since 1970), of a log that is not in use. Raises LogError."""
    with _opened(path, epoch) as connection:
        begin_epoch(connection, epoch)
        (begun,) = connection.execute("SELECT epoch FROM log").fetchone()
        return int(begun)


def vacuum(path: str, epoch: int) -> None:
    """Needs as much free disk as the file is large. Raises LogError."""
    with _opened(path, epoch) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")


@contextmanager
def _opened(path: str, epoch: int) -> Iterator[sqlite3.Connection]:
    if not Path(path).exists():
        raise LogError(f"{path}: there is no log; check log.path")
    file = LogFile(path)
    try:
        with closing(open_writer(file.path, "full", epoch, file)) as connection:
            try:
                yield connection
                close_writer(connection)
            except sqlite3.Error as error:
                raise LogError(f"{file.path}: {error}; nothing was changed") from None
            file.write_marker(*connection.execute("SELECT epoch, head FROM log").fetchone(), synced=True)
    finally:
        file.release()
