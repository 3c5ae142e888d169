"""Where a reader goes on, and what it is told it has missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.cursor import Gap, resolve
from hub.log.protocol import format_id
from tests.hub.memory_log import log_of
from tests.hub.parts import EPOCH

GARBAGE = [
    "",
    " ",
    "42",
    "-",
    "1-",
    "-1",
    "a-1",
    "1-1\n",
    "1-1-1",
    "-1--1",
    "１-１",
    "\0",
    "9" * 99 + "-1",
    "1-" + "9" * 99,
]


def an_id(seq: int, epoch: int = EPOCH) -> str:
    return format_id(epoch, seq)


@pytest.mark.parametrize("seq", [0, 1, 7, 10])
def test_a_reader_goes_on_where_it_stopped(seq: int) -> None:
    assert resolve(an_id(seq), log_of(10)) == (seq, None)


def test_what_is_missing_is_counted() -> None:
    """It had 2; 3 and 4 are gone; 5 is the first that it still gets."""
    after, gap = resolve(an_id(2), log_of(10, forgotten=4))
    assert after == 4
    assert gap == Gap(after=an_id(2), before=an_id(5), missing=2, reason="expired")


def test_who_has_the_last_forgotten_message_misses_nothing() -> None:
    assert resolve(an_id(4), log_of(10, forgotten=4)) == (4, None)


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_a_gap_and_never_an_error(text: str) -> None:
    after, gap = resolve(text, log_of(10, forgotten=4))
    assert after == 4
    assert gap == Gap(after=None, before=an_id(5), missing=None, reason="new_log")


@pytest.mark.parametrize("text", [an_id(3, EPOCH - 1), an_id(3, EPOCH + 1), an_id(11), an_id(10**17)])
def test_a_position_in_another_log_says_nothing_about_this_one(text: str) -> None:
    after, gap = resolve(text, log_of(10))
    assert after == 0
    assert gap == Gap(after=text, before=an_id(1), missing=None, reason="new_log")


def test_an_empty_log_has_a_head_to_go_on_from() -> None:
    assert resolve(an_id(0), log_of(0)) == (0, None)
    assert resolve(an_id(3), log_of(3, forgotten=3)) == (3, None)


def test_a_gap_is_shown_with_all_its_fields() -> None:
    _, gap = resolve("?", log_of(1))
    assert gap is not None
    assert gap.as_json() == {"after": None, "before": an_id(1), "missing": None, "reason": "new_log"}


@given(st.text() | st.integers(-5, 50).map(an_id), st.integers(0, 30), st.integers(0, 40))
def test_no_cursor_points_outside_of_the_log(text: str, count: int, forgotten: int) -> None:
    log = log_of(count, forgotten=min(forgotten, count))
    after, _ = resolve(text, log)
    assert log.first - 1 <= after <= log.head
