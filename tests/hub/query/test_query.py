"""The grammar of a query, and which messages it matches."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.message import Draft, Level, Message
from hub.query import EVERYTHING, Query, parse
from hub.query.match_context import MatchContext, fold
from hub.query.terms import (
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

CASES: dict[str, Any] = json.loads((Path(__file__).parents[2] / "filter_cases.json").read_text("utf-8"))
"""Cases for both parsers. `expressions` are for the page's only. `singles` have a message each, or the
fields that differ from the `usual` one."""

# All tokens of the grammar, and some plain texts.
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

phrases = st.text(max_size=8).map(fold)
paths = st.text("abC.-_1", min_size=1, max_size=8).map(lambda text: f"x{text}")
orders = st.sampled_from([">=", "<=", ">", "<"])
parts = phrases.map(lambda text: tuple(text.split("*")))
leaves: st.SearchStrategy[Term] = (
    st.builds(Text, phrases)
    | st.builds(LevelIs, orders | st.none(), st.sampled_from(list(Level)))
    | st.builds(FieldIs, st.sampled_from(["topic", "source"]), parts)
    | st.builds(DataIs, paths, parts)
    | st.builds(DataCompared, paths, orders, st.floats())
    | st.builds(DataExists, paths)
)
terms: st.SearchStrategy[Term] = st.recursive(
    st.just(ANYTHING) | leaves,
    lambda inner: (
        st.builds(Not, inner) | st.builds(And, st.tuples(inner, inner)) | st.builds(Or, st.tuples(inner, inner))
    ),
    max_leaves=12,
)


def message_of(fields: dict[str, Any]) -> Message:
    """Return a message of the case file."""
    data = msgspec.Raw(json.dumps(fields["data"]).encode()) if "data" in fields else None
    return Message(**{"id": "1-1", "time": "", **fields, "level": Level(fields["level"]), "data": data})


@pytest.mark.parametrize("case", CASES["matches"], ids=lambda case: case["filter"])
def test_a_query_matches_the_messages_of_the_case_file(case: dict[str, Any]) -> None:
    query = parse(case["filter"])
    assert [
        name for name, fields in CASES["messages"].items() if query.matches(MatchContext(message_of(fields)))
    ] == case["finds"]


@pytest.mark.parametrize("case", CASES["singles"], ids=lambda case: case["filter"])
def test_a_query_matches_a_single_message_or_not(case: dict[str, Any]) -> None:
    fields = CASES["usual"] | case.get("message", {})
    assert parse(case["filter"]).matches(MatchContext(message_of(fields))) is case["matches"]


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["filter"])
def test_an_invalid_query_is_rejected_with_its_column(case: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=rf"^q: column {case['column']}: ") as caught:
        parse(case["filter"])
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("/time(d )?out/", 1),  # A regular expression could block the server for all clients.
        ("a -/x/", 4),
        ("(/x/)", 2),
        ("x" * 1025, 1025),
        (" ".join(["level:error"] * 65), 769),
        ("(" * 17 + "x" + ")" * 17, 17),
        # The lower bound of terms that read a whole message is in the case file.
        ("data." + ".".join("x" * 11) + ":1", 1),
        ("data.x:>=", 1),
        ("data.x:>=a", 1),
        ("data.x:<1e", 1),
    ],
)
def test_an_expensive_or_incomplete_query_is_rejected(text: str, column: int) -> None:
    with pytest.raises(InvalidInput, match=rf"^q: column {column}: ") as caught:
        parse(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", ["data.x:+5", "data.x:.5", "data.x:0x5", "data.x:5_0", "data.list.length:2"])
def test_a_number_is_written_as_in_json(text: str) -> None:
    data = {"x": 5, "list": [1, 2]}
    assert not parse(text).matches(MatchContext(message_of(CASES["usual"] | {"data": data})))


def test_both_forms_of_the_greek_sigma_are_one_letter() -> None:
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
def test_any_text_is_a_query_or_is_rejected(text: str) -> None:
    try:
        query = parse(text)
    except InvalidInput:
        return
    assert query.text == text
    assert isinstance(query.matches(MatchContext(message(text=text))), bool)


def test_queries_of_the_same_terms_are_equal_in_any_spelling() -> None:
    same = ["Timeout  level:WARN", " timeout\tlevel:w ", '("timeout" level:warning)', '"" timeout (level:warn)']
    assert {parse(text) for text in same} == {parse("timeout level:warning")}
    assert parse("data.x:>5") == parse("data.x:>5.0") != parse("data.x:>=5")
    assert parse("") == parse(' "" ') == EVERYTHING
    assert not parse("")
    assert parse("a OR b") != parse("a b")


codeless = texts.map(lambda text: text.replace("\x1b", ""))


@given(codeless, codeless.filter(lambda text: text.strip()), codeless)
def test_a_phrase_is_found_at_any_position_and_in_any_case(before: str, text: str, after: str) -> None:
    phrase = text.replace('"', "'").replace("\0", "0")
    before, after = (part.replace("\0", "0") for part in (before, after))
    for written in (phrase, phrase.upper(), phrase.lower()):
        if fold(written) == fold(phrase):  # The upper case of ß is SS, which folds to other letters.
            assert parse(f'"{phrase}"').matches(MatchContext(message(text=before + written + after)))


@given(terms, texts)
def test_a_minus_inverts_a_term(term: Term, text: str) -> None:
    assert Query(Not(term)).matches(MatchContext(message(text=text))) is not Query(term).matches(
        MatchContext(message(text=text))
    )


def test_a_phrase_does_not_match_across_fields() -> None:
    parts = MatchContext(
        message_of(CASES["usual"] | {"message": "ab", "topic": "cd", "source": "ef", "data": ["gh", "ij"]})
    )
    for whole in ("ab", "cd", "ef", "gh", "ij"):
        assert parse(whole).matches(parts)
    for seam in ("bc", "de", "fg", "hi"):
        assert not parse(seam).matches(parts)


def test_a_text_is_folded_once_for_all_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 300 queries, folding a message of 1 MiB each time blocked the event loop for 0.3 s."""
    folded: list[str] = []

    def counted(text: str) -> str:
        folded.append(text)
        return fold(text)

    monkeypatch.setattr("hub.query.match_context.fold", counted)
    context = MatchContext(message_of(CASES["usual"] | {"data": {"a": "b"}}))
    for number in range(300):
        parse(f"nowhere{number}").matches(context)
    assert len(folded) == 2  # Its fields, and the strings in its data.


def test_deeply_nested_data_is_searched() -> None:
    """Publishing accepts some 900 levels, so no query may fail on them."""
    data = msgspec.Raw(b"[" * 900 + b'"Needle"' + b"]" * 900)
    deep = msgspec.structs.replace(message(), data=data)
    assert parse("needle").matches(MatchContext(deep))
    assert not parse("data.a.b.c:*").matches(MatchContext(deep))


@pytest.mark.parametrize(
    ("query", "data", "found"),
    [
        ("data.n:1234567890123456789", "1234567890123456789", True),
        ("data.n:1234567890123456789", "1234567890123456790", False),
        ("data.n:>9007199254740992", "9007199254740993", True),
        ("data.n:>9007199254740992", "9007199254740992", False),
        ("data.n:504.0", "504", True),
        ("data.n:1e400", "1e300", False),
        ("1234567890123456789", "1234567890123456789", True),
        ("1.10", "1.10", True),
        ("1e3", "1E3", True),
        ("true", "true", False),
        ("a", '"\\u001b[31ma"', True),
        ("31m", '"\\u001b[31ma"', False),
    ],
)
def test_numbers_are_exact_and_found_as_they_are_written(query: str, data: str, found: bool) -> None:
    message = Draft("t", Level.INFO, "", "", msgspec.Raw(f'{{"n":{data}}}'.encode()))
    assert parse(query).matches(MatchContext(message)) is found
