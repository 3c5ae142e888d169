"""What a reader may look for, and what it finds."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.message import Level, Message
from hub.query import EVERYTHING, Query, parse
from hub.query.match_context import MatchContext, fold
from hub.query.terms import (
    ANYTHING,
    FIELD,
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

CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "filter_cases.json").read_text("utf-8"))
"""The page's parser holds to the same. `expressions` are the page's alone; `singles` have a message each,
or a part of one that differs from the `usual`."""

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

words = st.text('abZ19.-*/<>=:"Σß', min_size=1, max_size=8).map(fold)
phrases = st.text(max_size=8).map(lambda text: fold(text.replace('"', "").replace("\0", "")))
paths = st.text("abC.-_1", min_size=1, max_size=8).map(lambda text: f"x{text}")
numbers = st.from_regex(r"-?[0-9]{1,3}(\.[0-9])?(e-?[0-9])?", fullmatch=True)
orders = st.sampled_from([">=", "<=", ">", "<"])
# Behind a sign a quote begins a phrase, so no other value can begin so.
values = phrases | words.filter(lambda text: not re.match('([<>]=?|=)?"', text))
parts = values.map(lambda text: tuple(text.split("*")))
leaves: st.SearchStrategy[Term] = (
    st.builds(Text, phrases.filter(bool) | words.filter(lambda text: text[0] not in '-/"' and not FIELD.match(text)))
    | st.builds(LevelIs, orders | st.none(), st.sampled_from(list(Level)))
    | st.builds(FieldIs, st.sampled_from(["topic", "source"]), parts)
    | st.builds(DataIs, paths, parts)
    | st.builds(DataCompared, paths, orders, numbers)
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
    return Message(**{"id": "1-1", "time": "", **fields, "level": Level(fields["level"]), "data": data})


@pytest.mark.parametrize("case", CASES["matches"], ids=lambda case: case["filter"])
def test_a_query_finds_what_the_case_file_says(case: dict[str, Any]) -> None:
    query = parse(case["filter"])
    assert [name for name, fields in CASES["messages"].items() if query.matches(MatchContext(said(fields)))] == case[
        "finds"
    ]


@pytest.mark.parametrize("case", CASES["singles"], ids=lambda case: case["filter"])
def test_a_query_finds_a_message_or_does_not(case: dict[str, Any]) -> None:
    fields = CASES["usual"] | case.get("message", {})
    assert parse(case["filter"]).matches(MatchContext(said(fields))) is case["matches"]


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["filter"])
def test_a_wrong_query_is_refused_at_its_column(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=rf"^q: column {case['column']}: ") as caught:
        parse(case["filter"])
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("/time(d )?out/", 1),  # A regular expression could stall the server for everybody.
        ("a -/x/", 4),
        ("(/x/)", 2),
        ("x" * 1025, 1025),
        (" ".join(["level:error"] * 65), 769),
        ("(" * 17 + "x" + ")" * 17, 17),
        # What reads all of a message is bounded more closely, in the case file.
        ("data." + ".".join("x" * 11) + ":1", 1),
        ("data.x:>=", 1),
        ("data.x:>=a", 1),
        ("data.x:<1e", 1),
    ],
)
def test_what_would_cost_too_much_or_says_nothing_is_refused(text: str, column: int) -> None:
    with pytest.raises(InvalidInput, match=rf"^q: column {column}: ") as caught:
        parse(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["data.x:+5", "data.x:.5", "data.x:0x5", "data.x:5_0", "data.list.length:2"])
def test_a_number_is_written_as_in_json(text: str) -> None:
    data = {"x": 5, "list": [1, 2]}
    assert not parse(text).matches(MatchContext(said(CASES["usual"] | {"data": data})))


def test_the_letter_that_changes_at_the_end_of_a_word_is_one_letter() -> None:
    assert parse("οδοσ").matches(MatchContext(message(text="ΟΔΟΣ")))
    assert parse("ΟΔΟΣ").matches(MatchContext(message(text="οδος")))


def test_an_error_reads_as_a_sentence() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse('timeout -x "health')
    assert str(caught.value) == "q: column 12: this quote is never closed"
    with pytest.raises(InvalidInput) as caught:
        parse("/time(d )?out/")
    assert str(caught.value) == "q: column 1: regular expressions work in the page only"


@given(queries)
@example('--"')
def test_any_text_is_a_query_or_is_refused(text: str) -> None:
    try:
        query = parse(text)
    except InvalidInput:
        return
    assert parse(query.text) == query
    assert isinstance(query.matches(MatchContext(message(text=text))), bool)


@given(terms)
def test_a_printed_query_is_read_as_the_same(term: Term) -> None:
    query = Query.of(term)
    again = parse(query.text)
    assert again == query
    assert again.term == term


def test_however_a_query_is_written_its_readers_share_a_group() -> None:
    same = ["Timeout  level:WARN", " timeout\tlevel:w ", '("timeout" level:warning)', '"" timeout (level:warn)']
    assert {parse(text) for text in same} == {parse("timeout level:warning")}
    assert parse("") == parse(' "" ') == EVERYTHING
    assert not parse("")
    assert parse("a OR b") != parse("a b")


@given(texts, texts.filter(lambda text: text.strip()), texts)
def test_a_phrase_is_found_wherever_it_stands_and_however_it_is_written(before: str, text: str, after: str) -> None:
    phrase = text.replace('"', "'").replace("\0", "0")
    before, after = (said.replace("\0", "0") for said in (before, after))
    for written in (phrase, phrase.upper(), phrase.lower()):
        if fold(written) == fold(phrase):  # Upper case of ß is SS: not the same letters any more.
            assert parse(f'"{phrase}"').matches(MatchContext(message(text=before + written + after)))


@given(terms, texts)
def test_minus_turns_an_answer_round(term: Term, text: str) -> None:
    assert Query.of(Not(term)).matches(MatchContext(message(text=text))) is not Query.of(term).matches(
        MatchContext(message(text=text))
    )


def test_a_phrase_does_not_reach_from_one_field_into_the_next() -> None:
    parts = MatchContext(said(CASES["usual"] | {"message": "ab", "topic": "cd", "source": "ef", "data": ["gh", "ij"]}))
    for whole in ("ab", "cd", "ef", "gh", "ij"):
        assert parse(whole).matches(parts)
    for seam in ("bc", "de", "fg", "hi"):
        assert not parse(seam).matches(parts)


def test_a_text_is_folded_once_however_many_look_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 readers with a query each, and a message of 1 MiB: the loop stood still for a third of a second."""
    folded: list[str] = []

    def counted(text: str) -> str:
        folded.append(text)
        return fold(text)

    monkeypatch.setattr("hub.query.match_context.fold", counted)
    seen = MatchContext(said(CASES["usual"] | {"data": {"a": "b"}}))
    for number in range(300):
        parse(f"nowhere{number}").matches(seen)
    assert len(folded) == 2  # Its fields, and the strings in its data.


def test_data_is_read_however_deep_it_is() -> None:
    """Publishing lets some 900 levels in: a reader's query must not trip over them."""
    data = msgspec.Raw(b"[" * 900 + b'"Needle"' + b"]" * 900)
    deep = msgspec.structs.replace(message(), data=data)
    assert parse("needle").matches(MatchContext(deep))
    assert not parse("data.a.b.c:*").matches(MatchContext(deep))
