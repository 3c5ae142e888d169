"""The writer outlives every error: nobody waits for ever, nothing false is said, and it heals by itself."""

import asyncio
import logging
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hub.errors import LogFull, NotStored
from hub.log.file import LogError
from hub.log.jobs import UNASKED_BYTES, relaxed_transaction
from hub.log.protocol import IdempotencyKey
from hub.message import Draft, Level
from tests.hub.log_files import Open, held, rows, say, started
from tests.hub.written import Written
from tests.waiting import until


@pytest.mark.gen_test
async def test_a_full_disk_stores_nothing_and_heals_by_itself(
    written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    written.writer.start()
    await written.say("before")
    ((pages,),) = await written.run("PRAGMA page_count")
    await written.run(f"PRAGMA max_page_count = {pages}")
    caplog.set_level(logging.INFO)
    async with held(written.writer):
        answers = [written.say("x" * 100_000), written.say("small")]
    for answer in answers:
        with pytest.raises(LogFull):
            await answer
    for _ in range(20):
        with pytest.raises(LogFull):
            await written.say("x" * 100_000)
    await written.run("PRAGMA max_page_count = 1000000")
    assert (await written.say("after")).first == 2
    assert written.delivered.texts == ["before", "after"]
    assert rows(written.path) == [(1, "before"), (2, "after")]
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "the.db: cannot be written: database or disk is full; make room, and it goes on",
        "the.db: can be written again",
    ]


@pytest.mark.gen_test
async def test_another_program_that_holds_the_file_is_an_error_that_passes(written: Written) -> None:
    written.writer.start()
    with closing(sqlite3.connect(written.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotStored, match="database is locked"):
            await written.say("lost")
        other.execute("ROLLBACK")
    assert (await written.say("kept")).first == 1


@pytest.mark.gen_test
async def test_whatever_goes_wrong_is_answered_and_outlived(written: Written, caplog: pytest.LogCaptureFixture) -> None:
    """What Draft.parse would never let through, and a connection that somebody has closed."""
    written.writer.start()
    unfit = Draft("demo", Level.INFO, "", "\ud800")
    with pytest.raises(NotStored):
        await written.writer.append([unfit], 1, None)
    await written.writer.call(sqlite3.Connection.close)
    with pytest.raises(NotStored):
        await written.say("lost")
    assert (await written.say("kept")).first == 1
    assert any("UnicodeEncodeError" in str(record.exc_info) for record in caplog.records)


@pytest.mark.gen_test
async def test_a_damaged_file_is_named_with_what_to_do(written: Written, caplog: pytest.LogCaptureFixture) -> None:
    written.writer.start()
    await written.run("PRAGMA writable_schema = 1")
    await written.run("UPDATE sqlite_schema SET rootpage = 999 WHERE name = 'receipt'")
    await written.run("PRAGMA writable_schema = RESET")
    with pytest.raises(NotStored):
        await written.say("lost", once=IdempotencyKey("key", b"digest"))
    assert any(
        "the.db: cannot be" in record.getMessage() and "the file is damaged: stop, then restore" in record.getMessage()
        for record in caplog.records
    )


@pytest.mark.gen_test
async def test_a_log_that_may_only_be_read_is_not_called_full(
    written: Written, caplog: pytest.LogCaptureFixture
) -> None:
    written.writer.start()
    await written.run("PRAGMA query_only = 1")
    with pytest.raises(NotStored, match="attempt to write a readonly database"):
        await written.say("lost")
    await written.run("PRAGMA query_only = 0")
    assert (await written.say("kept")).first == 1
    assert (
        caplog.records[0]
        .getMessage()
        .endswith("readonly database; the file or its disk may only be read: make it writable, and it goes on")
    )


@pytest.mark.gen_test
async def test_it_goes_on_in_no_other_log_than_its_own(written: Written) -> None:
    """Somebody has written over the file in its place."""
    written.writer.start()
    await written.say("mine")
    await written.run("UPDATE log SET head = 0")
    await written.run("DELETE FROM message")
    for _ in range(2):
        with pytest.raises(NotStored):
            await written.say("lost")
    assert written.delivered.texts == ["mine"]


@pytest.mark.gen_test
async def test_a_chore_that_fails_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[bool] = []

    def fail(connection: sqlite3.Connection, busy: bool) -> bool:
        asked.append(busy)
        connection.execute("BEGIN")
        raise OverflowError("too large")

    written = Written(tmp_path / "eyewall.db", [fail])
    written.writer.start()
    caplog.set_level(logging.INFO)
    await until(lambda: asked)
    for number in range(1, 20):
        assert (await written.say("kept", size=UNASKED_BYTES)).first == number
    await until(lambda: len(asked) > 19)
    assert [record.getMessage() for record in caplog.records] == ["the.db: cannot be tidied up: too large"]
    await asyncio.to_thread(written.writer.stop)


@pytest.mark.gen_test
async def test_after_a_chore_that_failed_messages_are_synced_as_before(tmp_path: Path) -> None:
    """It had been allowed to do without; a message that is acknowledged may not."""

    def fail(connection: sqlite3.Connection, _busy: bool) -> bool:
        with relaxed_transaction(connection):
            raise OverflowError("too large")

    written = Written(tmp_path / "eyewall.db", [fail])
    written.writer.start()
    for number in range(1, 5):
        assert (await written.say("kept", size=UNASKED_BYTES)).first == number
        assert await written.run("PRAGMA synchronous") == [(2,)]
    await asyncio.to_thread(written.writer.stop)


@pytest.mark.gen_test
async def test_a_key_is_not_remembered_when_its_message_was_not_stored(written: Written) -> None:
    written.writer.start()
    once = IdempotencyKey("key", b"digest")
    await written.run("PRAGMA max_page_count = 1")
    with pytest.raises(LogFull):
        await written.say("x" * 100_000, once=once)
    await written.run("PRAGMA max_page_count = 1000000")
    assert (await written.say("x" * 100_000, once=once)).first == 1


@pytest.mark.gen_test
async def test_what_a_reopening_that_failed_may_have_left_is_written_again(opened: Open, path: Path) -> None:
    """It writes too, and what went wrong may have been its sync."""
    log = opened(path)
    await started(log)
    await say(log, "before")

    def fail() -> sqlite3.Connection:
        raise LogError("disk I/O error")

    connect, log._writer._connect = log._writer._connect, fail
    wal = path.with_name("eyewall.db-wal")
    await log._writer.call(sqlite3.Connection.close)
    os.utime(wal, (0, 0))
    with pytest.raises(NotStored):
        await say(log, "lost")
    await until(lambda: wal.stat().st_mtime > 0)
    log._writer._connect = connect
    with suppress(NotStored):  # The connection is still the closed one, unless a chore has come first.
        await say(log, "lost or kept")
    await say(log, "kept")
