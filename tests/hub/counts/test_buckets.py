"""The buckets of counts: when they are written and dropped, and what a damaged row does to them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.counts.buckets import BUCKET_SECONDS, KEEP_SHARE, Buckets
from hub.counts.count import Counting
from hub.filter import Filter
from hub.history import History
from hub.log.database import open_writer
from hub.log.schema import MIGRATIONS
from hub.log.sqlite import SqliteLog
from hub.search.find import SearchRange
from tests.hub.kept import Kept
from tests.hub.log_files import NOON, config, in_writer, rows
from tests.hub.parts import EPOCH, draft
from tests.waiting import until

MINUTES_5 = float(BUCKET_SECONDS)
EVERYTHING = SearchRange(Filter.parse())


def step(kept: Kept, **options: Any) -> None:
    buckets = Buckets(**{"bucket_rows": 100, "step_seconds": 600} | options)
    while buckets.step(kept.connection):
        pass


def written(kept: Kept) -> list[tuple[int, ...]]:
    return kept.connection.execute("SELECT first, last, topics, spans FROM bucket ORDER BY last").fetchall()


def test_a_bucket_is_written_when_it_is_complete(kept: Kept) -> None:
    at = NOON // MINUTES_5 * MINUTES_5
    kept.fill(30, time=at, apart=2)
    step(kept)
    assert written(kept) == []
    kept.fill(1, time=at + MINUTES_5)
    step(kept)
    assert written(kept) == [(1, 30, 1, 13)]
    kept.fill(250, time=at + MINUTES_5)
    step(kept)
    assert written(kept)[1:] == [(31, 130, 1, 1), (131, 230, 1, 1)]
    kept.fill(1, time=at)  # The clock was set back.
    step(kept)
    assert written(kept)[3:] == [(231, 281, 1, 1)]


def test_the_buckets_of_deleted_messages_go(kept: Kept) -> None:
    kept.fill(1000)
    step(kept)
    assert len(written(kept)) == 10
    kept.limit(keep_messages=350)
    kept.prune()
    step(kept)
    assert [last for _, last, *_ in written(kept)] == [700, 800, 900, 1000]
    assert count(kept.connection)["total"] == 350
    (spans,) = kept.connection.execute("SELECT min(last) FROM bucket_span").fetchone()
    assert spans == 700


def test_the_counts_take_a_bounded_part_of_the_log(kept: Kept) -> None:
    """The oldest rows of 5 seconds go first; then a small step of them is one of 5 minutes."""
    kept.fill(2000, apart=5)
    kept.connection.execute("UPDATE log SET keep_bytes = ?", (32 * KEEP_SHARE * 1000,))
    step(kept)
    spans = [spans for _, _, _, spans in written(kept)]
    assert spans == sorted(spans)
    assert spans[0] == 0
    assert 0 < spans[-1] <= sum(spans) + len(spans) <= 1000
    assert (count(kept.connection, 30)["total"], count(kept.connection, 30)["step"]) == (2000, 300)
    newest = SearchRange(Filter.parse(), span=(int(1000 * (NOON + 9000)), int(1000 * (NOON + 9500))))
    assert count(kept.connection, 30, newest)["step"] == 30
    kept.connection.execute("UPDATE log SET keep_bytes = ?", (32 * KEEP_SHARE * 10,))
    step(kept)
    assert len(written(kept)) == 10
    assert count(kept.connection)["total"] == 2000


def count(connection: sqlite3.Connection, step: int = 0, search: SearchRange = EVERYTHING) -> dict[str, Any]:
    counting = Counting(search, step)
    while not counting.part(connection):
        pass
    return counting.as_json()


@pytest.mark.parametrize(
    "damage",
    ["level = 77", "time = 'soon'", "time = 1 << 60", "topic = x'00'"],
)
def test_a_damaged_message_is_not_counted(kept: Kept, damage: str) -> None:
    kept.fill(250)
    kept.connection.execute(f"UPDATE message SET {damage} WHERE seq IN (1, 50, 249)")
    assert count(kept.connection)["total"] == 247
    step(kept)
    assert len(written(kept)) >= 2
    assert count(kept.connection)["total"] == 247
    assert count(kept.connection, 300)["total"] == 247


@pytest.mark.gen_test
async def test_the_writer_counts_by_itself_also_in_a_file_of_an_older_version(path: Path) -> None:
    with closing(open_writer(str(path), "full", EPOCH, migrations=MIGRATIONS[:7])) as old:
        values = ((seq, EPOCH + 1000 * seq, "old") for seq in range(1, 1001))
        old.executemany("INSERT INTO message VALUES (?, ?, ?, 1, '', 'm', NULL)", values)
        old.execute("UPDATE log SET head = 1000")
        old.commit()
    log = SqliteLog(str(path), config(), lambda: NOON + 5000, tasks=[Buckets().step])
    await log.start([])
    await log.append([draft("new")])
    await until(lambda: rows(path, "SELECT max(last) FROM bucket") == [(1000,)])
    await in_writer(log, "DELETE FROM message WHERE seq <= 100")
    counting = Counting(EVERYTHING)
    await History(log).look(counting.part)
    found = counting.as_json()
    assert (found["total"], found["topics"]) == (901, {"old": [0, 900, 0, 0, 0], "demo": [0, 1, 0, 0, 0]})
    await log.stop()
