"""The index excludes parts of the log from a search."""

import sqlite3

import pytest

from hub.filter import Filter
from hub.log.rows import ROWS
from hub.search.find import Bounds, SearchRange, find
from tests.hub.parts import EPOCH, GENERATIONS
from tests.hub.search.logs import SMALL, find_in_peace, index


@pytest.mark.usefixtures("small")
def test_a_search_uses_the_index(connection: sqlite3.Connection) -> None:
    """Otherwise the tests of equal results would prove nothing about the index."""
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert not find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="nowhere"), 1, 447, 10, True)).messages
    assert sum("MATCH" in statement for statement in seen) == 7
    assert not any(statement.startswith(ROWS) for statement in seen)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("q", ["qz", "ж", "timeout qz", "qz OR jq", "source:j", "data.jq:*", "topic:q*"])
def test_a_text_shorter_than_a_trigram_is_looked_up_too(connection: sqlite3.Connection, q: str) -> None:
    """Without it, a rare word of two letters in a million messages took 5 s."""
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert not find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q=q), 1, 447, 10, True)).messages
    assert not any(statement.startswith(ROWS) for statement in seen)


@pytest.mark.usefixtures("small")
def test_a_segment_without_a_list_of_trigrams_is_scanned(connection: sqlite3.Connection) -> None:
    index(connection, SMALL)
    everywhere = find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="an"), 1, 500, 500, True))
    for number in range(1, 8):
        connection.execute(f"DROP TABLE trigram_{number}")
    assert find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="an"), 1, 500, 500, True)) == everywhere
    connection.execute("DELETE FROM message WHERE seq <= 447")
    index(connection, SMALL)
    assert connection.execute("SELECT count(*) FROM segment").fetchone()[0] == 1


@pytest.mark.usefixtures("small")
def test_a_text_with_many_completions_is_not_looked_up(connection: sqlite3.Connection) -> None:
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    bounds = Bounds(seconds=600, max_completions=1)
    assert find(connection, GENERATIONS, SearchRange(Filter.parse(q="a"), 1, 447, 10), bounds).messages
    assert not any(statement.startswith("SELECT rowid FROM search_") for statement in seen)


@pytest.mark.usefixtures("small")
def test_a_segment_outside_the_time_span_is_skipped(connection: sqlite3.Connection) -> None:
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    span = (EPOCH + 10_000, EPOCH + 20_000)
    assert not find_in_peace(
        connection, GENERATIONS, SearchRange(Filter.parse(q="timeout"), 1, 448, 10, True, span)
    ).messages
    assert not any("MATCH" in statement for statement in seen)
