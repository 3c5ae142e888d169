"""The log in a file: acknowledged is kept, numbered without holes, said once, and ended in order."""

import asyncio
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from hub.errors import Conflict
from hub.log.database import MEMORY
from hub.log.protocol import IdempotencyKey, Log, Receipt, format_id
from hub.log.sqlite import SqliteLog
from hub.message import Draft
from tests.hub.log_files import Open, Time, held, open_log, queued, read_page, rows, say, started
from tests.hub.parts import EPOCH, draft, levels, printable, texts, topics
from tests.waiting import until

_: type[Log] = SqliteLog  # mypy holds it to the protocol.


@pytest.mark.gen_test
async def test_a_new_log_is_empty_and_made_now(opened: Open, path: Path) -> None:
    log = opened(path)
    assert (log.epoch, log.first, log.head) == (EPOCH, 1, 0)
    await started(log)
    assert await read_page(log, 0, 500) == []
    assert await log.seq_at(0) == (0, 1)


@pytest.mark.gen_test
async def test_numbers_go_on_after_a_restart(opened: Open, path: Path) -> None:
    clock = Time()
    log = opened(path, clock)
    await started(log)
    assert (await say(log, "a", "b")) == Receipt(EPOCH, 1, 2, "2026-11-23T02:13:20.000Z")
    await log.stop()
    clock.now += 3600
    log = opened(path, clock)
    assert (log.epoch, log.first, log.head) == (EPOCH, 1, 2)
    await started(log)
    assert (await say(log, "c")).first_id == format_id(EPOCH, 3)
    assert [message.message for message in await read_page(log, 0, 500)] == ["a", "b", "c"]


@pytest.mark.gen_test
async def test_a_number_is_never_given_out_twice_whatever_was_pruned(opened: Open, path: Path) -> None:
    log = opened(path, keep_messages=1)
    await started(log)
    await say(log, *["m"] * 50)
    await until(lambda: log.first == 50)
    await log.stop()
    log = opened(path, keep_messages=1)
    assert (log.first, log.head) == (50, 50)
    await started(log)
    assert (await say(log, "next")).first == 51


@pytest.mark.gen_test
async def test_everything_is_delivered_once_and_in_order(opened: Open, path: Path) -> None:
    log = opened(path)
    delivered = await started(log)
    receipts = await asyncio.gather(*(say(log, *[f"{sayer}-{n}" for n in range(sayer)]) for sayer in range(1, 60)))
    assert delivered.seqs == list(range(1, log.head + 1))
    for receipt in receipts:
        said = delivered.texts[receipt.first - 1 : receipt.first - 1 + receipt.count]
        assert said == [f"{receipt.count}-{n}" for n in range(receipt.count)]


@pytest.mark.gen_test
async def test_the_head_is_what_has_been_delivered(opened: Open, path: Path) -> None:
    log = opened(path)
    heads: list[tuple[int, int]] = []
    await log.start([lambda messages: heads.append((log.head, int(messages[-1].id.partition("-")[2])))])
    await asyncio.gather(*(say(log, "m") for _ in range(50)))
    assert heads
    assert all(head == newest for head, newest in heads)


@pytest.mark.gen_test
async def test_an_append_of_a_publisher_that_is_gone_is_stored_all_the_same(opened: Open, path: Path) -> None:
    log = opened(path)
    delivered = await started(log)
    async with held(log.writer):
        gone = asyncio.ensure_future(say(log, "gone"))
        there = asyncio.ensure_future(say(log, "there"))
        await queued(log, 2)
        gone.cancel()
    assert (await there).first == 2
    assert delivered.texts == ["gone", "there"]


@pytest.mark.gen_test
async def test_a_delivery_that_fails_leaves_no_publisher_waiting(
    opened: Open, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = opened(path)

    def fail(_messages: object) -> None:
        raise ZeroDivisionError

    await log.start([fail])
    assert (await say(log, "m")).first == 1
    assert "cannot deliver" in caplog.text


@given(st.lists(st.tuples(topics, levels, printable, texts, st.none() | st.recursive(st.integers() | texts, st.lists))))
def test_what_is_read_is_what_was_delivered(path: Path, io_loop: IOLoop, said: list[tuple[object, ...]]) -> None:
    """From storage a message comes back as it was, so that its frame is the same as from memory."""
    drafts = [
        Draft.parse(
            topic=str(topic),
            level=str(level),
            source=str(source),
            message=str(text),
            data=None if data is None else msgspec.Raw(msgspec.json.encode(data)),
        )
        for topic, level, source, text, data in said
    ]

    async def there_and_back() -> None:
        log = open_log(MEMORY)
        delivered = await started(log)
        for one in drafts:
            await log.append([one])
        assert list(await read_page(log, 0, 500)) == delivered
        assert msgspec.json.encode(await read_page(log, 0, 500)) == msgspec.json.encode(delivered)
        await log.stop()

    io_loop.run_sync(there_and_back)


@pytest.mark.gen_test
async def test_a_repeated_key_gets_the_same_answer_after_a_restart(opened: Open, path: Path) -> None:
    clock = Time()
    log = opened(path, clock)
    await started(log)
    once = IdempotencyKey("key", b"digest")
    first = await log.append([draft("a"), draft("b")], once)
    await log.stop()
    clock.now += 86_399
    log = opened(path, clock)
    delivered = await started(log)
    assert await log.append([draft("a"), draft("b")], once) == replace(first, is_repeat=True)
    assert (log.head, delivered) == (2, [])
    with pytest.raises(Conflict):
        await log.append([draft("a")], IdempotencyKey("key", b"other"))


@pytest.mark.gen_test
async def test_a_key_is_free_again_after_a_day(opened: Open, path: Path) -> None:
    clock = Time()
    log = opened(path, clock)
    await started(log)
    await log.append([draft("a")], IdempotencyKey("key", b"digest"))
    clock.now += 86_400 + 61
    await until(lambda: not rows(path, "SELECT key FROM receipt"))
    assert (await log.append([draft("b")], IdempotencyKey("key", b"other"))).first == 2
