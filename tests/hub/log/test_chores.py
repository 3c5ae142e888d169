"""Maintenance beside retention: the write-ahead log, and the receipts of Idempotency-Keys."""

import logging
import sqlite3
from contextlib import closing

import pytest

from hub.log.database import open_reader
from hub.log.maintenance import relaxed_transaction
from hub.log.tuning import DEFAULT, Tuning
from tests.hub.kept import Kept
from tests.hub.log_files import NOON

DAY = 86_400.0
MIB = 1 << 20


def checkpoints(connection: sqlite3.Connection) -> list[str]:
    seen: list[str] = []
    connection.set_trace_callback(lambda statement: seen.append(statement) if "wal_checkpoint" in statement else None)
    return seen


def test_a_write_ahead_log_that_was_large_once_is_not_copied_at_every_commit(kept: Kept) -> None:
    kept.fill(30_000)
    assert kept.wal_bytes() > DEFAULT.wal_bytes
    seen = checkpoints(kept.connection)
    for _ in range(200):
        kept.fill(1)
        kept.checkpoint.urgent_step(kept.connection)
    assert len(seen) == 1
    assert kept.wal_bytes() <= DEFAULT.wal_bytes


def test_a_small_write_ahead_log_is_copied_now_and_then_but_not_between_commits(kept: Kept) -> None:
    kept.fill(10)
    seen = checkpoints(kept.connection)
    kept.checkpoint.urgent_step(kept.connection)
    assert not seen
    kept.checkpoint.step(kept.connection)
    kept.checkpoint.step(kept.connection)
    assert len(seen) == 1
    kept.tune(Tuning(checkpoint_seconds=0))
    kept.checkpoint.step(kept.connection)
    kept.checkpoint.step(kept.connection)
    assert len(seen) == 3


def test_another_program_that_reads_all_the_time_delays_no_commit_and_is_reported_now_and_then(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.tune(Tuning(wal_bytes=MIB, wal_pause_bytes=MIB, checkpoint_now_seconds=0, wal_pause_seconds=0))
    kept.fill(10)
    with closing(open_reader(str(kept.path))) as reader, caplog.at_level(logging.WARNING):
        search = reader.execute("SELECT seq FROM message")
        search.fetchone()
        for _ in range(5):
            kept.fill(5000)
            kept.checkpoint.urgent_step(kept.connection)
            assert kept.pragma("busy_timeout") == 1000
        search.close()
    assert [record.getMessage() for record in caplog.records] == [
        "a long-running read transaction prevents WAL truncation (3 MiB)"
    ]
    assert kept.checkpoint.urgent_step(kept.connection)
    assert kept.wal_bytes() == 0


def test_a_step_of_maintenance_waits_for_no_disk(kept: Kept) -> None:
    seen: list[int] = []
    with relaxed_transaction(kept.connection):
        seen.append(kept.pragma("synchronous"))
    seen.append(kept.pragma("synchronous"))
    assert seen == [1, 2]


def receipts(kept: Kept) -> list[str]:
    return [key for (key,) in kept.connection.execute("SELECT key FROM receipt ORDER BY key")]


def remember(kept: Kept, keys: list[str], first: int = 1) -> None:
    """Store receipts, for one message each, in one transaction: a sync each would take minutes on a slow disk."""
    time = int(kept.clock.now * 1000)
    with relaxed_transaction(kept.connection):
        rows = (("", key, b"d" * 32, first + number, 1, time) for number, key in enumerate(keys))
        kept.connection.executemany("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", rows)


def test_receipts_of_deleted_messages_make_room_for_messages(kept: Kept) -> None:
    """Each of a flood has a key: it must not end as a log of keys without messages."""
    kept.limit(keep_bytes="2MiB")
    for start in range(1, 20_000, 1000):
        kept.fill(1000, 100)
        remember(kept, [f"{start + n}".ljust(128) for n in range(1000)], start)
        kept.prune()
    first, head = kept.seqs
    assert head - first > 2000
    assert {int(key) for key in receipts(kept)} >= set(range(first, head + 1))
    assert len(receipts(kept)) < 2 * (head - first)
    assert kept.used_bytes <= 2 << 20


def expire(kept: Kept) -> None:
    while kept.expire_receipts(kept.connection):
        pass


def test_many_receipts_expire_in_steps(kept: Kept) -> None:
    remember(kept, [str(number) for number in range(5000)])
    kept.clock.now += DAY + 1
    assert kept.expire_receipts(kept.connection)
    assert 0 < len(receipts(kept)) < 5000
    expire(kept)
    assert not receipts(kept)


def test_a_receipt_may_outlive_its_message_where_there_is_room(kept: Kept) -> None:
    kept.fill(100)
    remember(kept, ["first"])
    kept.limit(keep_messages=1)
    kept.prune()
    assert receipts(kept) == ["first"]


def test_a_receipt_is_kept_for_a_day(kept: Kept) -> None:
    remember(kept, ["first"])
    kept.clock.now += 3600
    remember(kept, ["second"])
    kept.clock.now = NOON + DAY
    expire(kept)
    assert receipts(kept) == ["first", "second"]
    kept.clock.now += 61
    expire(kept)
    assert receipts(kept) == ["second"]


def test_a_clock_set_back_does_not_keep_receipts_from_being_looked_at(kept: Kept) -> None:
    kept.clock.now += 365 * DAY
    expire(kept)
    kept.clock.now = NOON
    remember(kept, ["first"])
    kept.clock.now += DAY + 61
    expire(kept)
    assert not receipts(kept)
