"""Time limits on the loop's thread."""

from hub.delivery.group import CpuBudget


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
