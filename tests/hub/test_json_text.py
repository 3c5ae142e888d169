"""Decoding of JSON from clients, and the positions of its errors."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.json_text import EXPLAINED_BYTES, check, decode, encode, one_line

numbers: msgspec.json.Decoder[list[int]] = msgspec.json.Decoder(list[int])
finite = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers()
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(finite | texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)


def test_valid_json_is_decoded() -> None:
    assert decode(numbers, b"[1, 2]") == [1, 2]


def test_a_syntax_error_names_line_and_column() -> None:
    with pytest.raises(InvalidInput, match="body: invalid JSON at line 2 column 2"):
        decode(numbers, b"[1,\n x]")


def test_a_wrong_type_is_reported_with_its_path_and_the_hint() -> None:
    with pytest.raises(InvalidInput, match=r"Expected `int`, got `str` - at `\$\[1\]`") as caught:
        decode(numbers, b'[1, "a"]', hint="send numbers")
    assert caught.value.hint == "send numbers"


@pytest.mark.parametrize("depth", range(900, 1100, 7))
def test_an_error_in_deeply_nested_json_is_reported(depth: int) -> None:
    """Near Python's recursion limit, explaining the error must not fail too."""
    with pytest.raises(InvalidInput):
        decode(msgspec.json.Decoder(), b"[" * depth + b'"\\ud800"' + b"]" * depth)


@given(values, st.sampled_from([None, 1, "\t", "\r\n"]))
def test_one_line_keeps_the_value_and_has_no_line_end(value: object, indent: int | str | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    line = bytes(one_line(msgspec.Raw(text)))
    assert b"\n" not in line
    assert b"\r" not in line
    assert json.loads(line) == value


def test_check_finds_errors_that_msgspec_skips() -> None:
    for text in (b"[NaN]", b'"\\ud800"', b'{"a": 1e999}', b'"\xff"', b"[1", b"", b"1 2"):
        with pytest.raises(InvalidInput):
            check(msgspec.Raw(text))


@pytest.mark.parametrize("text", [b"[1", b'"\\ud800"', b"[" * 100_000 + b"]" * 100_000])
def test_one_line_rejects_invalid_json(text: bytes) -> None:
    with pytest.raises(InvalidInput, match="data: "):
        one_line(msgspec.Raw(text))


def test_an_error_in_a_long_text_has_the_same_position_as_in_a_short_one() -> None:
    for items in (1, EXPLAINED_BYTES):
        with pytest.raises(InvalidInput, match=rf"body: invalid JSON at line {items + 1} column 3: "):
            decode(numbers, b"[" + b"1,\n" * items + b"  x]")


def test_no_character_of_an_encoded_text_ends_a_line() -> None:
    """Line-splitting clients lost half a message at U+2028."""
    text = "a\u2028b\u2029c\x85d\u0105\u2027\xe2\r\n\x0b\x0c\x1c"
    encoded = encode({"text": text, "data": msgspec.Raw(json.dumps([text], ensure_ascii=False).encode())})
    assert len(encoded.decode().splitlines()) == 1
    assert json.loads(encoded) == {"text": text, "data": [text]}
