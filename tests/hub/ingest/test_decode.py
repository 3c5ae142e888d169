"""What a line, a text or a JSON object means."""

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.config import PublishConfig
from hub.errors import InvalidInput
from hub.ingest.decode import JsonObjects, TopicText
from hub.ingest.lines import TruncatedLine
from hub.message import Draft, Level

LIMITS = PublishConfig(max_message_bytes=1024, max_body_bytes=4096)


def draft_of(line: str | bytes, *, level: str = "", source: str = "", limits: PublishConfig = LIMITS) -> Draft:
    content = line.encode() if isinstance(line, str) else line
    return decoded(TopicText("app", level, source), content, limits=limits)


def decoded(decoder: TopicText, line: bytes | TruncatedLine, *, limits: PublishConfig = LIMITS) -> Draft:
    draft = decoder.decode(line, limits)
    assert draft is not None
    return draft


def test_a_level_that_is_given_is_not_guessed() -> None:
    assert draft_of("error: x", level="debug").level is Level.DEBUG


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    assert draft_of(b"caf\xe9 \xe4\xb8").message == "caf\ufffd \ufffd"
    assert draft_of(b'{"message":"caf\xe9"}').message == "caf\ufffd"


def test_replaced_bytes_that_no_longer_fit_are_cut() -> None:
    said = draft_of(b"\xe9" * 1024).message
    assert said.endswith(" … [cut: 3,072 bytes]")
    assert len(said.encode()) <= 1024


def test_a_json_object_that_is_not_utf_8_is_refused_where_a_post_would_be() -> None:
    """The same bytes by POST as application/json are refused. Other lines are text."""
    strict = TopicText("app", refuses_bad_utf8=True)
    with pytest.raises(InvalidInput, match="line: byte 13 is not UTF-8"):
        strict.decode(b'{"message":"\xe9"}', LIMITS)
    assert decoded(strict, b"caf\xe9").message == "caf\ufffd"
    with pytest.raises(InvalidInput, match="body: byte 25 is not UTF-8"):
        JsonObjects().decode(b'{"topic":"a","message":"\xe9"}', LIMITS)


def test_a_truncated_line_is_text_for_a_topic_and_refused_as_json() -> None:
    line = TruncatedLine('{"a":"x … [cut: 5,000 bytes]}')
    assert decoded(TopicText("app"), line).message == line
    with pytest.raises(InvalidInput, match=r"line: over the limit of 4,096 bytes \(publish.max_body_bytes\)"):
        JsonObjects("app").decode(line, LIMITS)


@pytest.mark.parametrize("decoder", [JsonObjects("app"), TopicText("app", "error")])
def test_a_blank_line_is_no_message(decoder: JsonObjects | TopicText) -> None:
    for line in (b"", b" \r", b"\t"):
        assert decoder.decode(line, LIMITS) is None


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
        ('{"message":"error: x","level":"unheard of"}', Level.INFO),
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
    said = draft_of(line, limits=PublishConfig())
    assert (said.message, said.data) == (line, None)


def test_a_field_that_cannot_be_what_it_is_called_is_kept_as_data() -> None:
    said = draft_of('{"message":"m","source":"a\\nb","level":[1]}')
    assert said.source == ""
    assert said.data is not None
    assert json.loads(bytes(said.data)) == {"source": "a\nb", "level": [1]}


@pytest.mark.parametrize(("topic", "level", "source"), [("a b", "", ""), ("a", "", "x\n")])
def test_a_wrong_topic_or_source_is_refused_before_any_line(topic: str, level: str, source: str) -> None:
    with pytest.raises(InvalidInput):
        TopicText(topic, level, source)


def test_an_unknown_level_is_info_and_kept_unless_the_publisher_wants_it_refused() -> None:
    said = draft_of("error: x", level="loud")
    assert (said.level, bytes(said.data or b"")) == (Level.INFO, b'{"level":"loud"}')
    assert draft_of("x", level="EMERGENCY").level is Level.CRITICAL
    with pytest.raises(InvalidInput, match="unknown level 'loud'"):
        TopicText("a", "loud", is_strict=True)


def test_fields_that_the_api_does_not_have_become_data_unless_refused() -> None:
    line = b'{"topic":"a","message":"m","n":1}'
    assert JsonObjects().decode(line, LIMITS) == Draft("a", Level.INFO, "", "m", msgspec.Raw(b'{"n":1}'))
    with pytest.raises(InvalidInput, match="unknown field `n`"):
        JsonObjects(is_strict=True).decode(line, LIMITS)


def test_an_object_without_a_text_is_the_text_unless_it_has_only_our_fields() -> None:
    said = JsonObjects("a").decode(b'{"x":1}', LIMITS)
    assert said is not None
    assert (said.message, said.data) == ('{"x":1}', None)
    for line in (b"{}", b'{"data":1}', b'{"message":5}', b'{"topic":5,"message":"m"}', b"5"):
        with pytest.raises(InvalidInput):
            JsonObjects("a").decode(line, LIMITS)


names = st.sampled_from(["message", "msg", "level", "severity", "source", "data", "x"])
values = st.text() | st.integers() | st.floats() | st.none() | st.lists(st.integers())


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.dictionaries(names, values).map(json.dumps))
@example("😀" * 300)
@example('{"message":"' + "\\u20ac" * 340 + '"}')
@example('{"message":"' + "€" * 330 + '","data":"' + "x" * 30 + '"}')
def test_no_line_is_refused(line: str) -> None:
    said = TopicText("app").decode(line.encode(), LIMITS)
    if said is None:
        assert not line.encode().strip()
        return
    assert len(said.message.encode()) + len(said.data or b"") <= 1024


@pytest.mark.parametrize(
    "text",
    [
        '{"message":"error: x"}',
        '{"message":"x","level":"WARN","source":"web-1"}',
        '{"message":"x","level":"loud"}',
        '{"message":"x","level":""}',
        '{"message":"x","level":50}',
        '{"message":"x","source":"a\\nb"}',
        '{"message":"","data":null}',
        '{"message":"x","data":{"a": 1.10, "b": 123456789012345678901234567890, "c": 1E5, "d": "\\u00e9"}}',
        '{"message":"x","data":[1]}',
    ],
)
def test_a_body_of_the_api_s_own_fields_means_what_the_same_line_means(text: str) -> None:
    # The body has a decoder of its own, for speed.
    draft = JsonObjects("app").decode(text.encode(), LIMITS)
    assert draft == draft_of(text)


def test_numbers_keep_their_digits() -> None:
    data = draft_of('{"message":"x","a":1.10,"b":1E5,"c":0.1234567890123456789012}').data
    assert bytes(data or b"") == b'{"a":1.10,"b":1E5,"c":0.1234567890123456789012}'


def test_an_error_names_what_is_wrong_and_not_an_unknown_field() -> None:
    with pytest.raises(InvalidInput, match="out of range"):
        JsonObjects("app").decode(b'{"message":"x","n":1e999}', LIMITS)
