"""The writer survives every error: each append is answered truthfully, and it recovers by itself."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from hub.errors import LogFull, NotStored
from hub.log.database import open_reader, open_writer
from hub.log.file import LogError, LogFile
from hub.log.jobs import Append
from hub.log.protocol import IdempotencyKey
from hub.log.tuning import Tuning
from hub.log.writer import Writer
from hub.message import Draft, Level
from tests.hub.log_files import Time, held, rows
from tests.hub.parts import EPOCH, draft
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
        "the.db: cannot be written: database or disk is full; free disk space, and it recovers",
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
async def test_every_error_is_answered_and_survived(written: Written, caplog: pytest.LogCaptureFixture) -> None:
    """Text that Draft.parse would refuse, and a connection that was closed."""
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
        await written.say("lost", key=IdempotencyKey("key", b"digest"))
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
        .endswith("readonly database; the file or its disk is read-only: make it writable, and it recovers")
    )


@pytest.mark.gen_test
async def test_it_continues_only_in_its_own_log(written: Written) -> None:
    """Another program has overwritten the file in place."""
    written.writer.start()
    await written.say("mine")
    await written.run("UPDATE log SET head = 0")
    await written.run("DELETE FROM message")
    for _ in range(2):
        with pytest.raises(NotStored):
            await written.say("lost")
    assert written.delivered.texts == ["mine"]


@pytest.mark.gen_test
async def test_a_key_is_not_remembered_when_its_message_was_not_stored(written: Written) -> None:
    written.writer.start()
    key = IdempotencyKey("key", b"digest")
    await written.run("PRAGMA max_page_count = 1")
    with pytest.raises(LogFull):
        await written.say("x" * 100_000, key=key)
    await written.run("PRAGMA max_page_count = 1000000")
    assert (await written.say("x" * 100_000, key=key)).first == 1


@pytest.mark.gen_test
async def test_what_a_reopening_that_failed_may_have_left_is_written_again(path: Path) -> None:
    """It writes too, and its sync may be what failed."""
    file, is_failing = LogFile(str(path)), False

    def connect() -> sqlite3.Connection:
        if is_failing:
            raise LogError("disk I/O error")
        return open_writer(file.path, "full", EPOCH, file)

    def committed(appends: Sequence[Append]) -> None:
        for append in appends:
            append.settle()

    tuning = Tuning(maintenance_seconds=0.01)
    writer = Writer("the.db", connect, Time(), [lambda _: False], [], committed, file, tuning)
    writer.start()
    await writer.append([draft("before")], 6, None)
    is_failing = True
    wal = path.with_name("eyewall.db-wal")
    reader = open_reader(file.path)  # Keeps the write-ahead log when the writer's connection is closed.
    await writer.call(sqlite3.Connection.close)
    os.utime(wal, (0, 0))
    with pytest.raises(NotStored):
        await writer.append([draft("lost")], 4, None)
    await until(lambda: wal.stat().st_mtime > 0)
    is_failing = False
    with suppress(NotStored):  # The connection is still the closed one, unless maintenance came first.
        await writer.append([draft("lost or kept")], 12, None)
    await writer.append([draft("kept")], 4, None)
    reader.close()
    await asyncio.to_thread(writer.stop)
    file.release()
