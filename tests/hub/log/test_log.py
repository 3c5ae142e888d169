"""What an id and a time look like; the log itself is tested beside its storage."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.log.protocol import Receipt, format_id, format_time, parse_id, stamp
from hub.message import Level
from tests.hub.parts import EPOCH, TIME, draft


@given(st.integers(0, 10**15 - 1), st.integers(0, 10**18 - 1))
def test_an_id_that_was_given_out_is_understood(epoch: int, seq: int) -> None:
    assert parse_id(format_id(epoch, seq)) == (epoch, seq)


@given(st.text())
def test_what_is_no_id_is_none(text: str) -> None:
    parsed = parse_id(text)
    assert parsed is None or text.replace("0", "") == format_id(*parsed).replace("0", "")


@pytest.mark.parametrize(
    "text", ["1-1\n", " 1-1", "1-", "-1", "1--1", "1-1-1", "+1-1", "1_0-1", "١-١", "1-" + "9" * 19]
)
def test_an_id_is_two_plain_numbers(text: str) -> None:
    assert parse_id(text) is None


@given(st.integers(0, 4_102_444_800_000))
def test_a_time_is_iso_8601_in_utc_with_milliseconds(milliseconds: int) -> None:
    text = format_time(milliseconds)
    assert len(text) == len("2026-11-23T11:02:04.120Z")
    parsed = datetime.fromisoformat(text)
    assert parsed.tzinfo == UTC
    assert round(parsed.timestamp() * 1000) == milliseconds


def test_drafts_become_messages_with_the_next_ids() -> None:
    first, second = stamp([draft("a", level="error"), draft("b")], EPOCH, 41, TIME)
    assert (first.id, first.message, first.level, first.time) == (f"{EPOCH}-42", "a", Level.ERROR, TIME)
    assert (second.id, second.message) == (f"{EPOCH}-43", "b")


def test_a_receipt_names_the_first_and_the_last() -> None:
    receipt = Receipt(EPOCH, 42, 3, TIME)
    assert (receipt.first_id, receipt.last_id) == (f"{EPOCH}-42", f"{EPOCH}-44")
