"""The index in the log's file: what it may take of it, and how it goes."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from hub.filter import Filter
from hub.search.find import SearchRange
from hub.search.index import DOCUMENT_VERSION, SearchIndex
from tests.hub.kept import AT_ONCE, Kept
from tests.hub.parts import EPOCH, GENERATIONS, draft
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


def maintain(kept: Kept) -> Iterator[None]:
    """Do all that the idle writer would do, step by step."""
    steps = [kept.retention.step, *kept.index.steps]
    has_done = True
    while has_done:
        has_done = False
        for step in steps:
            if step(kept.connection):
                has_done = True
                yield


def tables(connection: sqlite3.Connection) -> set[str]:
    names = "SELECT name FROM sqlite_schema WHERE name GLOB 'search_*' OR name GLOB 'trigram_*'"
    return {name for (name,) in connection.execute(names)}


def test_the_index_never_takes_the_room_of_all_messages(kept: Kept) -> None:
    """It once did: of 60,000 messages one was kept, because what is indexed could not be let go of."""
    kept.limit(keep_bytes=MIB)
    for _ in range(8):
        publish(kept, 1000)
        for _ in maintain(kept):
            assert kept.used_bytes < 4 * MIB
        first, head = kept.seqs
        assert head - first > 500
        assert kept.used_bytes <= MIB


def test_an_index_of_nothing_but_messages_that_are_gone_goes_too(kept: Kept) -> None:
    small = SearchIndex(segment=200)
    publish(kept, 1000)
    index(kept.connection, small)
    assert tables(kept.connection)
    kept.limit(keep_messages=1)
    kept.prune()
    index(kept.connection, small)
    assert not tables(kept.connection)
    assert not kept.connection.execute("SELECT * FROM segment").fetchall()


def test_an_index_that_lags_behind_is_not_made_anew_again_and_again(kept: Kept) -> None:
    """Each table that comes or goes is a schema change, for which every connection prepares anew."""
    kept.limit(keep_messages=100)
    publish(kept, 1000)
    index(kept.connection)
    before = kept.pragma("schema_version")
    for _ in range(3):
        publish(kept, 1000)
        for _ in maintain(kept):
            pass
    assert kept.pragma("schema_version") == before
    publish(kept, 300, "needle")
    index(kept.connection)
    found = find_in_peace(kept.connection, GENERATIONS, SearchRange(Filter.parse(q="needle"), 1, 4300, 1000, True))
    assert len(found.messages) == 300


@pytest.fixture
def hasty(kept: Kept) -> Kept:
    """Each step of dropping a segment ends with its first look at the clock."""
    kept.index = SearchIndex(step_seconds=0)
    kept.tune(replace(AT_ONCE, urgent_bytes=MIB // 4))
    return kept


def test_a_busy_log_far_over_its_size_lets_messages_go_while_a_segment_goes(hasty: Kept) -> None:
    kept = hasty
    publish(kept, 5000)
    index(kept.connection)
    kept.connection.execute("DELETE FROM message WHERE seq < 3000")
    kept.limit(keep_bytes=MIB)
    assert kept.used_bytes > 2 * MIB
    assert kept.retention.urgent_step(kept.connection)
    assert kept.connection.execute("SELECT count(*) FROM segment").fetchall() == [(1,)]
    assert kept.seqs[0] > 3000


def test_an_index_goes_in_steps_and_searches_find_the_same_in_between(hasty: Kept) -> None:
    """One of long messages has hundreds of megabytes, and publishers wait for a step."""
    kept = hasty
    publish(kept, 2000)
    index(kept.connection)
    publish(kept, 500, "needle")
    kept.connection.execute("DELETE FROM message WHERE seq < 1500")
    kept.limit(keep_bytes=MIB)
    steps = 0
    while kept.connection.execute("SELECT 1 FROM segment WHERE start = 0").fetchone():
        assert kept.retention.step(kept.connection) or kept.index.drop(kept.connection)
        steps += 1
        kept.reopen()  # The server may be stopped at any moment.
        kept.index.extend(kept.connection)  # Must not go on in what is half taken away.
        found = find_in_peace(kept.connection, GENERATIONS, SearchRange(Filter.parse(q="needle"), 1, 2500, 1000, True))
        assert len(found.messages) == 500
    assert steps > 10
    index(kept.connection)
    ((start, indexed),) = kept.connection.execute("SELECT start, indexed FROM segment").fetchall()
    assert start == 1496
    assert indexed > 2000


def test_segments_of_an_older_version_are_built_again_and_until_then_not_used(kept: Kept) -> None:
    def found(query: str) -> int:
        wanted = SearchRange(Filter.parse(q=query), 1, 2000, 1000, True)
        return len(find_in_peace(kept.connection, GENERATIONS, wanted).messages)

    publish(kept, 600, "\x1b[1mdisk\x1b[0m full")
    index(kept.connection)
    kept.connection.execute("UPDATE segment SET version = 1")
    assert found('"disk full"') == 600
    assert not kept.index.extend(kept.connection)
    index(kept.connection)
    assert kept.connection.execute("SELECT DISTINCT version FROM segment").fetchall() == [(DOCUMENT_VERSION,)]
    assert found('"disk full"') == 600
    assert found("1mdisk") == 0
