"""Sums by step, topic and level: what is left out."""

from hub.counts.tally import Tally
from hub.message import Level


def test_more_topics_than_the_limit_are_counted_but_not_listed() -> None:
    one, other = Tally(max_topics=2), Tally(max_topics=2)
    for topic in ("a", "b", "a"):
        one.add(60, topic, [1, 0, 0, 0, 0])
    assert one.all_topics
    for topic in ("b", "c"):
        other.add(0, topic, [0, 0, 0, 0, 1])
    one.merge(other)
    found = one.as_json()
    assert found["topics"] == {"a": [2, 0, 0, 0, 0], "b": [1, 0, 0, 0, 1]}
    assert (found["total"], found["all_topics"]) == (5, False)
    assert found["steps"] == [[0, [0, 0, 0, 0, 2]], [60, [3, 0, 0, 0, 0]]]


def test_levels_below_the_least_are_left_out() -> None:
    tally = Tally(Level.ERROR)
    tally.add(0, "a", [1, 2, 3, 4, 5])
    tally.add(5, "b", [1, 1, 1, 0, 0])
    found = tally.as_json()
    assert (found["steps"], found["topics"]) == ([[0, [0, 0, 0, 4, 5]]], {"a": [0, 0, 0, 4, 5]})
