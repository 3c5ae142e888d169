"""A limit on the CPU time of one piece of work on the loop's thread."""

import time
from collections.abc import Callable


class CpuBudget:
    """Spent after `seconds` of this thread's CPU time.

    Wall time would also pass while another process holds the core. Every filtered group would then be
    skipped at once, and its members would read from the log again under the load that caused it.
    """

    __slots__ = ("_cpu", "_cpu_end", "_wall", "_wall_end")

    def __init__(
        self, seconds: float, wall: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._wall, self._cpu = wall, cpu
        self._wall_end = wall() + seconds
        self._cpu_end = cpu() + seconds

    @property
    def is_spent(self) -> bool:
        # Wall time first: it is never behind CPU time, and reading it needs no system call.
        return self._wall() > self._wall_end and self._cpu() > self._cpu_end
