"""The index in the log's file: what it may take of it, and how it goes."""

import sqlite3
from collections.abc import Iterator
from random import Random

import pytest

from hub.filter import Filter
from hub.log import retention
from hub.log.jobs import Chore
from hub.search import index as search_index
from hub.search.find import SearchRange
from tests.hub.kept import Kept
from tests.hub.log_files import config
from tests.hub.parts import EPOCH, draft
from tests.hub.search.logs import fill, find_in_peace, index

MIB = 1 << 20


def words(random: Random) -> str:
    """Random ones, which an index cannot make small: it is four times as large as they are."""
    return " ".join("".join(random.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=7)) for _ in range(16))


def publish(kept: Kept, count: int, text: str = "") -> None:
    random = Random(1)
    ((head,),) = kept.connection.execute("SELECT head FROM log").fetchall()
    kept.connection.execute("BEGIN")
    for seq in range(head + 1, head + count + 1):
        fill(kept.connection, seq, draft(text or words(random)), EPOCH)
    kept.connection.execute("UPDATE log SET head = head + ?", (count,))
    kept.connection.execute("COMMIT")


def tidy(kept: Kept) -> Iterator[Chore]:
    """Each step that the writer would do while nobody publishes."""
    chores: list[Chore] = [kept.chores.prune, *search_index.CHORES]
    has_done = True
    while has_done:
        has_done = False
        for chore in chores:
            if chore(kept.connection, False):
                has_done = True
                yield chore


def tables(connection: sqlite3.Connection) -> set[str]:
    names = "SELECT name FROM sqlite_schema WHERE name GLOB 'search_*' OR name GLOB 'trigram_*'"
    return {name for (name,) in connection.execute(names)}


def test_the_index_never_takes_the_room_of_all_messages(kept: Kept) -> None:
    """It once did: of 60,000 messages one was kept, because what is indexed could not be let go of."""
    kept.chores.config = config(keep_bytes=MIB)
    for _ in range(8):
        publish(kept, 1000)
        for _ in tidy(kept):
            assert kept.used_bytes < 4 * MIB
        first, head = kept.seqs
        assert head - first > 500
        assert kept.used_bytes <= MIB


def test_an_index_of_nothing_but_messages_that_are_gone_goes_too(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_index, "SEGMENT", 200)
    publish(kept, 1000)
    index(kept.connection)
    assert tables(kept.connection)
    kept.chores.config = config(keep_messages=1)
    kept.prune()
    index(kept.connection)
    assert not tables(kept.connection)
    assert not kept.connection.execute("SELECT * FROM segment").fetchall()


def test_an_index_that_lags_behind_is_not_made_anew_again_and_again(kept: Kept) -> None:
    """Each table that comes or goes is a schema change, for which every connection prepares anew."""
    kept.chores.config = config(keep_messages=100)
    publish(kept, 1000)
    index(kept.connection)
    before = kept.pragma("schema_version")
    for _ in range(3):
        publish(kept, 1000)
        for _ in tidy(kept):
            pass
    assert kept.pragma("schema_version") == before
    publish(kept, 300, "needle")
    index(kept.connection)
    found = find_in_peace(kept.connection, EPOCH, SearchRange(Filter.parse(q="needle"), 1, 4300, 1000, True))
    assert len(found.messages) == 300


def test_a_busy_log_far_over_its_size_lets_messages_go_while_a_segment_goes(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "STEP_SECONDS", 0)
    monkeypatch.setattr(retention, "BUSY_BYTES", MIB // 4)
    publish(kept, 5000)
    index(kept.connection)
    kept.connection.execute("DELETE FROM message WHERE seq < 3000")
    kept.chores.config = config(keep_bytes=MIB)
    assert kept.used_bytes > 2 * MIB
    assert kept.chores.prune(kept.connection, True)
    assert kept.connection.execute("SELECT count(*) FROM segment").fetchall() == [(1,)]
    assert kept.seqs[0] > 3000


def test_an_index_goes_in_steps_and_searches_find_the_same_in_between(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of long messages has hundreds of megabytes, and publishers wait for a step."""
    monkeypatch.setattr(search_index, "STEP_SECONDS", 0)
    publish(kept, 2000)
    index(kept.connection)
    publish(kept, 500, "needle")
    kept.connection.execute("DELETE FROM message WHERE seq < 1500")
    kept.chores.config = config(keep_bytes=MIB)
    steps = 0
    while kept.connection.execute("SELECT 1 FROM segment WHERE start = 0").fetchone():
        assert kept.chores.prune(kept.connection, False) or search_index.drop(kept.connection, False)
        steps += 1
        kept.reopen()  # The server may be stopped at any moment.
        search_index.extend(kept.connection, False)  # Must not go on in what is half taken away.
        found = find_in_peace(kept.connection, EPOCH, SearchRange(Filter.parse(q="needle"), 1, 2500, 1000, True))
        assert len(found.messages) == 500
    assert steps > 10
    index(kept.connection)
    ((start, indexed),) = kept.connection.execute("SELECT start, indexed FROM segment").fetchall()
    assert start == 1496
    assert indexed > 2000
