"""The index says where nothing can be found, so that nobody looks there."""

import sqlite3

import pytest

from hub.filter import Filter
from hub.log.rows import ROWS
from hub.search import candidates
from hub.search.find import SearchRange
from tests.hub.parts import EPOCH, GENERATIONS
from tests.hub.search.logs import SMALL, find_in_peace, index


@pytest.mark.usefixtures("small")
def test_the_index_is_asked_and_not_only_kept(connection: sqlite3.Connection) -> None:
    """Or the test above would prove nothing of it."""
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert not find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="nowhere"), 1, 447, 10, True)).messages
    looked_at = [statement for statement in seen if statement.startswith(ROWS)]
    assert sum("MATCH" in statement for statement in seen) == 7
    assert not looked_at


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("q", ["qz", "ж", "timeout qz", "qz OR jq", "source:j", "data.jq:*", "topic:q*"])
def test_what_is_shorter_than_the_index_has_it_is_looked_up_too(connection: sqlite3.Connection, q: str) -> None:
    """In a log of a million messages a rare word of two letters took 5 s."""
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert not find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q=q), 1, 447, 10, True)).messages
    assert not any(statement.startswith(ROWS) for statement in seen)


@pytest.mark.usefixtures("small")
def test_a_segment_that_was_begun_without_a_list_of_trigrams_is_looked_through(connection: sqlite3.Connection) -> None:
    index(connection, SMALL)
    everywhere = find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="an"), 1, 500, 500, True))
    for number in range(1, 8):
        connection.execute(f"DROP TABLE trigram_{number}")
    assert find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="an"), 1, 500, 500, True)) == everywhere
    connection.execute("DELETE FROM message WHERE seq <= 447")
    index(connection, SMALL)
    assert connection.execute("SELECT count(*) FROM segment").fetchone()[0] == 1


@pytest.mark.usefixtures("small")
def test_a_text_that_many_trigrams_begin_with_is_not_worth_the_asking(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MOST_BEGINNINGS", 1)
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="a"), 1, 447, 10, True)).messages
    assert not any(statement.startswith("SELECT rowid FROM search_") for statement in seen)


@pytest.mark.usefixtures("small")
def test_a_segment_of_another_time_is_not_looked_into(connection: sqlite3.Connection) -> None:
    index(connection, SMALL)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    span = (EPOCH + 10_000, EPOCH + 20_000)
    assert not find_in_peace(
        connection, GENERATIONS, SearchRange(Filter.parse(q="timeout"), 1, 448, 10, True, span)
    ).messages
    assert not any("MATCH" in statement for statement in seen)
