"""How an append ends when the log is in trouble, and what the log says of its health."""

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hub.errors import LogFull, NotStored, OutcomeUnknown
from hub.log.jobs import find_receipt
from hub.log.protocol import IdempotencyKey
from hub.log.tuning import Tuning
from tests.hub.log_files import Open, held, in_writer, say, started
from tests.hub.parts import draft
from tests.waiting import until

IMPATIENT = Tuning(stuck_seconds=0.05, probe_seconds=0.01)


@pytest.mark.gen_test
async def test_an_append_that_takes_too_long_has_no_known_outcome_and_may_be_stored_later(
    opened: Open, path: Path
) -> None:
    log = opened(path, tuning=Tuning(append_seconds=0.05))
    delivered = await started(log)
    key = IdempotencyKey("key", b"digest")
    async with held(log.writer):
        with pytest.raises(OutcomeUnknown, match=r"the log did not answer for 0\.05 s") as unknown:
            await log.append([draft("late")], key)
        assert "the same Idempotency-Key" in unknown.value.hint
        assert not delivered
    await until(lambda: delivered.texts == ["late"])
    found = await log.writer.call(lambda connection: find_receipt(connection, log.generations, key))
    assert (found.first, found.is_repeat) == (1, True), "so that the same key finds it"


@pytest.mark.gen_test
async def test_appends_without_an_answer_still_count_as_waiting(opened: Open, path: Path) -> None:
    """Otherwise publishers that retry would fill the memory behind a disk that is stuck."""
    log = opened(path, tuning=Tuning(append_seconds=0.01, max_waiting=3))
    await started(log)
    async with held(log.writer):
        for number in range(3):
            with pytest.raises(OutcomeUnknown):
                await say(log, f"m{number}")
        with pytest.raises(NotStored, match="too many messages wait"):
            await say(log, "too much")
    await until(lambda: log.head == 3)
    with suppress(OutcomeUnknown):
        await say(log, "again")
    await until(lambda: log.head == 4)


@pytest.mark.gen_test
async def test_a_writer_that_does_not_finish_a_step_is_unhealthy_until_it_does(opened: Open, path: Path) -> None:
    log = opened(path, tuning=IMPATIENT)
    await started(log)
    assert log.health() is None
    async with held(log.writer):
        await until(lambda: log.health() is not None)
        assert log.health() == "the log's writer has not finished a step for 0.05 s"
    await until(lambda: log.health() is None)


@pytest.mark.parametrize("name", ["eyewall.db", "eyewall.db-wal"])
@pytest.mark.gen_test
async def test_a_file_that_was_moved_is_noticed_at_once_and_when_it_is_back(
    opened: Open, path: Path, name: str
) -> None:
    log = opened(path, tuning=IMPATIENT)
    await started(log)
    await say(log, "m")
    file = path.with_name(name)
    file.rename(path.with_name("away"))
    health = log.health() or ""
    assert health.startswith(f"{name} was removed, moved or replaced while the server runs")
    with pytest.raises(NotStored):
        await say(log, "lost")
    path.with_name("away").rename(file)
    await until(lambda: log.health() is None)
    assert (await say(log, "kept")).first == 2


@pytest.mark.gen_test
async def test_a_commit_that_failed_is_reported_until_one_succeeds(opened: Open, path: Path) -> None:
    log = opened(path, tuning=Tuning(probe_seconds=1000))
    await started(log)
    ((pages,),) = await in_writer(log, "PRAGMA page_count")
    await in_writer(log, f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LogFull):
        await say(log, "x" * 100_000)
    assert log.health() == "the log's disk is full"
    await in_writer(log, "PRAGMA max_page_count = 1000000")
    assert log.health() == "the log's disk is full"
    await say(log, "x" * 100_000)
    assert log.health() is None


@pytest.mark.gen_test
async def test_a_log_that_nothing_is_published_to_finds_out_that_it_has_recovered(opened: Open, path: Path) -> None:
    """A load balancer sends nothing to a server that is not ready, so no publisher would try."""
    log = opened(path, tuning=IMPATIENT)
    await started(log)
    await in_writer(log, "PRAGMA query_only = 1")
    with pytest.raises(NotStored):
        await say(log, "lost")
    assert "readonly" in (log.health() or "")
    await in_writer(log, "PRAGMA query_only = 0")
    await until(lambda: log.health() is None)
    assert (await say(log, "kept")).first == 1


@pytest.mark.gen_test
async def test_a_writer_that_has_died_refuses_appends(
    opened: Open, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    log = opened(path)
    await started(log)

    def die(_connection: object) -> None:
        raise SystemExit

    dying = asyncio.ensure_future(log.writer.call(die))
    await until(lambda: log.health() == "the log's writer has stopped")
    with pytest.raises(NotStored):
        await say(log, "lost")
    dying.cancel()


@pytest.mark.gen_test
async def test_reads_pause_while_the_write_ahead_log_is_too_large_but_not_for_long(opened: Open, path: Path) -> None:
    """Otherwise searches that follow each other would keep it from being truncated."""
    tuning = Tuning(wal_bytes=1 << 16, wal_pause_bytes=1 << 16, wal_pause_seconds=30, maintenance_seconds=1000)
    log = opened(path, tuning=tuning)
    await started(log)
    await say(log, *["x" * 1000] * 150)
    assert log.wal_bytes() > tuning.wal_pause_bytes
    reading = asyncio.ensure_future(log.query(lambda _: log.wal_bytes()))
    await asyncio.sleep(0)
    assert not reading.done()
    await say(log, *["x" * 1000] * 300)  # Now there was enough work for an urgent step.
    assert await reading <= tuning.wal_pause_bytes
    assert os.path.getsize(f"{path}-wal") <= tuning.wal_pause_bytes  # noqa: PTH202


@pytest.mark.gen_test
async def test_reads_do_not_wait_for_a_program_that_reads_for_ever(opened: Open, path: Path) -> None:
    tuning = Tuning(wal_pause_bytes=1 << 16, wal_pause_seconds=0.05, maintenance_seconds=1000)
    log = opened(path, tuning=tuning)
    await started(log)
    await say(log, *["x" * 1000] * 150)
    for _ in range(100):  # One pause for all of them, or this would take 5 seconds.
        assert len(await log.read(0, 1)) == 1


def overwrite(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda path: os.truncate(path, 8192), "it was cut off: 8,192 bytes are left of"),
        (lambda path: os.truncate(path, 0), "it was cut off: 0 bytes are left of"),
        (lambda path: overwrite(path, 0, b"Dear diary,"), "its beginning was overwritten"),
    ],
)
@pytest.mark.gen_test
async def test_nothing_is_acknowledged_in_a_file_that_was_cut_off_or_overwritten(
    opened: Open, path: Path, damage: Callable[[Path], None], problem: str
) -> None:
    log = opened(path, tuning=IMPATIENT)
    await started(log)
    await say(log, *["m" * 300] * 1000)
    await in_writer(log, "PRAGMA wal_checkpoint(TRUNCATE)")
    await say(log, "The file has its size.")
    content = path.read_bytes()
    damage(path)
    assert (log.health() or "").startswith(f"eyewall.db is damaged ({problem}")
    with pytest.raises(NotStored):
        await say(log, "lost")
    path.write_bytes(content)  # Into the same file.
    await until(lambda: log.health() is None)
    await say(log, "again")


@pytest.mark.gen_test
async def test_damage_that_a_reader_meets_stops_publishing_and_not_reading(opened: Open, path: Path) -> None:
    log = opened(path)
    await started(log)
    for _ in range(20):
        await say(log, *["m" * 300] * 100)
    await log.stop()
    size = path.stat().st_size
    overwrite(path, size // 2 // 4096 * 4096, b"\xff" * 4096)
    log = opened(path)
    await started(log)
    await say(log, "still unknown")
    after, damaged = 0, 0
    while found := await log.read(after, 100):
        after += len(found)
        damaged += sum(isinstance(one, int) for one in found)
    assert after == 2001
    assert 0 < damaged < 40
    assert (log.health() or "").startswith("eyewall.db is damaged (database disk image is malformed); stop the server")
    with pytest.raises(NotStored):
        await say(log, "lost")


@pytest.mark.gen_test
async def test_a_probe_that_succeeds_is_logged(opened: Open, path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    log = opened(path, tuning=IMPATIENT)
    await started(log)
    await in_writer(log, "PRAGMA query_only = 1")
    with pytest.raises(NotStored):
        await say(log, "lost")
    await in_writer(log, "PRAGMA query_only = 0")
    await until(lambda: log.health() is None)
    await until(lambda: [line for line in caplog.messages if "can be written again" in line])
