"""Log lines as they come: cut anywhere, of any length, in any encoding."""

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.ingest.lines import Lines, draft, guess_level
from hub.message import Draft, Level

LIMIT = 1024

streams = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"\0", b"\xff\xfe", "ä€😀\u2028".encode(), b"x" * 400]) | st.binary(),
    max_size=12,
).map(b"".join)


def lines_of(*pieces: bytes, limit: int = LIMIT) -> list[str]:
    lines = Lines(limit)
    return [line for piece in pieces for line in lines.feed(piece)] + lines.end()


def draft_of(line: str, *, level: str = "", source: str = "", max_bytes: int = LIMIT) -> Draft:
    return draft(line, topic="app", level=level, source=source, max_bytes=max_bytes)


@given(streams, st.lists(st.integers(0, 2000)))
@example(b"x" * 3000 + b"\nshort\n", [1, 1023, 1024, 1025, 2999, 3000, 3001])
@example(b"one\r\ntwo", [4])
def test_lines_are_the_same_however_they_were_cut(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges) if start <= end]
    assert lines_of(*pieces) == lines_of(stream)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=50)))
def test_lines_that_fit_arrive_as_they_were(lines: list[str]) -> None:
    for end in ("\n", "\r\n"):
        assert lines_of("".join(line + end for line in lines).encode()) == lines


def test_a_line_is_there_the_moment_it_ends() -> None:
    lines = Lines(LIMIT)
    assert list(lines.feed(b"on")) == []
    assert list(lines.feed(b"e\ntw")) == ["one"]
    assert list(lines.feed(b"o\n\nthree")) == ["two", ""]
    assert lines.end() == ["three"]
    assert lines.end() == []


def test_the_last_line_needs_no_end_and_an_end_makes_no_line_more() -> None:
    assert lines_of(b"one\ntwo") == ["one", "two"]
    assert lines_of(b"one\ntwo\n") == ["one", "two"]
    assert lines_of(b"") == []


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    assert lines_of(b"caf\xe9 \xe4\xb8\n") == ["caf\ufffd \ufffd"]


def test_a_character_that_arrives_in_two_pieces_is_one() -> None:
    assert lines_of(b"\xe2\x82", b"\xac\n") == ["€"]


def test_only_line_feeds_end_a_line() -> None:
    """A lone CR is a progress bar, U+2028 is text, and both are somebody's message."""
    assert lines_of("a\rb\u2028c\x0bd\x85\n".encode()) == ["a\rb\u2028c\x0bd\x85"]


def test_a_line_over_the_limit_is_cut_and_says_so() -> None:
    [line] = lines_of(b"x" * 5000)
    assert line.startswith("xxx")
    assert line.endswith(" … [cut: 5,000 bytes]")
    assert len(line.encode()) == LIMIT


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_of_just_the_limit_is_whole(end: bytes) -> None:
    assert lines_of(b"x" * LIMIT + end) == ["x" * LIMIT]
    assert lines_of(b"x" * LIMIT, end) == ["x" * LIMIT]


@given(st.integers(LIMIT - 3, LIMIT + 30), st.sampled_from(["ä", "€", "😀", "\ufffd"]), st.integers(0, 3))
def test_a_cut_splits_no_character(length: int, character: str, shift: int) -> None:
    stream = b"x" * shift + character.encode() * length
    [line] = lines_of(stream)
    assert "\ufffd" not in line or character == "\ufffd"
    assert len(line.encode()) <= LIMIT


def test_a_carriage_return_at_the_cut_is_no_line_end() -> None:
    assert lines_of(b"x" * LIMIT + b"\r" + b"y" * 10)[0].endswith(f"[cut: {LIMIT + 11:,} bytes]")


def test_what_follows_a_cut_line_is_not_harmed() -> None:
    assert lines_of(b"x" * 5000, b"y" * 5000, b"\nnext\n")[1] == "next"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-23 11:02:04 startup archives unpack", Level.INFO),
        ("status installed libgpg-error0:amd64 1.46-1", Level.INFO),
        ("0 errors, 0 warnings", Level.INFO),
        ("GET /error.html 200", Level.INFO),
        ("[ERROR] disk full", Level.ERROR),
        ("error: no such file", Level.ERROR),
        ("level=warn msg=slow", Level.WARNING),
        ("WARNING:root:careful", Level.WARNING),
        ("FATAL could not start", Level.CRITICAL),
        ("kernel: panic - not syncing", Level.CRITICAL),
        ("DEBUG x=1", Level.DEBUG),
        ("ValueError: bad", Level.ERROR),
        ("java.io.IOException: closed", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("warning: 3 errors ignored", Level.WARNING),
        ("x" * 400 + " error", Level.INFO),
        ("", Level.INFO),
    ],
)
def test_a_level_is_guessed_from_the_first_telling_word(line: str, level: Level) -> None:
    assert guess_level(line) is level


def test_a_level_that_was_asked_for_is_not_guessed() -> None:
    assert draft_of("error: x", level="debug").level is Level.DEBUG


def test_a_json_line_gives_its_fields() -> None:
    said = draft_of('{"level":"warn","msg":"slow","source":"api","took":1.50,"tags":["a"]}', source="shipper")
    assert (said.message, said.level, said.source) == ("slow", Level.WARNING, "api")
    assert said.data is not None
    assert json.loads(bytes(said.data)) == {"took": 1.5, "tags": ["a"]}
    assert b"1.50" in bytes(said.data)


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ('{"message":"m","level":50}', Level.ERROR),
        ('{"message":"m","severity":"ERROR"}', Level.ERROR),
        ('{"message":"m","level":"unheard of","severity":"crit"}', Level.CRITICAL),
        ('{"message":"m","level":true}', Level.INFO),
        ('{"message":"error: x"}', Level.ERROR),
        ('{"message":"m","level":1e30}', Level.INFO),
    ],
)
def test_a_json_line_says_how_bad_it_is_as_loggers_do(line: str, level: Level) -> None:
    assert draft_of(line).level is level


@pytest.mark.parametrize(
    "line",
    [
        "{not json}",
        '{"message":"m"',
        '{"level":"info"}',
        "{}",
        '{"message":"\\ud800"}',
        '{"message":"m","n":NaN}',
        '{"message":' + '{"a":' * 150 + "1" + "}" * 150 + "}",
        '{"a":' * 1100 + "1" + "}" * 1100,
    ],
)
def test_a_line_that_has_no_message_is_the_message(line: str) -> None:
    said = draft_of(line, max_bytes=1 << 20)
    assert (said.message, said.data) == (line, None)


def test_a_field_that_cannot_be_what_it_is_called_is_kept_as_data() -> None:
    said = draft_of('{"message":"m","source":"a\\nb","level":[1]}')
    assert said.source == ""
    assert said.data is not None
    assert json.loads(bytes(said.data)) == {"source": "a\nb", "level": [1]}


def test_only_the_address_can_be_wrong() -> None:
    for topic, level, source in (("a b", "", ""), ("a", "loud", ""), ("a", "", "x\n")):
        with pytest.raises(InvalidInput):
            draft("line", topic=topic, level=level, source=source, max_bytes=LIMIT)


names = st.sampled_from(["message", "msg", "level", "severity", "source", "data", "x"])
values = st.text() | st.integers() | st.floats() | st.none() | st.lists(st.integers())


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.dictionaries(names, values).map(json.dumps))
@example("😀" * 300)
@example('{"message":"' + "\\u20ac" * 340 + '"}')
@example('{"message":"' + "€" * 330 + '","data":"' + "x" * 30 + '"}')
def test_no_line_is_refused(line: str) -> None:
    said = draft_of(line)
    assert len(said.message.encode()) + len(said.data or b"") <= LIMIT
