"""Rules for published messages, and the errors for those that break them."""

import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.errors import EyewallError, InvalidInput, TooLarge
from hub.message import LEVEL_NAMES, Draft, Level
from tests.hub.parts import levels, printable, texts, topics


def from_json(text: str | bytes, topic: str | None = "demo", max_bytes: int = 1 << 20) -> Draft:
    return Draft.from_json(text if isinstance(text, bytes) else text.encode(), topic=topic, max_bytes=max_bytes)


def problem_of(text: str | bytes, topic: str | None = "demo") -> str:
    with pytest.raises(InvalidInput) as caught:
        from_json(text, topic)
    return caught.value.message


@given(topics, texts, levels, printable)
def test_a_valid_message_is_kept_unchanged(topic: str, text: str, level: Level, source: str) -> None:
    draft = Draft.parse(topic=topic, message=text, level=level, source=source)
    assert (draft.topic, draft.message, draft.level, draft.source) == (topic, text, level, source)


@pytest.mark.parametrize("topic", ["", "a b", "a/b", "ä", "a\n", "\0", "a\r", "x" * 65, "*", "a?"])
def test_a_topic_is_a_short_plain_name(topic: str) -> None:
    with pytest.raises(InvalidInput, match="topic: ") as caught:
        Draft.parse(topic=topic, message="")
    assert "A-Z a-z 0-9" in caught.value.hint


@pytest.mark.parametrize("source", ["a\nb", "a\0", "a\x1b[31m", "\x85", "\u2028", "x" * 129, "\ud800"])
def test_a_source_has_no_control_characters(source: str) -> None:
    with pytest.raises(InvalidInput, match="source: "):
        Draft.parse(topic="demo", message="", source=source)


def test_half_a_surrogate_pair_is_rejected_with_its_position() -> None:
    with pytest.raises(InvalidInput, match="half a surrogate pair at character 3"):
        Draft.parse(topic="demo", message="ab\ud800")


def test_the_limit_counts_bytes_of_text_and_data_together() -> None:
    assert from_json('{"message":"äää","data":[1]}', max_bytes=9).message == "äää"
    with pytest.raises(TooLarge, match="9 bytes are over the limit of 8") as caught:
        from_json('{"message":"äää","data":[1]}', max_bytes=8)
    assert "publish.max_message_bytes" in caught.value.hint


@pytest.mark.parametrize("name", [*LEVEL_NAMES, "WARN", "Error", "FATAL"])
def test_a_level_may_have_the_name_of_another_logger(name: str) -> None:
    assert Level.parse(name) is LEVEL_NAMES[name.lower()]


@pytest.mark.parametrize("name", ["", "loud", "info\n", " info", "İnfo", "3"])
def test_the_error_for_an_unknown_level_lists_the_levels(name: str) -> None:
    with pytest.raises(InvalidInput, match="unknown level") as caught:
        Level.parse(name)
    assert caught.value.hint == "use one of debug, info, warning, error, critical"


def test_data_is_kept_unchanged_on_one_line() -> None:
    """Numbers are not rounded, keys not sorted, duplicates not removed."""
    body = '{"message": "m", "data": {"b": 1.10,\n "a": 123456789012345678901234567890,\r\n "t": "x\\ny"}}'
    draft = from_json(body)
    assert draft.data is not None
    assert bytes(draft.data) == b'{"b":1.10,"a":123456789012345678901234567890,"t":"x\\ny"}'


def test_no_data_and_null_are_the_same() -> None:
    assert from_json('{"message":"m","data":null}').data is None
    assert from_json('{"message":"m"}').data is None


def test_a_topic_in_the_json_overrides_the_path() -> None:
    assert from_json('{"message":"m","topic":"own"}', "address").topic == "own"
    assert from_json('{"message":"m"}', "address").topic == "address"
    assert "topic: is missing" in problem_of('{"message":"m"}', None)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "invalid JSON at line 1 column 1"),
        ("{", "invalid JSON at line 1 column 2"),
        ('{"message":\n  nope}', "invalid JSON at line 2 column 3"),
        ('{"message":"m"} x', "invalid JSON at line 1 column 17"),
        ('{"message":"m","data":NaN}', "invalid JSON"),
        ('{"message":"m","data":[1e999]}', "data: Number out of range - at `$[0]`"),
        ('{"message":"m","data":-Infinity}', "invalid JSON"),
        ('{"message":"\\ud800"}', "half a surrogate pair"),
        ('{"message":"m","data":"\\udc00"}', "half a surrogate pair"),
        ('{"message":"m","data":{"\\ud800":1}}', "half a surrogate pair"),
        (b'{"message":"\xff"}', "byte 13 is not UTF-8"),
        (b'{"message":"m","data":"\xff"}', "data: byte 2 is not UTF-8"),
        (b'\xef\xbb\xbf{"message":"m"}', "invalid JSON"),
        ('{"message":"a\nb"}', "invalid JSON"),
        ("[]", "Expected `object`, got `array`"),
        ("null", "Expected `object`, got `null`"),
        ("{}", "missing required field `message`"),
        ('{"message":1}', "Expected `str`, got `int` - at `$.message`"),
        ('{"message":"m","level":3}', "$.level"),
        ('{"message":"m","level":null}', "$.level"),
        ('{"message":"m","source":[]}', "$.source"),
        ('{"message":"m","mesage":"m"}', "unknown field `mesage`"),
        ('{"message":"m","level":"loud"}', "level: unknown level 'loud'"),
        ('{"message":"m","topic":"a\\u0000b"}', "topic: "),
        ('{"message":"m","topic":""}', "topic: "),
        ('{"message":"m","source":"a\\r\\nb"}', "source: "),
    ],
)
def test_invalid_json_is_rejected_with_the_position_or_the_field(text: str | bytes, problem: str) -> None:
    assert problem in problem_of(text)


@pytest.mark.parametrize("depth", [500, 900, 990, 1000, 1100, 10_000, 200_000])
@pytest.mark.parametrize("form", ['{"message":"m","data":%s%s}', "%s%s", '{"message":"m","data":%s nope %s}'])
def test_deep_nesting_is_kept_or_rejected(form: str, depth: int) -> None:
    try:
        draft = from_json(form % ("[" * depth, "]" * depth))
    except InvalidInput:
        return
    assert draft.data is not None
    assert bytes(draft.data) == b"[" * depth + b"]" * depth


def test_an_integer_of_five_thousand_digits_is_kept_or_rejected() -> None:
    try:
        draft = from_json('{"message":"m","data":' + "7" * 5000 + "}")
    except InvalidInput:
        return
    assert draft.data is not None
    assert bytes(draft.data) == b"7" * 5000


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(
    st.sampled_from(["message", "topic", "level", "source", "data", "more"]), values | st.just("info"), max_size=6
)


def as_json(value: object) -> bytes:
    """With NaN, infinity and half surrogate pairs, as some programs write it."""
    return json.dumps(value, ensure_ascii=True).encode()


@given(st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")) | objects.map(as_json))
@example(b'{"message":"m","data":1e400}')
@example(b'{"message":"' + b"\\ud83d" * 3 + b'"}')
@example(b'{"message":"m","data":' + b'{"a":' * 995 + b"1" + b"}" * 995 + b"}")
def test_any_body_becomes_a_draft_or_an_error(body: bytes) -> None:
    try:
        draft = from_json(body)
    except EyewallError:
        return
    draft.message.encode()  # A stream can carry it.
    assert draft.data is None or b"\n" not in bytes(draft.data)


@pytest.mark.parametrize("end", ["[]]}", "NaN]}", "[]]"])
def test_a_long_body_is_rejected_before_it_is_decoded(end: str) -> None:
    """Decoding 8 MiB of `[],` took 0.8 s and a hundred bytes for each item."""
    text = ('{"topic":"a","message":"m","data":[' + "[]," * 100_000 + end).encode()
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput):
            Draft.from_json(text, topic=None, max_bytes=1024)
        assert tracemalloc.get_traced_memory()[1] < 5 * len(text)
    finally:
        tracemalloc.stop()
