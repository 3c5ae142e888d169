"""The schedule of maintenance: in turn, one step at a time, also when publishers are always active."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import pytest

from hub.log.maintenance import URGENT_INTERVAL_BYTES, Step, relaxed_transaction
from hub.log.tuning import Tuning
from tests.hub.written import Written
from tests.waiting import until

EAGER = Tuning(maintenance_seconds=0.01)


def recorded(name: str, steps: list[str], do: Step = lambda _: False) -> Step:
    """Return a step that records its runs."""

    def step(connection: sqlite3.Connection) -> bool:
        steps.append(name)
        return do(connection)

    return step


@pytest.mark.gen_test
async def test_every_task_has_its_turn_also_when_there_is_always_something_to_write(tmp_path: Path) -> None:
    """A task that is long at work must not keep another one from deleting what takes too much room."""
    steps: list[str] = []
    left = 5

    def busy(_connection: sqlite3.Connection) -> bool:
        nonlocal left
        left -= 1
        return left > 0

    urgent = [recorded("a urgent", steps), recorded("b urgent", steps)]
    written = Written(tmp_path / "eyewall.db", [recorded("a", steps, busy), recorded("b", steps)], urgent, EAGER)
    written.writer.start()
    while len([name for name in steps if "urgent" not in name]) < 5:
        await written.say("more")
    assert [name for name in steps if "urgent" not in name][:5] == ["a", "b", "a", "b", "a"]
    while not {"a urgent", "b urgent"} <= {*steps}:
        await written.say("more", size=URGENT_INTERVAL_BYTES)
    await asyncio.to_thread(written.writer.stop)


@pytest.mark.gen_test
async def test_between_two_commits_at_most_one_task_does_something(tmp_path: Path) -> None:
    steps: list[str] = []
    urgent = [recorded("a", steps), recorded("b", steps, lambda _: True), recorded("c", steps)]
    written = Written(tmp_path / "eyewall.db", urgent=urgent)
    written.writer.start()
    while steps.count("b") < 4:
        await written.say("more", size=URGENT_INTERVAL_BYTES)
    assert "c" not in steps
    await asyncio.to_thread(written.writer.stop)


@pytest.mark.gen_test
async def test_a_task_that_fails_stops_nothing_and_messages_are_synced_as_before(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It had lowered `synchronous`, and its transaction was open."""

    def fail(connection: sqlite3.Connection) -> bool:
        with relaxed_transaction(connection):
            raise OverflowError("too large")

    steps: list[str] = []
    failing = [recorded("a", steps, fail)]
    written = Written(tmp_path / "eyewall.db", failing, failing, EAGER)
    written.writer.start()
    caplog.set_level(logging.INFO)
    await until(lambda: steps)
    for number in range(1, 20):
        assert (await written.say("kept", size=URGENT_INTERVAL_BYTES)).first == number
        assert await written.run("PRAGMA synchronous") == [(2,)]
    await until(lambda: len(steps) > 19)
    assert [record.getMessage() for record in caplog.records] == ["the.db: maintenance failed: too large"]
    await asyncio.to_thread(written.writer.stop)
