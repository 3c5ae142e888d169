"""Messages keep their ids over generations, and what an operator does to a stopped log."""

import shutil
from pathlib import Path

import pytest

from hub.delivery.cursor import resolve
from hub.filter import Filter
from hub.history import History
from hub.log.database import new_epoch, vacuum
from hub.log.file import LogError, LogFile
from hub.log.protocol import IdempotencyKey
from hub.search.find import SearchRange
from tests.hub.log_files import Open, Time, one_run, page_of, read_page, say, started
from tests.hub.parts import EPOCH, draft
from tests.waiting import until


@pytest.mark.gen_test
async def test_every_message_keeps_its_id_over_generations(opened: Open, path: Path) -> None:
    clock = Time()
    first = await one_run(opened, path, "a", "b", clock=clock)
    second_epoch = new_epoch(str(path), first.epoch)
    assert second_epoch == first.epoch + 1, "also when the clock stands still"
    await one_run(opened, path, "c", clock=clock)
    third_epoch = new_epoch(str(path), first.epoch + 1000)
    log = opened(path, clock)
    await started(log)
    receipt = await say(log, "d")
    assert receipt.first_id == f"{third_epoch}-4", "seq goes on"
    ids = [f"{first.epoch}-1", f"{first.epoch}-2", f"{second_epoch}-3", f"{third_epoch}-4"]
    assert [message.id for message in await read_page(log, 0, 500)] == ids
    page = await page_of(History(log), SearchRange(Filter.parse(), newest_first=False), after=ids[0])
    assert [message.id for message in page.messages] == ids[1:]
    assert (page.gap, page.head) == (None, ids[3])
    page = await page_of(History(log), SearchRange(Filter.parse()), before=ids[2])
    assert [message.id for message in page.messages] == ids[1::-1]
    assert page.gap is None


@pytest.mark.gen_test
async def test_a_repeated_key_of_an_older_generation_is_answered_with_the_id_of_then(opened: Open, path: Path) -> None:
    log = opened(path)
    await started(log)
    key = IdempotencyKey("key", b"digest")
    first = await log.append([draft("a")], key)
    await log.stop()
    new_epoch(str(path), log.epoch)
    log = opened(path)
    await started(log)
    again = await log.append([draft("a")], key)
    assert (again.first_id, again.is_repeat) == (first.first_id, True)


@pytest.mark.gen_test
async def test_vacuum_gives_room_back_and_keeps_the_epoch(opened: Open, path: Path) -> None:
    log = opened(path, keep_messages=10)
    await started(log)
    await say(log, *["x" * 1000] * 4000)
    await until(lambda: log.first == 3991)
    await log.stop()
    before = path.stat().st_size
    vacuum(str(path), log.epoch)
    assert path.stat().st_size < before // 10
    again = await one_run(opened, path)
    assert (again.epoch, again.first, again.head) == (log.epoch, 3991, 4000)


def test_neither_is_done_to_a_log_in_use_nor_to_none(path: Path) -> None:
    with pytest.raises(LogError, match=r"there is no log; check log\.path"):
        vacuum(str(path), EPOCH)
    assert not path.exists()
    file = LogFile(str(path))
    with pytest.raises(LogError, match="another Eyewall is using this log"):
        new_epoch(str(path), EPOCH)
    file.release()


@pytest.mark.gen_test
async def test_a_cursor_of_an_epoch_that_an_old_backup_does_not_know_is_rolled_back(opened: Open, path: Path) -> None:
    """Not a cursor of another log: its reader keeps what it has, and is told how much of it no longer exists."""
    first = await one_run(opened, path, "a", "b")
    shutil.copyfile(path, path.with_suffix(".backup"))
    new_epoch(str(path), first.epoch)
    second = await one_run(opened, path, "c", "d", "e")
    shutil.copyfile(path.with_suffix(".backup"), path)
    log = opened(path)
    await started(log)
    position = resolve(f"{second.epoch}-4", log)
    assert (position.after, position.gap and position.gap.reason) == (2, "rolled_back")
    assert position.gap is not None
    assert (position.gap.withdrawn, position.gap.missing) == (2, 1)
