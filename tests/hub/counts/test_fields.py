"""The fields of messages: which names and values count, and how much is kept of them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from hub.counts.fields import DISTINCT, LONGEST, NAMES, Fields
from hub.filter import Filter
from hub.log.database import MEMORY, open_writer
from hub.search.find import Bounds, SearchRange
from tests.hub.parts import EPOCH


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(open_writer(MEMORY, "full", EPOCH)) as connection:
        yield connection


def store(connection: sqlite3.Connection, *data: object) -> None:
    (head,) = connection.execute("SELECT head FROM log").fetchone()
    texts = [value if isinstance(value, str) else json.dumps(value) for value in data]
    rows = [(seq, EPOCH + seq, text) for seq, text in enumerate(texts, head + 1)]
    connection.executemany("INSERT INTO message VALUES (?, ?, 't', 1, '', 'm', ?)", rows)
    connection.execute("UPDATE log SET head = head + ?", (len(rows),))


def fields(connection: sqlite3.Connection, q: str = "", bounds: Bounds | None = None, messages: int = 10_000) -> Any:
    look = Fields(SearchRange(Filter.parse(q=q)), bounds or Bounds(seconds=600), messages=messages)
    while not look.part(connection):
        pass
    return look.as_json()


def values(found: Any) -> dict[str, list[list[object]]]:
    return {field["name"]: field["values"] for field in found["fields"]}


def test_values_are_written_as_a_query_has_them(connection: sqlite3.Connection) -> None:
    whole = {
        "n": 12345678901234567890,
        "f": 1.50,
        "t": True,
        "no": None,
        "s": "a b",
        "list": [1],
        "in": {"x": {"y": 2}},
    }
    store(connection, whole, {"n": 1, "s": "x" * (LONGEST + 1), "empty": {}}, [1, 2], '"text"', '{"f": 1.50}')
    assert values(fields(connection)) == {
        "data.n": [["1", 1], ["12345678901234567890", 1]],
        "data.f": [["1.50", 1], ["1.5", 1]],
        "data.t": [["true", 1]],
        "data.no": [["null", 1]],
        "data.s": [["a b", 1]],
        "data.list": [],
        "data.in.x.y": [["2", 1]],
    }


def test_names_that_a_query_cannot_have_are_left_out(connection: sqlite3.Connection) -> None:
    store(connection, {"a b": 1, "x:y": 1, "(": 1, "": 1, "n" * LONGEST: 1, "a.b-c_é": 1})
    assert list(values(fields(connection))) == ["data.a.b-c_é"]


def test_names_and_values_are_bounded(connection: sqlite3.Connection) -> None:
    store(connection, {f"n{number}": 1 for number in range(NAMES + 50)})
    found = fields(connection)
    assert len(found["fields"]) == NAMES
    store(connection, *({"id": number} for number in range(DISTINCT + 50)))
    [ids] = [field for field in fields(connection, q="data.id:*")["fields"] if field["name"] == "data.id"]
    assert (ids["count"], len(ids["values"])) == (DISTINCT + 50, 10)


def test_the_newest_matching_messages_are_evaluated_in_slices(connection: sqlite3.Connection) -> None:
    store(connection, *({"n": number, "kind": number % 2} for number in range(40)))
    for bounds in (Bounds(seconds=600), Bounds(seconds=-1, clock_bytes=0)):
        found = fields(connection, "data.kind:1", bounds, messages=5)
        assert (found["messages"], found["complete"], found["reached"]) == (5, True, None)
        assert values(found)["data.n"] == [[str(number), 1] for number in (39, 37, 35, 33, 31)]


@pytest.mark.parametrize("data", ['{"a": ', "[" * 5000, '{"a": "\ud800"}'.encode("utf-8", "replace").decode()])
def test_data_that_cannot_be_decoded_is_passed_over(connection: sqlite3.Connection, data: str) -> None:
    store(connection, {"n": 1}, data)
    found = fields(connection)
    assert found["messages"] == 2
    assert "data.n" in values(found)
