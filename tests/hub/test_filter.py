"""Filters: parameters, equality and matching."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.filter import MAX_TOPICS, Filter
from hub.message import Level
from hub.query.match_context import MatchContext
from tests.hub.parts import levels, message

globs = st.text("ab.*?-_", min_size=1, max_size=10)
topics = st.text("ab.-_", min_size=1, max_size=10)


def test_filters_with_equal_parameters_are_equal() -> None:
    """Order, repetition and case do not matter, so their readers share one group."""
    assert Filter.parse(["b", "a"], "info", "UP") == Filter.parse(["a", "b", "b"], "INFO", "up")
    assert hash(Filter.parse(["b", "a"])) == hash(Filter.parse(["a", "b"]))
    assert Filter.parse(["*", "a"]) == Filter.parse()
    assert Filter.parse(["A"]) != Filter.parse(["a"])


@given(st.lists(globs, min_size=1, max_size=4), topics)
def test_a_topic_passes_if_any_glob_matches(patterns: list[str], topic: str) -> None:
    expected = any(fnmatchcase(topic, glob) for glob in patterns)
    assert Filter.parse(patterns).matches(MatchContext(message(topic=topic))) is expected


@given(levels, levels)
def test_a_level_passes_itself_and_higher_levels(lowest: Level, level: Level) -> None:
    worse = list(Level).index(level) >= list(Level).index(lowest)
    assert Filter.parse(level=lowest).matches(MatchContext(message(level=level))) is worse


def test_all_conditions_hold_together() -> None:
    filter_ = Filter.parse(["api.*"], "error", "disk")
    assert filter_.matches(MatchContext(message(topic="api.eu", level=Level.ERROR, text="Disk full")))
    assert not filter_.matches(MatchContext(message(topic="db", level=Level.ERROR, text="Disk full")))
    assert not filter_.matches(MatchContext(message(topic="api.eu", level=Level.INFO, text="Disk full")))
    assert not filter_.matches(MatchContext(message(topic="api.eu", level=Level.ERROR, text="fine")))


@pytest.mark.parametrize("glob", ["", "a b", "[a]", "a\n", "\0", "x" * 65, "ä", "a/b"])
def test_a_glob_is_a_topic_with_wildcards(glob: str) -> None:
    with pytest.raises(InvalidInput, match="topic: ") as caught:
        Filter.parse([glob])
    assert "wildcards * ?" in caught.value.hint


def test_an_invalid_parameter_is_rejected_by_name() -> None:
    with pytest.raises(InvalidInput, match=f"more than {MAX_TOPICS} topics"):
        Filter.parse([f"t{number}" for number in range(MAX_TOPICS + 1)])
    with pytest.raises(InvalidInput, match="q: column 1: this bracket is never closed"):
        Filter.parse(q="(a OR b")
    with pytest.raises(InvalidInput, match="unknown level"):
        Filter.parse(level="loud")


def test_many_wildcards_cost_no_more_than_few() -> None:
    """A glob becomes a regular expression. Backtracking would block the event loop."""
    filter_ = Filter.parse(["*a" * 32])
    assert not filter_.matches(MatchContext(message(topic="a" * 31 + "b" * 33)))
    assert filter_.matches(MatchContext(message(topic="a" * 64)))


def test_json_has_the_parameters_that_are_set() -> None:
    assert Filter.parse().as_json() == {}
    shown = Filter.parse(["b", "a"], "error", "X").as_json()
    assert shown == {"topics": ["a", "b"], "level": "error", "q": "X"}
