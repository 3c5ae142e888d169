"""hub/log/limits.py: a narrower limit of retention is announced, and deletes a minute later."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.log.limits import Deletion
from hub.log.tuning import DEFAULT
from tests.hub.kept import Kept
from tests.hub.log_files import NOON, Open, Time, config, in_writer, say, started
from tests.waiting import until


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(str(tmp_path / "eyewall.db"), tuning=DEFAULT)
    made.prune()
    made.fill(500, apart=1)  # The newest is of NOON + 500.
    made.clock.now = NOON + 500
    yield made
    made.connection.close()


def announced(kept: Kept) -> Deletion:
    deletion = kept.announced[-1]
    assert deletion is not None
    return deletion


def test_a_narrower_limit_takes_effect_a_minute_after_its_announcement(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.limit(keep_messages=100)
    kept.prune()
    text = "log.keep_messages 100: will delete 400 messages at 02:22:40 UTC unless it is changed back"
    assert announced(kept) == Deletion(400, text)
    assert caplog.messages == [text]
    kept.clock.now += 59.9
    kept.prune()
    assert kept.seqs == (1, 500)
    assert kept.announced[1:] == []
    kept.clock.now += 0.1
    kept.prune()
    assert kept.seqs == (401, 500)
    assert kept.announced[1:] == [None]


def test_a_limit_that_is_changed_back_deletes_nothing(kept: Kept) -> None:
    kept.limit(keep_for="3s")
    kept.prune()
    kept.clock.now += 30
    kept.limit()
    kept.prune()
    kept.clock.now += 300
    kept.prune()
    assert kept.seqs == (1, 500)
    assert kept.announced[1:] == [None]


def test_another_narrower_limit_begins_a_new_minute(kept: Kept) -> None:
    kept.limit(keep_messages=100)
    kept.prune()
    kept.clock.now += 59
    kept.limit(keep_messages=10)
    kept.prune()
    kept.clock.now += 59
    kept.prune()
    assert (announced(kept).count, kept.seqs) == (490, (1, 500))
    kept.clock.now += 1
    kept.prune()
    assert kept.seqs == (491, 500)


def test_a_wider_limit_takes_effect_at_once_beside_a_narrower_one(kept: Kept) -> None:
    kept.limit(keep_messages=100, keep_for="60d")
    kept.prune()
    kept.clock.now += 59 * 86_400
    kept.limit(keep_messages=400, keep_for="60d")
    kept.prune()
    assert kept.seqs == (1, 500)
    assert "keep_for" not in announced(kept).text


def test_the_number_counts_what_will_be_too_old_by_then(kept: Kept) -> None:
    kept.limit(keep_for="100s")
    kept.prune()
    assert announced(kept).count == 459
    assert announced(kept).text.startswith("log.keep_for 100: will delete 459 messages at ")
    kept.clock.now += 60
    kept.prune()
    assert kept.seqs == (460, 500)


def test_the_number_for_a_size_is_an_estimate(kept: Kept) -> None:
    kept.fill(9500, time=NOON + 500)
    kept.limit(keep_bytes="2MiB")
    kept.prune()
    assert "will delete about " in announced(kept).text
    estimate = announced(kept).count
    kept.clock.now += 60
    kept.prune()
    assert kept.seqs[0] / 2 < estimate < kept.seqs[0] * 2


def test_the_newest_message_stays_and_is_not_counted(kept: Kept) -> None:
    kept.limit(keep_for="1s")
    kept.prune()
    assert announced(kept).count == 499


def test_a_limit_that_deletes_nothing_now_waits_too(kept: Kept) -> None:
    """Messages that arrive in the minute would be deleted."""
    kept.limit(keep_messages=1000)
    kept.prune()
    assert announced(kept).count == 0
    kept.fill(1000, time=NOON + 500)
    kept.prune()
    assert kept.seqs == (1, 1500)


def test_a_restart_with_a_narrower_limit_waits_too(kept: Kept) -> None:
    kept.config = config(keep_messages=100)
    kept.tune(DEFAULT)
    kept.prune()
    assert announced(kept).count == 400
    kept.clock.now += 59
    kept.tune(DEFAULT)  # A restart within the minute begins another.
    kept.prune()
    kept.clock.now += 59
    kept.prune()
    assert kept.seqs == (1, 500)
    kept.clock.now += 1
    kept.prune()
    assert kept.seqs == (401, 500)
    kept.tune(DEFAULT)
    kept.fill(100)
    kept.prune()
    assert kept.seqs == (501, 600)


@pytest.mark.parametrize(("keep_messages", "is_announced"), [(1000, False), (100, True)])
def test_a_log_of_an_older_version_is_pruned_only_after_an_announcement(
    kept: Kept, keep_messages: int, is_announced: bool
) -> None:
    kept.connection.execute("UPDATE log SET keep_messages = NULL, keep_bytes = NULL, keep_seconds = NULL")
    kept.config = config(keep_messages=keep_messages)
    kept.tune(DEFAULT)
    kept.prune()
    assert kept.seqs == (1, 500)
    assert [deletion and deletion.count for deletion in kept.announced] == [400] * is_announced


@pytest.mark.gen_test
async def test_a_log_announces_on_the_loop(path: Path, opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    clock, told = Time(), list[Deletion | None]()
    log = opened(path, clock, tuning=replace(DEFAULT, maintenance_seconds=0.01), announce=told.append)
    await started(log)
    await say(log, *map(str, range(20)))
    log.configure(config(keep_messages=10))
    await until(lambda: told)
    assert told[0] is not None
    assert told[0].text in caplog.messages
    clock.now += 60
    await until(lambda: log.first == 11)
    assert told[1:] == [None]
    assert await in_writer(log, "SELECT keep_messages FROM log") == [(10,)]


@pytest.mark.gen_test
async def test_a_keep_for_of_a_restart_does_not_look_like_a_wrong_clock(
    path: Path, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Time()
    log = opened(path, clock)
    await started(log)
    await in_writer(log, "UPDATE log SET keep_seconds = 86400, keep_messages = 1000, keep_bytes = 1073741824")
    await say(log, "old")
    await log.stop()
    clock.now += 3600
    opened(path, clock, keep_for="1m")
    assert "by the clock" not in caplog.text
