"""The tables of the log's file, and how a file of an older version gets them."""

import sqlite3
from collections.abc import Sequence
from typing import Final

APPLICATION_ID: Final = 0x45594557  # "EYEW", in the file's header.

# One entry a version, each applied in one transaction.
MIGRATIONS: Final = (
    """
    -- One row. The head is stored apart from the messages: when all are deleted, ids must not be given out again.
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
    -- One row for each table search_<number>, which indexes the seqs from start up to indexed (not included).
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
    -- Receipts expire in the order of their messages: times need not rise.
    DROP INDEX receipt_time;
    CREATE INDEX receipt_first ON receipt (first);
    """,
    """
    -- The first messages with an earlier time than the message in front of them, and the time of that one. Between two
    -- such rows times do not fall, so `since` is found by bisection.
    CREATE TABLE clock_set_back (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL);
    INSERT INTO clock_set_back
        SELECT seq, before FROM (SELECT seq, time, lag(time) OVER (ORDER BY seq) AS before FROM message)
        WHERE time < before;
    -- Runs with each commit, of which all messages have the same time.
    CREATE TRIGGER look_at_clock AFTER UPDATE OF head ON log
    WHEN (SELECT time FROM message WHERE seq = old.head) > (SELECT time FROM message WHERE seq = old.head + 1)
    BEGIN
        INSERT INTO clock_set_back SELECT seq + 1, time FROM message WHERE seq = old.head;
    END;
    DROP INDEX message_time;
    """,
    """
    -- The epochs of this log (generations.py). previous_last: the highest seq that the epoch before had given out.
    CREATE TABLE generation (
        epoch INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        previous_last INTEGER NOT NULL
    );
    INSERT INTO generation SELECT epoch, 1, 0 FROM log;
    -- Idempotency-Keys belong to a principal, and an answer to a repeat has no count of receivers.
    CREATE TABLE receipts (
        principal TEXT NOT NULL,
        key TEXT NOT NULL,
        digest BLOB NOT NULL,
        first INTEGER NOT NULL,
        count INTEGER NOT NULL,
        time INTEGER NOT NULL,     -- ms since 1970
        PRIMARY KEY (principal, key)
    ) WITHOUT ROWID;
    INSERT INTO receipts SELECT '', key, digest, first, count, time FROM receipt;
    DROP TABLE receipt;
    ALTER TABLE receipts RENAME TO receipt;
    CREATE INDEX receipt_first ON receipt (first);
    -- The limits that retention last applied; NULL before the first time.
    ALTER TABLE log ADD COLUMN keep_messages INTEGER;
    ALTER TABLE log ADD COLUMN keep_bytes INTEGER;
    ALTER TABLE log ADD COLUMN keep_seconds REAL;
    """,
    """
    -- What was indexed of each message (DOCUMENT_VERSION in hub/search/index.py).
    ALTER TABLE segment ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
    """,
    """
    -- Counts of messages (hub/counts/buckets.py). A bucket counts consecutive messages within 5 minutes.
    CREATE TABLE bucket (
        last INTEGER PRIMARY KEY,  -- seq of its last message
        first INTEGER NOT NULL,
        start INTEGER,             -- of the 5 minutes, s since 1970; NULL if a message in it is damaged
        topics INTEGER NOT NULL,   -- its rows in bucket_topic
        spans INTEGER NOT NULL,    -- its rows in bucket_span; 0 when they were dropped
        debug INTEGER NOT NULL, info INTEGER NOT NULL, warning INTEGER NOT NULL, error INTEGER NOT NULL,
        critical INTEGER NOT NULL
    );
    CREATE TABLE bucket_topic (
        last INTEGER,
        topic TEXT,
        start INTEGER NOT NULL,
        debug INTEGER NOT NULL, info INTEGER NOT NULL, warning INTEGER NOT NULL, error INTEGER NOT NULL,
        critical INTEGER NOT NULL,
        PRIMARY KEY (last, topic)
    ) WITHOUT ROWID;
    -- The messages of a bucket within 5 seconds, of which `last` is the last one.
    CREATE TABLE bucket_span (
        last INTEGER PRIMARY KEY,
        start INTEGER NOT NULL,
        debug INTEGER NOT NULL, info INTEGER NOT NULL, warning INTEGER NOT NULL, error INTEGER NOT NULL,
        critical INTEGER NOT NULL
    );
    """,
)


def migrate(connection: sqlite3.Connection, epoch: int, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Bring the file to the newest version; a new log is one of `epoch`. Raises sqlite3.Error."""
    for version in range(pragma(connection, "user_version"), len(migrations)):
        steps = [f"PRAGMA application_id = {APPLICATION_ID}", f"PRAGMA user_version = {version + 1}"]
        if version == 0:
            steps.append(f"INSERT INTO log VALUES ({epoch}, 0)")
        connection.executescript(";".join(("BEGIN IMMEDIATE", migrations[version], *steps, "COMMIT")))


def pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return the size of the file without its free pages."""
    return (pragma(connection, "page_count") - pragma(connection, "freelist_count")) * pragma(connection, "page_size")
