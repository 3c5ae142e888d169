"""Where a reader goes on, and what it is told it has missed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.delivery.cursor import Gap, resolve, resolve_before
from hub.log.generations import Generations
from hub.log.protocol import format_id
from tests.hub.memory_log import MemoryLog, log_of
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


def test_a_reader_that_has_the_last_pruned_message_misses_nothing() -> None:
    assert resolve(an_id(4), log_of(10, forgotten=4)) == (4, None)


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_is_a_gap_and_never_an_error(text: str) -> None:
    after, gap = resolve(text, log_of(10, forgotten=4))
    assert after == 4
    assert gap == Gap(after=None, before=an_id(5), missing=None, reason="new_log")


@pytest.mark.parametrize("text", [an_id(3, EPOCH - 1), an_id(3, EPOCH + 1)])
def test_a_position_in_another_log_says_nothing_about_this_one(text: str) -> None:
    after, gap = resolve(text, log_of(10))
    assert after == 0
    assert gap == Gap(after=text, before=an_id(1), missing=None, reason="new_log")


def test_an_empty_log_has_a_head_to_go_on_from() -> None:
    assert resolve(an_id(0), log_of(0)) == (0, None)
    assert resolve(an_id(3), log_of(3, forgotten=3)) == (3, None)


@pytest.mark.parametrize("seq", [11, 10**17])
def test_a_position_ahead_of_the_log_gets_everything(seq: int) -> None:
    """The log lost messages without a new epoch, so nothing tells which of its messages are others."""
    after, gap = resolve(an_id(seq), log_of(10))
    assert after == 0
    assert gap == Gap(after=an_id(seq), before=an_id(1), missing=None, reason="rolled_back")


def test_a_gap_leaves_out_withdrawn_and_counts_if_they_are_not_set() -> None:
    _, gap = resolve("?", log_of(1))
    assert gap is not None
    assert gap.as_json() == {"after": None, "before": an_id(1), "missing": None, "reason": "new_log"}
    full = Gap(an_id(1), an_id(2), 0, "rolled_back", 1, "all")
    assert full.as_json() == {
        "after": an_id(1),
        "before": an_id(2),
        "missing": 0,
        "withdrawn": 1,
        "counts": "all",
        "reason": "rolled_back",
    }


def rolled_back(count: int, *, forgotten: int = 0) -> MemoryLog:
    """EPOCH gave out 1 to 9 and lost 6 to 9; the next one had no message; the third has the rest."""
    log = log_of(count, forgotten=forgotten)
    log.generations = Generations([(EPOCH, 1, 0), (EPOCH + 1, 6, 9), (EPOCH + 2, 6, 5)])
    return log


@pytest.mark.parametrize("epoch", [EPOCH, EPOCH + 1, EPOCH + 2])
def test_a_position_of_any_generation_is_exact_up_to_the_end_of_that_generation(epoch: int) -> None:
    assert resolve(an_id(3, epoch), rolled_back(8)) == (3, None)
    assert resolve(an_id(5, epoch), rolled_back(8)) == (5, None)
    assert resolve(an_id(2, epoch), rolled_back(8, forgotten=4)) == (4, Gap(an_id(2), an_id(5), 2, "expired"))


def test_a_reader_of_messages_that_were_lost_is_told_and_goes_on_with_the_next_generation() -> None:
    """It had 1 to 7; 6 and 7 are withdrawn, and it never saw 8 and 9 of that epoch."""
    gap = Gap(an_id(7), an_id(6, EPOCH + 2), missing=2, reason="rolled_back", withdrawn=2)
    assert resolve(an_id(7), rolled_back(8)) == (5, gap)
    assert resolve(an_id(7), rolled_back(5)) == (5, gap)
    assert resolve(an_id(9), rolled_back(8)) == (5, replace(gap, after=an_id(9), missing=0, withdrawn=4))


def test_what_has_expired_since_is_missing_too() -> None:
    gap = Gap(an_id(7), an_id(8, EPOCH + 2), missing=4, reason="rolled_back", withdrawn=2)
    assert resolve(an_id(7), rolled_back(8, forgotten=7)) == (7, gap)


def test_what_is_in_front_of_an_id_is_found_in_any_generation() -> None:
    assert resolve_before(an_id(3), rolled_back(8)) == (2, None)
    assert resolve_before(an_id(7, EPOCH + 2), rolled_back(8)) == (6, None)
    assert resolve_before(an_id(8), rolled_back(8)) == (5, Gap(an_id(5), an_id(8), 2, "rolled_back"))
    assert resolve_before(an_id(8, 7), rolled_back(8)) == (0, Gap(None, an_id(1), None, "new_log"))


@given(st.text() | st.integers(-5, 50).map(an_id), st.integers(0, 30), st.integers(0, 40))
def test_no_cursor_points_outside_of_the_log(text: str, count: int, forgotten: int) -> None:
    log = log_of(count, forgotten=min(forgotten, count))
    after, _ = resolve(text, log)
    assert log.first - 1 <= after <= log.head
