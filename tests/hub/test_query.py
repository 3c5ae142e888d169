"""What a reader may look for, and what it finds."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.message import Level, Message
from hub.query import EVERYTHING, Query, parse
from hub.seen import fold
from hub.terms import (
    ANYTHING,
    And,
    DataCompared,
    DataExists,
    DataIs,
    FieldIs,
    LevelIs,
    Not,
    Or,
    Term,
    Text,
)
from tests.hub.parts import message, texts

CASES = json.loads((Path(__file__).parent.parent / "filter_cases.json").read_text("utf-8"))
"""Each `query` with a `message` and whether it `matches`, or with the `column` of its error; the page's
parser holds to the same. A query with a `regular_expression` works in the page only: refused at that column."""

# Everything that means something in the grammar, and some that mean nothing.
scraps = st.sampled_from(
    [
        "OR",
        "-",
        "(",
        ")",
        '"',
        "\\",
        "/",
        "*",
        ":",
        "level:",
        ">=",
        "topic:",
        "data.",
        ".",
        " ",
        "warn",
        "7",
        "a",
        "Σ",
        "\u3000",
    ]
)
queries = st.lists(scraps, max_size=30).map("".join) | st.text(max_size=40)

folded = st.text(max_size=8).map(fold)
paths = folded.filter(bool)
numbers = st.from_regex(r"-?[0-9]{1,3}(\.[0-9])?(e-?[0-9])?", fullmatch=True)
comparisons = st.sampled_from([">=", "<=", ">", "<"])
plain = st.text("abc.-:<>/", max_size=5)
leaves: st.SearchStrategy[Term] = (
    st.builds(Text, folded.filter(bool))
    | st.builds(LevelIs, comparisons | st.none(), st.sampled_from(list(Level)))
    | st.builds(FieldIs, st.sampled_from(["topic", "source"]), st.tuples(folded))
    | st.builds(FieldIs, st.sampled_from(["topic", "source"]), st.lists(plain, min_size=2, max_size=4).map(tuple))
    | st.builds(DataIs, paths, folded)
    | st.builds(DataCompared, paths, comparisons, numbers)
    | st.builds(DataExists, paths)
)
terms: st.SearchStrategy[Term] = st.recursive(
    st.just(ANYTHING) | leaves,
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(And, st.lists(inner.filter(lambda t: not isinstance(t, And)), min_size=2, max_size=3).map(tuple))
        | st.builds(Or, st.lists(inner.filter(lambda t: not isinstance(t, Or)), min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=12,
)


def said(fields: dict[str, Any]) -> Message:
    """A message of the case file."""
    data = msgspec.Raw(json.dumps(fields["data"]).encode()) if "data" in fields else None
    return Message(id="1-1", time="", **{**fields, "level": Level(fields["level"]), "data": data})


@pytest.mark.parametrize("case", [case for case in CASES if "matches" in case and "regular_expression" not in case])
def test_a_query_finds_what_the_case_file_says(case: dict[str, Any]) -> None:
    assert parse(case["query"]).matches(said(case["message"])) is case["matches"]


@pytest.mark.parametrize("case", [case for case in CASES if "column" in case or "regular_expression" in case])
def test_a_wrong_query_is_refused_at_its_column(case: dict[str, Any]) -> None:
    column = case.get("column", case.get("regular_expression"))
    with pytest.raises(InvalidInput, match=rf"^q: column {column}: ") as caught:
        parse(case["query"])
    assert caught.value.hint


def test_an_error_reads_as_a_sentence() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse('timeout -x "health')
    assert str(caught.value) == "q: column 12: this quote is never closed"
    with pytest.raises(InvalidInput) as caught:
        parse("/time(d )?out/")
    assert str(caught.value) == "q: column 1: regular expressions work in the page only"


@given(queries)
@example('"' + "\\\\" * 511)  # Where an expression that backtracks would not come back.
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    try:
        query = parse(text)
    except InvalidInput:
        return
    assert parse(query.text) == query
    assert isinstance(query.matches(message(text=text)), bool)


@given(terms)
def test_a_printed_query_is_read_as_the_same(term: Term) -> None:
    query = Query.of(term)
    again = parse(query.text)
    assert again == query
    assert again.term == term


def test_however_a_query_is_written_its_readers_share_a_group() -> None:
    same = ["Timeout  level:WARN", " timeout\tlevel:w ", '("timeout" level:warning)', "* timeout (level:warn)"]
    assert {parse(text) for text in same} == {parse("timeout level:warning")}
    assert parse("") == parse(" * ") == EVERYTHING
    assert not parse("*")
    assert parse("a OR b") != parse("a b")


@given(texts, texts.filter(lambda text: text.strip()), texts)
def test_a_phrase_is_found_wherever_it_stands_and_however_it_is_written(before: str, text: str, after: str) -> None:
    phrase = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for said_before in (text, text.upper(), text.lower()):
        if fold(said_before) == fold(text):  # Upper case of ß is SS: not the same letters any more.
            assert parse(phrase).matches(message(text=before + said_before + after))


@given(terms, texts)
def test_minus_turns_an_answer_round(term: Term, text: str) -> None:
    assert Query.of(Not(term)).matches(message(text=text)) is not Query.of(term).matches(message(text=text))


def test_data_is_read_however_deep_it_is() -> None:
    """Publishing lets some 900 levels in: a reader's query must not trip over them."""
    data = msgspec.Raw(b"[" * 900 + b'"Needle"' + b"]" * 900)
    deep = msgspec.structs.replace(message(), data=data)
    assert parse("needle").matches(deep)
    assert not parse("data.a.b.c:*").matches(deep)
