"""Bytes are split into lines, wherever they were cut on their way."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.ingest.lines import CHUNK_BYTES, Line, Lines, TruncatedLine, lines_of

LIMIT = 1024

streams = st.lists(
    st.sampled_from([b"\n", b"\r\n", b"\r", b"\0", b"\xff\xfe", "ä€😀\u2028".encode(), b"x" * 400]) | st.binary(),
    max_size=12,
).map(b"".join)


def split(*pieces: bytes, limit: int = LIMIT) -> list[Line]:
    lines = Lines(limit)
    return [line for piece in pieces for line in lines.feed(piece)] + lines.end()


@given(streams, st.lists(st.integers(0, 2000)))
@example(b"x" * 3000 + b"\nshort\n", [1, 1023, 1024, 1025, 2999, 3000, 3001])
@example(b"one\r\ntwo", [4])
def test_lines_are_the_same_wherever_they_were_cut(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in pairwise(edges) if start <= end]
    assert split(*pieces) == split(stream) == list(lines_of(stream, LIMIT))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=50)))
def test_lines_that_fit_are_unchanged(texts: list[str]) -> None:
    lines = [text.encode() for text in texts]
    for end in (b"\n", b"\r\n"):
        assert split(b"".join(line + end for line in lines)) == lines


def test_a_line_is_returned_with_the_piece_that_ends_it() -> None:
    lines = Lines(LIMIT)
    assert list(lines.feed(b"on")) == []
    assert lines.unfinished_bytes == 2
    assert list(lines.feed(b"e\ntw")) == [b"one"]
    assert list(lines.feed(b"o\n\nthree")) == [b"two", b""]
    assert lines.end() == [b"three"]
    assert lines.end() == []


def test_the_last_line_needs_no_end_and_an_end_adds_no_line() -> None:
    assert split(b"one\ntwo") == [b"one", b"two"]
    assert split(b"one\ntwo\n") == [b"one", b"two"]
    assert split(b"") == []


def test_only_line_feeds_end_a_line() -> None:
    """A lone CR is a progress bar, and U+2028 is text."""
    line = "a\rb\u2028c\x0bd\x85".encode()
    assert split(line + b"\n") == [line]


def test_a_line_over_the_limit_is_truncated_with_its_length() -> None:
    [line] = split(b"x" * 5000)
    assert isinstance(line, TruncatedLine)
    assert line.startswith("xxx")
    assert line.endswith(" … [cut: 5,000 bytes]")
    assert len(line.encode()) == LIMIT


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_a_line_of_exactly_the_limit_is_whole(end: bytes) -> None:
    assert split(b"x" * LIMIT + end) == [b"x" * LIMIT]
    assert split(b"x" * LIMIT, end) == [b"x" * LIMIT]


@given(st.integers(LIMIT - 3, LIMIT + 30), st.sampled_from(["ä", "€", "😀", "\ufffd"]), st.integers(0, 3))
def test_truncation_splits_no_character(length: int, character: str, shift: int) -> None:
    [line] = split(b"x" * shift + character.encode() * length)
    assert isinstance(line, TruncatedLine)
    assert "\ufffd" not in line or character == "\ufffd"
    assert len(line.encode()) <= LIMIT


def test_a_carriage_return_at_the_limit_is_no_line_end() -> None:
    [line] = split(b"x" * LIMIT + b"\r" + b"y" * 10)
    assert isinstance(line, TruncatedLine)
    assert line.endswith(f"[cut: {LIMIT + 11:,} bytes]")


def test_the_line_after_a_truncated_one_is_whole() -> None:
    assert split(b"x" * 5000, b"y" * 5000, b"\nnext\n")[1] == b"next"


def test_the_limit_may_change_in_the_middle_of_a_line() -> None:
    lines = Lines(10)
    list(lines.feed(b"12345"))
    lines.max_bytes = 20
    assert list(lines.feed(b"67890abc\n")) == [b"1234567890abc"]
    list(lines.feed(b"x" * 19))
    lines.max_bytes = 10
    assert list(lines.feed(b"yz\nnext\n"))[1] == b"next"


def test_a_whole_body_is_split_in_parts() -> None:
    """A list of all lines of 8 MiB of line feeds would take 64 MiB."""
    lines = lines_of(b"\n" * (3 * CHUNK_BYTES), LIMIT)
    assert next(lines) == b""
    assert sum(1 for _ in lines) == 3 * CHUNK_BYTES - 1
