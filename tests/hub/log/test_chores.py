"""What else the writer tidies up: the write-ahead log, and the receipts of yesterday."""

import logging
import sqlite3
import threading
from contextlib import closing

import pytest

from hub.log import readers, retention
from hub.log.database import WAL_BYTES, open_reader
from hub.log.jobs import relaxed_transaction
from tests.hub.kept import Kept
from tests.hub.log_files import NOON, config

DAY = 86_400.0


def checkpoints(connection: sqlite3.Connection) -> list[str]:
    seen: list[str] = []
    connection.set_trace_callback(lambda statement: seen.append(statement) if "wal_checkpoint" in statement else None)
    return seen


def test_a_write_ahead_log_that_was_large_once_is_not_copied_at_every_commit(kept: Kept) -> None:
    kept.fill(30_000)
    assert kept.wal_bytes() > WAL_BYTES
    seen = checkpoints(kept.connection)
    for _ in range(200):
        kept.fill(1)
        kept.chores.checkpoint(kept.connection, True)
    assert len(seen) == 1
    assert kept.wal_bytes() <= WAL_BYTES


def test_a_small_write_ahead_log_is_copied_now_and_then_but_not_when_busy(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.fill(10)
    seen = checkpoints(kept.connection)
    kept.chores.checkpoint(kept.connection, True)
    assert not seen
    kept.chores.checkpoint(kept.connection, False)
    kept.chores.checkpoint(kept.connection, False)
    assert len(seen) == 1
    monkeypatch.setattr(retention, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(retention, "CHECKPOINT_NOW_SECONDS", 0)
    kept.chores.checkpoint(kept.connection, False)
    assert len(seen) == 2


def test_searches_that_follow_each_other_let_the_write_ahead_log_begin_anew(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is short, but there is always one: it grew for as long as they went on."""
    monkeypatch.setattr(retention, "HOLD_BYTES", 1 << 20)
    monkeypatch.setattr(retention, "HOLD_SECONDS", 1000)
    kept.chores._wal_limit = 1 << 20
    kept.fill(10)
    kept.readers.open(str(kept.path), 2)
    monkeypatch.setattr(readers, "HELD_SECONDS", 1000)
    began, go_on = threading.Event(), threading.Event()
    seen: list[str] = []

    def search(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        connection.execute("SELECT seq FROM message").fetchone()
        began.set()
        go_on.wait(60)
        connection.execute("COMMIT")
        seen.append("searched")

    first = threading.Thread(target=kept.readers.read, args=[search])
    first.start()
    began.wait(60)
    kept.fill(5000)
    for _ in range(3):
        assert kept.chores.checkpoint(kept.connection, True)
    assert kept.wal_bytes() > 1 << 20
    second = threading.Thread(target=kept.readers.read, args=[lambda _: seen.append(f"{kept.wal_bytes()} bytes")])
    second.start()
    go_on.set()
    first.join(60)
    assert kept.chores.checkpoint(kept.connection, True)
    second.join(60)
    assert seen == ["searched", "0 bytes"]
    kept.readers.close()


def test_a_writer_that_does_not_come_back_holds_up_no_reader_for_ever(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk failed behind `hold`: what would have let them go on was never reached, and stop waited for them."""
    kept.readers.open(str(kept.path), 1)
    assert kept.readers.hold()
    monkeypatch.setattr(readers, "HELD_SECONDS", 0)
    seen: list[str] = []
    first = threading.Thread(target=kept.readers.read, args=[lambda _: seen.append("first")], daemon=True)
    first.start()
    first.join(60)
    monkeypatch.setattr(readers, "HELD_SECONDS", 1000)
    kept.readers.read(lambda _: seen.append("nor anybody behind him"))
    assert seen == ["first", "nor anybody behind him"]
    kept.readers.close()


def test_readers_go_on_also_when_the_connection_is_gone(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer has closed it after an error, and could not open it again."""
    monkeypatch.setattr(retention, "HOLD_BYTES", 1 << 20)
    kept.chores._wal_limit = 1 << 20
    kept.readers.open(str(kept.path), 1)
    kept.fill(5000)
    assert kept.chores.checkpoint(kept.connection, True)
    assert not kept.readers._may_begin.is_set()
    kept.connection.close()
    with pytest.raises(sqlite3.ProgrammingError):
        kept.chores.checkpoint(kept.connection, True)
    assert kept.readers._may_begin.is_set()
    kept.readers.close()


def test_another_program_that_reads_all_the_time_holds_up_no_publisher_and_is_said_now_and_then(
    kept: Kept, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "HOLD_BYTES", 1 << 20)
    monkeypatch.setattr(retention, "WAL_BYTES", 1 << 20)
    monkeypatch.setattr(retention, "CHECKPOINT_NOW_SECONDS", 0)
    kept.chores._wal_limit = 1 << 20
    kept.fill(10)
    with closing(open_reader(str(kept.path))) as reader, caplog.at_level(logging.WARNING):
        search = reader.execute("SELECT seq FROM message")
        search.fetchone()
        for _ in range(5):
            kept.fill(5000)
            kept.chores.checkpoint(kept.connection, True)
            assert kept.pragma("busy_timeout") == 1000
        search.close()
    assert [record.getMessage() for record in caplog.records] == [
        "somebody who reads keeps the write-ahead log at 3 MiB"
    ]


def test_a_disk_that_is_slow_gets_the_write_ahead_log_in_smaller_pieces(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHECKPOINT_NOW_SECONDS", 0)
    monkeypatch.setattr(retention, "COPY_SECONDS", 0)
    sizes = []
    for _ in range(5):
        kept.fill(30_000)
        assert kept.chores.checkpoint(kept.connection, True)
        kept.fill(1)
        sizes.append(kept.wal_bytes())
    assert sizes[0] > sizes[1] > sizes[2] >= sizes[3] == sizes[4] == retention.LEAST_WAL_BYTES
    monkeypatch.setattr(retention, "COPY_SECONDS", 1000)
    for _ in range(5):
        kept.fill(30_000)
        kept.chores.checkpoint(kept.connection, True)
    kept.fill(1)
    assert kept.wal_bytes() == WAL_BYTES


def test_what_chores_do_waits_for_no_disk(kept: Kept) -> None:
    seen: list[int] = []
    with relaxed_transaction(kept.connection):
        seen.append(kept.pragma("synchronous"))
    seen.append(kept.pragma("synchronous"))
    assert seen == [1, 2]


def receipts(kept: Kept) -> list[str]:
    return [key for (key,) in kept.connection.execute("SELECT key FROM receipt ORDER BY key")]


def remember(kept: Kept, keys: list[str]) -> None:
    insert(kept, [(key, b"digest", 1, 1, int(kept.clock.now * 1000), 0) for key in keys])


def insert(kept: Kept, rows: list[tuple[str, bytes, int, int, int, int]]) -> None:
    """In one transaction: a sync for each row would take minutes on a slow disk."""
    with relaxed_transaction(kept.connection):
        kept.connection.executemany("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", rows)


def test_receipts_of_messages_that_are_gone_give_way_to_messages(kept: Kept) -> None:
    """Each of a flood has a key: all of it must not end as a log of keys without messages."""
    kept.chores.config = config(keep_bytes="2MiB")
    for start in range(1, 20_000, 1000):
        kept.fill(1000, 100)
        rows = [
            (f"{start + n}".ljust(128), b"d" * 32, start + n, 1, int(kept.clock.now * 1000), 0) for n in range(1000)
        ]
        insert(kept, rows)
        kept.prune()
    first, head = kept.seqs
    assert head - first > 2000
    assert {int(key) for key in receipts(kept)} >= set(range(first, head + 1))
    assert len(receipts(kept)) < 2 * (head - first)
    assert kept.used_bytes <= 2 << 20


def test_a_receipt_may_outlive_its_message_where_there_is_room(kept: Kept) -> None:
    kept.fill(100)
    remember(kept, ["first"])
    kept.chores.config = config(keep_messages=1)
    kept.prune()
    assert receipts(kept) == ["first"]


def forget(kept: Kept) -> None:
    while kept.chores.forget_receipts(kept.connection, False):
        pass


def test_a_receipt_is_kept_for_a_day(kept: Kept) -> None:
    remember(kept, ["first"])
    kept.clock.now += 3600
    remember(kept, ["second"])
    kept.clock.now = NOON + DAY
    forget(kept)
    assert receipts(kept) == ["first", "second"]
    kept.clock.now += 61
    forget(kept)
    assert receipts(kept) == ["second"]


def test_many_receipts_are_forgotten_in_steps_and_never_when_busy(kept: Kept) -> None:
    remember(kept, [str(number) for number in range(5000)])
    kept.clock.now += DAY + 1
    assert not kept.chores.forget_receipts(kept.connection, True)
    assert kept.chores.forget_receipts(kept.connection, False)
    assert 0 < len(receipts(kept)) < 5000
    forget(kept)
    assert not receipts(kept)


def test_a_clock_set_back_does_not_keep_receipts_from_being_looked_at(kept: Kept) -> None:
    kept.clock.now += 365 * DAY
    forget(kept)
    kept.clock.now = NOON
    remember(kept, ["first"])
    kept.clock.now += DAY + 61
    forget(kept)
    assert not receipts(kept)
