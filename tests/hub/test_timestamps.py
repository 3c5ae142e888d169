"""Parsing of times in requests."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.timestamps import parse_time

NOW = 1_795_400_000.0  # 2026-11-23T02:13:20Z
BERLIN = timezone(timedelta(hours=1))  # In winter.


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", "2026-11-23T02:11:50Z"),
        ("15m", "2026-11-23T01:58:20Z"),
        ("-12h", "2026-11-22T14:13:20Z"),
        ("now-7d", "2026-11-16T02:13:20Z"),
        ("now", "2026-11-23T02:13:20Z"),
        ("1795400000", "2026-11-23T02:13:20Z"),
        ("1795400000.25", "2026-11-23T02:13:20.250Z"),
        ("1795400000250", "2026-11-23T02:13:20.250Z"),
        ("2026-11-23T11:02:04.120Z", "2026-11-23T11:02:04.120Z"),
        ("2026-11-23T12:02:04+01:00", "2026-11-23T11:02:04Z"),
    ],
)
def test_a_time_may_be_relative_or_absolute(text: str, moment: str) -> None:
    for zone in (UTC, BERLIN):
        assert parse_time(text, NOW, field="since", zone=zone) == ms(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T11:02:04", "2026-11-23T11:02:04+01:00"),
        ("2026-11-23 11:02", "2026-11-23T11:02+01:00"),
        ("2026-12-23", "2026-12-23T00:00+01:00"),
        ("today", "2026-11-23T00:00+01:00"),
        ("Yesterday", "2026-11-22T00:00+01:00"),
        ("yesterday 14:05", "2026-11-22T14:05+01:00"),
        ("yesterdayT9:05:06.5", "2026-11-22T09:05:06.500+01:00"),
        ("yesterday 23:30Z", "2026-11-22T23:30Z"),
        ("today 14:05", "2026-11-23T14:05+01:00"),
        ("3:13", "2026-11-23T03:13+01:00"),
        ("03:14", "2026-11-22T03:14+01:00"),
        ("02:13Z", "2026-11-23T02:13Z"),
        ("02:13-05:00", "2026-11-22T02:13-05:00"),
        ("23:30+0530", "2026-11-22T23:30+05:30"),
    ],
)
def test_a_time_without_a_zone_is_in_the_zone_of_the_server(text: str, moment: str) -> None:
    """In Berlin it is 03:13:20. A time of day alone is the latest one that is over."""
    assert parse_time(text, NOW, field="since", zone=BERLIN) == ms(moment)


def test_the_zone_of_the_server_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        assert parse_time("yesterday 14:05", NOW, field="since") == ms("2026-11-22T14:05+01:00")
        assert parse_time("2026-07-23", NOW, field="since") == ms("2026-07-23T00:00+02:00")
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "tomorrow",
            "0",
            "-1",
            "15",
            "15 m",
            "+15m",
            " 15m",
            "15M",
            "1.5h",
            "15min",
            "1e9",
            "NaN",
            "inf",
            "15m\n",
        ),
        *("24:00", "14:5", "14", "yesterday14:05", "yesterday 14", "yesterday ", " 14:05", "now 14:05", "todayZ"),
    ],
)
def test_an_invalid_time_is_rejected_with_what_is_accepted(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^since: invalid time") as refused:
        parse_time(text, NOW, field="since")
    for example in ("15m", "14:05", "yesterday", "2026-11-23T11:02:04Z", "milliseconds"):
        assert example in refused.value.hint


@pytest.mark.parametrize("text", ["1" + 30 * "0", "9999999999d", "2026-11-23T25:00", "2026-02-30", "10000-01-01"])
def test_a_time_out_of_range_is_rejected(text: str) -> None:
    with pytest.raises(InvalidInput, match="invalid time"):
        parse_time(text, NOW, field="since")


@pytest.mark.parametrize("text", ["2026-11-23T12:02:04 01:00", "yesterday 14:05 01:00", "14:05 0100"])
def test_a_plus_that_was_not_encoded_gets_its_own_hint(text: str) -> None:
    """The plus of a zone is decoded to a blank in a query string."""
    with pytest.raises(InvalidInput, match="invalid time") as refused:
        parse_time(text, NOW, field="since")
    assert "%2B" in refused.value.hint


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_is_rejected(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(parse_time(text, NOW, field="until"), int)
