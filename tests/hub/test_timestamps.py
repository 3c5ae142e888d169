"""Parsing of times in requests."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.timestamps import parse_time

NOW = 1_795_400_000.0


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("90s", 1_795_399_910_000),
        ("15m", 1_795_399_100_000),
        ("12h", 1_795_356_800_000),
        ("7d", 1_794_795_200_000),
        ("1795400000", 1_795_400_000_000),
        ("1795400000.25", 1_795_400_000_250),
        ("2026-11-23T11:02:04.120Z", 1_795_431_724_120),
        ("2026-11-23T12:02:04+01:00", 1_795_431_724_000),
        ("2026-11-23T11:02:04", 1_795_431_724_000),
        ("2026-11-23", 1_795_392_000_000),
    ],
)
def test_a_time_may_be_written_in_three_ways(text: str, milliseconds: int) -> None:
    """A duration before now, ISO 8601 (UTC without a zone), or seconds since 1970."""
    assert parse_time(text, NOW, field="since") == milliseconds


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "now", "0", "-1", "15", "15 m", "-15m", "15M", "1.5h", "15min", "1e9", "NaN", "inf", "15m\n"],
)
def test_an_invalid_time_is_rejected_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^since: ") as refused:
        parse_time(text, NOW, field="since")
    assert "15m" in refused.value.hint


@pytest.mark.parametrize("text", ["1" + 30 * "0", "9999999999d", "2026-11-23T25:00", "2026-02-30", "10000-01-01"])
def test_a_time_out_of_range_is_rejected(text: str) -> None:
    with pytest.raises(InvalidInput, match="invalid time"):
        parse_time(text, NOW, field="since")


@pytest.mark.parametrize(
    ("text", "correction"),
    [("1795400000250", "not milliseconds: 1795400000"), ("2026-11-23T12:02:04 01:00", "%2B")],
)
def test_a_common_mistake_gets_its_own_hint(text: str, correction: str) -> None:
    """JavaScript counts milliseconds, and the plus of a zone is decoded to a blank in a query string."""
    with pytest.raises(InvalidInput, match="invalid time") as refused:
        parse_time(text, NOW, field="since")
    assert correction in refused.value.hint


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_is_rejected(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(parse_time(text, NOW, field="until"), int)
