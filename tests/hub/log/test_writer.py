"""The writer's thread: group commit, the order of delivery and answers, and its end."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from tornado.ioloop import IOLoop

from hub.errors import Conflict, NotStored
from hub.log.jobs import COMMIT_DRAFTS
from hub.log.protocol import IdempotencyKey, Receipt
from tests.hub.log_files import held, rows
from tests.hub.written import Written
from tests.waiting import until


@pytest.mark.gen_test
async def test_publishers_that_wait_together_share_one_commit(written: Written) -> None:
    written.writer.start()
    async with held(written.writer) as statements:
        answers = [written.say(f"m{number}") for number in range(100)]
    receipts = await asyncio.gather(*answers)
    assert [receipt.first for receipt in receipts] == list(range(1, 101))
    assert statements.count("COMMIT") == 1


@pytest.mark.gen_test
async def test_a_message_is_delivered_before_its_publisher_is_answered(written: Written) -> None:
    written.writer.start()
    async with held(written.writer):
        answers = [written.say("a", "b"), written.say("c")]
    await asyncio.gather(*answers)
    await until(lambda: len(written.told) == 5)
    assert written.told == ["committed a", "committed b", "committed c", "answered a", "answered c"]


@pytest.mark.gen_test
async def test_what_is_answered_can_be_seen_in_the_file(written: Written) -> None:
    written.writer.start()
    for number in range(1, 20):
        receipt = await written.say(f"m{number}")
        assert rows(written.path)[-1] == (receipt.first, f"m{number}")


@pytest.mark.gen_test
async def test_one_commit_takes_no_more_than_a_while(written: Written) -> None:
    """Bounded in drafts and in bytes. The rest gets the next commit, in order."""
    written.writer.start()
    async with held(written.writer) as statements:
        many = [written.say(*["x"] * (COMMIT_DRAFTS // 2)) for _ in range(4)]
        large = [written.say("y", size=3 << 20) for _ in range(4)]
    receipts = await asyncio.gather(*many, *large)
    assert statements.count("COMMIT") == 4
    assert [receipt.first for receipt in receipts] == sorted(receipt.first for receipt in receipts)
    assert written.delivered.seqs == list(range(1, 4 * (COMMIT_DRAFTS // 2) + 5))


@pytest.mark.gen_test
async def test_the_same_key_is_stored_once_also_within_one_commit(written: Written) -> None:
    written.writer.start()
    async with held(written.writer):
        key = IdempotencyKey("key", b"digest")
        answers = [written.say("m", key=key), written.say("m", key=key), written.say("other")]
    first, second, other = await asyncio.gather(*answers)
    assert second == replace(first, is_repeat=True)
    assert (first.first, other.first) == (1, 2)
    assert written.delivered.texts == ["m", "other"]


@pytest.mark.gen_test
async def test_the_same_key_for_another_request_is_a_conflict_for_that_request_alone(written: Written) -> None:
    written.writer.start()
    async with held(written.writer):
        answers = [
            written.say("m", key=IdempotencyKey("key", b"digest")),
            written.say("n", key=IdempotencyKey("key", b"other")),
            written.say("after"),
        ]
    first, second, third = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(second, Conflict)
    assert isinstance(first, Receipt)
    assert isinstance(third, Receipt)
    assert (first.first, third.first) == (1, 2)


@pytest.mark.gen_test
async def test_stop_finishes_what_waits(written: Written) -> None:
    written.writer.start()
    async with held(written.writer):
        answers = [written.say(*["x"] * 1000) for _ in range(20)]
        stopping = asyncio.ensure_future(asyncio.to_thread(written.writer.stop))
    await stopping
    await asyncio.gather(*answers)
    assert len(rows(written.path)) == 20_000
    assert not Path(f"{written.path}-wal").exists()


@pytest.mark.gen_test
async def test_stop_is_harmless_twice_and_at_the_same_time(written: Written) -> None:
    written.writer.start()
    await written.say("m")
    await asyncio.gather(*(asyncio.to_thread(written.writer.stop) for _ in range(3)))
    await asyncio.to_thread(written.writer.stop)


@pytest.mark.gen_test
async def test_after_stop_every_job_is_refused(written: Written) -> None:
    written.writer.start()
    await asyncio.to_thread(written.writer.stop)
    with pytest.raises(NotStored, match="the log is closed"):
        await written.say("late")
    with pytest.raises(NotStored, match="the log is closed"):
        await written.run("SELECT 1")


def test_one_that_was_never_started_lets_go_of_its_file(written: Written, io_loop: IOLoop) -> None:
    written.writer.stop()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        written.writer.connection.execute("SELECT 1")


@pytest.mark.gen_test
async def test_each_append_of_a_failed_commit_has_an_error_of_its_own(written: Written) -> None:
    """Each handler writes into it what became of its own request."""
    written.writer.start()
    await written.run("ALTER TABLE message RENAME TO gone")
    async with held(written.writer):
        answers = [written.say("a"), written.say("b")]
    first, second = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(first, NotStored)
    assert isinstance(second, NotStored)
    assert first is not second
