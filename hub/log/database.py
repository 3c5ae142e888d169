"""The log's database: an SQLite file that is ours, and of a version we know.

Owns the schema, its migrations, when a new epoch begins, and every reason in a file's content not to
open it. Says each reason in one line.

One writing connection, which also owns every checkpoint: SQLite before 3.51.3 can corrupt a
database when two connections write or checkpoint at once (sqlite.org/wal.html, "walresetbug"), and
Debian 12 has 3.40.1. All others are `query_only` and never checkpoint.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.log.file import BOOT, LogError, LogFile
from hub.log.protocol import format_id

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
    """
    -- Receipts go in the order of their messages: times need not rise.
    DROP INDEX receipt_time;
    CREATE INDEX receipt_first ON receipt (first);
    """,
    """
    -- The first messages said earlier than the one in front of them, and the time of that one. Between two such times
    -- do not fall, so that `since` is found by halving; an index of all times had to be read from then to now.
    CREATE TABLE clock_set_back (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL);
    INSERT INTO clock_set_back
        SELECT seq, before FROM (SELECT seq, time, lag(time) OVER (ORDER BY seq) AS before FROM message)
        WHERE time < before;
    -- With each commit, whose messages all have the same time.
    CREATE TRIGGER look_at_clock AFTER UPDATE OF head ON log
    WHEN (SELECT time FROM message WHERE seq = old.head) > (SELECT time FROM message WHERE seq = old.head + 1)
    BEGIN
        INSERT INTO clock_set_back SELECT seq + 1, time FROM message WHERE seq = old.head;
    END;
    DROP INDEX message_time;
    """,
)
Row = tuple[int, int, str, int, str, str, str | None]
"""A message: seq, time (ms since 1970), topic, rank of its level, source, text, and data as JSON."""
ROWS: Final = "SELECT seq, time, topic, level, source, message, data FROM message"
# The write-ahead log is written in place up to here, which is twice as fast as letting it grow (measured).
WAL_BYTES: Final = 8 << 20
BUSY_SECONDS: Final = 1.0  # How long another program that writes to the file may make a publisher wait.


def open_writer(path: str, synchronous: str, epoch: int, file: LogFile | None = None) -> sqlite3.Connection:
    """The one connection that writes. A new log is one of `epoch`, or later. Raises LogError.

    `file` is held at `path`; without it nothing is known of how the log was left.
    """
    # With a file that is held, none is ever made here.
    name = path if file is None else f"{Path(path).as_uri()}?mode=rw"
    try:
        connection = sqlite3.connect(
            name, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=file is not None
        )
        try:
            _prepare(connection, path, synchronous, epoch, file)
            # What the log begins with: where a file is torn, that is said here, before anybody relies on it.
            connection.execute("SELECT head, (SELECT min(seq) FROM message) FROM log").fetchone()
            if file is not None:
                file.opened()
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
    # SQLite opens the file with the first read. Until then nobody else held it, and a writer that has to be opened
    # again would take the write-ahead log away with it.
    connection.execute("SELECT 1 FROM log").fetchone()
    return connection


def _prepare(connection: sqlite3.Connection, path: str, synchronous: str, epoch: int, file: LogFile | None) -> None:
    # A file that is not ours, or not whole, is left as it is: up to here nothing is written.
    version = _version(connection, path)
    left = file.left if file else None
    if left is not None:
        epoch = max(epoch, left.epoch + 1)  # Also when the clock was set back.
    if version:
        _check_whole(connection, path)
        if file:
            file.make_sure()
    else:
        if left is not None:
            logger.warning("%s: is gone, with all up to %s: a new log begins", path, format_id(left.epoch, left.head))
        # Before the first table, or it would take a rewrite of the whole file.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA secure_delete = OFF")  # Debian's default is to write zeros over all that is pruned.
    _migrate(connection, epoch)
    _begin(connection, path, epoch, file if version else None)
    if synchronous == "normal":
        _remember_boot(connection, _boot())
        connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: sqlite3.Connection, path: str, epoch: int, file: LogFile | None) -> None:
    """Where messages may be missing at the end, their seqs are given out again, and that needs a new epoch.

    Otherwise who saw the first ones would take the second for them. So it is in a backup that was put
    back, and when a machine went down that had not synced what it acknowledged (`normal`).
    """
    old, head, relaxed_transaction = connection.execute("SELECT epoch, head, boot FROM log").fetchone()
    doubt = file.doubt(old, head) if file else ""
    if relaxed_transaction not in (None, _boot()):
        doubt = "this machine went down while log.synchronous was normal"
    if doubt:
        logger.warning("%s: %s; messages may be missing, so a new epoch begins and readers are told", path, doubt)
        connection.execute("UPDATE log SET epoch = ?", (max(epoch, old + 1),))
    if relaxed_transaction is not None:
        _remember_boot(connection, None)


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """One state of the log for several statements."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def close_writer(connection: sqlite3.Connection) -> None:
    """In order: everything is synced and copied into the file. Raises sqlite3.Error."""
    _remember_boot(connection, None)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _boot() -> str:
    return BOOT.read_text("ascii").strip()


def _remember_boot(connection: sqlite3.Connection, boot: str | None) -> None:
    connection.execute("PRAGMA synchronous = FULL")  # Syncs with itself all that was written before.
    connection.execute("UPDATE log SET boot = ?", (boot,))


def _version(connection: sqlite3.Connection, path: str) -> int:
    """Of our schema; 0 for a new file. Raises LogError for a file that is not ours, or ours but too new."""
    is_new = not connection.execute("SELECT 1 FROM sqlite_schema").fetchone()
    if not is_new and pragma(connection, "application_id") != APPLICATION_ID:
        raise LogError(f"{path}: is another program's database; choose another log.path")
    version = pragma(connection, "user_version")
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
    for version in range(pragma(connection, "user_version"), len(MIGRATIONS)):
        steps = [f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {version + 1}"]
        if version == 0:
            steps.append(f"INSERT INTO log VALUES ({epoch}, 0)")
        connection.executescript(";".join(("BEGIN IMMEDIATE", MIGRATIONS[version], *steps, "COMMIT")))


def pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
