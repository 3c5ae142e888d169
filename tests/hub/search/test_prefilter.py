"""The condition in SQL accepts every message that `Filter.matches` accepts, and rejects most others."""

import json
import sqlite3
import sys
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.filter import Filter
from hub.log.database import open_writer
from hub.message import Draft, Level
from hub.query import Query
from hub.query.match_context import MatchContext, fold
from hub.query.terms import And, DataCompared, DataExists, DataIs, FieldIs, LevelIs, Not, Or, Term, Text
from hub.search.find import SearchRange
from hub.search.prefilter import LONGEST_PATTERN, prefilter
from tests.hub.parts import EPOCH, GENERATIONS, draft
from tests.hub.search.logs import fill, find_in_peace

# Letters with a non-ASCII other case, wildcards, characters that JSON escapes, and NUL.
NASTY = 'abiIıİ\u0307kK\u212aäÄßẞσςΣ想%_!*"\\/\x1b\0\n\ufffe'
texts = st.text(st.sampled_from(NASTY) | st.characters(exclude_categories=["Cs"]), max_size=6)
sources = texts.filter(str.isprintable)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5) | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab") | texts, inner, max_size=2),
    max_leaves=4,
)
data = st.builds(
    lambda value, ascii_only: msgspec.Raw(json.dumps(value, ensure_ascii=ascii_only).encode()), values, st.booleans()
)
drafts = st.builds(
    Draft, st.sampled_from(["a", "A.b", "Kik", "k"]), st.sampled_from(list(Level)), sources, texts, st.none() | data
)
needles = texts.map(lambda text: fold(text).replace("\0", ""))
parts = st.lists(needles.map(lambda text: text.replace("*", "")), min_size=1, max_size=3).map(tuple)
paths = st.sampled_from(["a", "b", "a.b", "0", "a.0"])
leaves: st.SearchStrategy[Term] = (
    st.builds(Text, needles)
    | st.builds(FieldIs, st.sampled_from(["topic", "source"]), parts)
    | st.builds(DataIs, paths, parts | st.sampled_from([("1",), ("null",), ("t", "")]))
    | st.builds(LevelIs, st.sampled_from([">=", "<", None]), st.sampled_from(list(Level)))
    | st.builds(DataCompared, paths, st.sampled_from([">=", "<"]), st.just(2.0))
    | st.builds(DataExists, paths)
)
terms: st.SearchStrategy[Term] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=4,
)
globs = st.frozensets(st.sampled_from(["a", "?", "a*", "*k", "K?k", "A.*"]), max_size=2)


@pytest.fixture(scope="module")
def empty() -> Iterator[sqlite3.Connection]:
    connection = open_writer(":memory:", "full", EPOCH)
    yield connection
    connection.close()


def found(connection: sqlite3.Connection, filter_: Filter, stored: list[Draft]) -> list[int]:
    """The positions of the messages that a search finds."""
    connection.execute("DELETE FROM message")
    for seq, each in enumerate(stored):
        fill(connection, seq, each, EPOCH)
    result = find_in_peace(connection, GENERATIONS, SearchRange(filter_, 0, len(stored), newest_first=False))
    return [int(message.id.partition("-")[2]) for message in result.messages]


@given(st.lists(drafts, min_size=1, max_size=5), globs, terms)
def test_a_search_finds_exactly_the_matching_messages(
    empty: sqlite3.Connection, stored: list[Draft], topics: frozenset[str], term: Term
) -> None:
    filter_ = Filter(topics, query=Query(term))
    expected = [seq for seq, each in enumerate(stored) if filter_.matches(MatchContext(each))]
    assert found(empty, filter_, stored) == expected


@given(texts, texts, texts, st.sampled_from(["message", "source", "escaped data", "data"]))
@example("", "İ", "\u0307", "message")
@example("\0", "a", "", "message")
@example("", '"/', "", "data")
@example("", "K", "", "source")
def test_every_part_of_a_field_is_found(
    empty: sqlite3.Connection, before: str, text: str, after: str, field: str
) -> None:
    """Drawn apart from each other, a text and a message seldom match."""
    needle = fold(text).replace("\0", "")
    raw = json.dumps([before + text + after], ensure_ascii=field == "escaped data").encode()
    stored = {
        "message": draft(before + text + after),
        "source": Draft("t", Level.INFO, "".join(filter(str.isprintable, before + text + after)), "", None),
    }.get(field, Draft("t", Level.INFO, "", "", msgspec.Raw(raw)))
    filter_ = Filter(query=Query(Text(needle)))
    assert found(empty, filter_, [stored]) == ([0] if filter_.matches(MatchContext(stored)) else [])


def test_every_character_is_found_by_what_it_folds_to(empty: sqlite3.Connection) -> None:
    cased = [character for character in map(chr, range(sys.maxunicode + 1)) if fold(character) != character]
    assert len(cased) > 1000
    for character in cased:
        condition = prefilter(Filter(query=Query(Text(fold(character)))))
        assert condition is not None
        sql, parameters = condition
        row = "(SELECT ? AS message, '' AS topic, '' AS source, NULL AS data)"
        assert empty.execute(f"SELECT {sql} FROM {row}", (*parameters, character)).fetchone() == (1,), character


@pytest.mark.parametrize(
    ("q", "accepted"),
    [
        ("needle", 1),
        ("NEEDLE nowhere", 0),
        ("none OR needle", 1),
        ("topic:rare", 1),
        ("data.a:*", 1),
        ("-x 100%", 1),
    ],
)
def test_few_messages_are_left_to_evaluate(empty: sqlite3.Connection, q: str, accepted: int) -> None:
    rare = Draft("rare", Level.INFO, "", "a needle at 100%", msgspec.Raw(b'{"a":1}'))
    found(empty, Filter(), [draft(f"message 100{number}") for number in range(50)] + [rare])
    condition = prefilter(Filter.parse(q=q))
    assert condition is not None
    assert empty.execute(f"SELECT count(*) FROM message WHERE {condition[0]}", condition[1]).fetchone() == (accepted,)


@pytest.mark.parametrize("q", ["", "-needle", "needle OR -x"])
def test_a_query_without_a_required_text_has_no_condition(q: str) -> None:
    assert prefilter(Filter.parse(q=q)) is None


def test_the_cost_of_a_condition_does_not_grow_with_the_query() -> None:
    """LIKE costs text x pattern: 1,000 letters and three messages of 1 MiB took 8 s in one statement."""
    condition = prefilter(Filter.parse(q="a" * 1000 + "b"))
    assert condition is not None
    assert max(map(len, condition[1])) <= LONGEST_PATTERN + 3


def test_a_long_message_is_left_to_the_filter(empty: sqlite3.Connection) -> None:
    """The clock of a search is read between rows only."""
    condition = prefilter(Filter.parse(q="needle"))
    assert condition is not None
    row = "SELECT 1 FROM (SELECT ? AS message, '' AS topic, '' AS source, ? AS data) WHERE " + condition[0]
    for message, data, passes in (("x", None, 0), ("x" * 40_000, None, 1), ("x", "x" * 40_000, 1)):
        assert len(empty.execute(row, (message, data, *condition[1])).fetchall()) == passes
