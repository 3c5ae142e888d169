"""Frames queued for the readers of one key."""

from hub.delivery.group import CpuBudget, Group, GroupKey
from hub.filter import Filter
from hub.query.match_context import MatchContext
from tests.hub.parts import message

SPENT = CpuBudget(-1)


def group_of(*topics: str) -> Group[str]:
    return Group(GroupKey(Filter.parse(topics), chunked=False))


def test_a_group_queues_messages_that_match_and_all_control_events() -> None:
    group, ample = group_of("a"), CpuBudget(60)
    assert group.enqueue_if_match(MatchContext(message(1, topic="a")), b"one ", ample)
    assert not group.enqueue_if_match(MatchContext(message(2, topic="b")), b"two ", ample)
    group.pending.append(b"event ")
    assert group.enqueue_if_match(MatchContext(message(3, topic="a")), b"three", ample)
    assert group.pending
    assert group.take() == [b"one ", b"event ", b"three"]
    assert group.sent == 2
    assert not group.pending


def test_a_filter_is_not_evaluated_after_the_budget() -> None:
    group, everything = group_of("a"), group_of()
    assert not group.enqueue_if_match(MatchContext(message(1, topic="a")), b"one", SPENT)
    assert group.skipped
    assert everything.enqueue_if_match(MatchContext(message(1, topic="a")), b"one", SPENT)
    assert not everything.skipped


def test_readers_with_the_same_filter_and_framing_have_equal_keys() -> None:
    key = GroupKey(Filter.parse(["a", "b"]), chunked=True)
    assert {key: 1}[GroupKey(Filter.parse(["b", "a"]), chunked=True)] == 1
    assert key != GroupKey(Filter.parse(["a", "b"]), chunked=False)


class Clocks:
    def __init__(self) -> None:
        self.wall = self.cpu = 0.0

    def budget(self) -> CpuBudget:
        return CpuBudget(0.02, lambda: self.wall, lambda: self.cpu)


def test_a_budget_is_spent_by_cpu_time() -> None:
    clocks = Clocks()
    budget = clocks.budget()
    clocks.wall = clocks.cpu = 0.019
    assert not budget.is_spent
    clocks.wall = clocks.cpu = 0.021
    assert budget.is_spent


def test_time_in_which_another_process_has_the_core_does_not_count() -> None:
    clocks = Clocks()
    budget = clocks.budget()
    clocks.wall, clocks.cpu = 1.0, 0.001
    assert not budget.is_spent
