"""Groups: live readers that receive the same bytes."""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from hub.filter import Filter
from hub.query.match_context import MatchContext

Member = TypeVar("Member")


class CpuBudget:
    """Spent after `seconds` of this thread's CPU time. Wall time also passes while another process holds the core."""

    __slots__ = ("_cpu", "_cpu_end", "_wall", "_wall_end")

    def __init__(
        self, seconds: float, wall: Callable[[], float] = time.monotonic, cpu: Callable[[], float] = time.thread_time
    ) -> None:
        self._wall, self._cpu = wall, cpu
        self._wall_end, self._cpu_end = wall() + seconds, cpu() + seconds

    @property
    def is_spent(self) -> bool:
        # Wall time first: reading it needs no system call.
        return self._wall() > self._wall_end and self._cpu() > self._cpu_end


class GroupKey(NamedTuple):
    """Everything that determines a reader's bytes."""

    filter: Filter
    chunked: bool  # HTTP/1.1 chunks. HTTP/1.0 has none.


class Group(Generic[Member]):
    """The readers with one key, and the frames queued for them."""

    __slots__ = ("_messages", "filter", "key", "members", "pending", "sent", "skipped")

    def __init__(self, key: GroupKey) -> None:
        self.key = key
        self.filter = key.filter
        self.members: dict[Member, None] = {}  # In the order of sending.
        self.sent = 0  # Messages flushed.
        self.skipped = False  # A message was not evaluated. The next flush makes the members catch up.
        self.pending: list[bytes] = []  # Frames of messages and control events.
        self._messages = 0

    def enqueue_if_match(self, context: MatchContext, frame: bytes, budget: CpuBudget) -> bool:
        """Queue a message if it matches; return whether it did. If `budget` is spent, set `skipped` instead."""
        if not self.filter.is_everything:
            if budget.is_spent:
                self.skipped = True
                return False
            if not self.filter.matches(context):
                return False
        self.pending.append(frame)
        self._messages += 1
        return True

    def take(self) -> list[bytes]:
        """Return the pending frames and count them as sent."""
        frames, self.pending = self.pending, []
        self.sent += self._messages
        self._messages = 0
        return frames
