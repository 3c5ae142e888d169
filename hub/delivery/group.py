"""Groups: live readers that receive the same bytes."""

from typing import Generic, NamedTuple, TypeVar

from hub.delivery.budget import CpuBudget
from hub.filter import Filter
from hub.query.match_context import MatchContext

Member = TypeVar("Member")


class GroupKey(NamedTuple):
    """Everything that determines a reader's bytes. Readers with equal keys share groups and replay pages."""

    filter: Filter
    chunked: bool  # HTTP/1.1 chunks. HTTP/1.0 has none.


class Group(Generic[Member]):
    """The members that share one key, and the frames queued for them since the last flush."""

    __slots__ = ("_messages", "_pending", "filter", "key", "members", "sent", "skipped")

    def __init__(self, key: GroupKey) -> None:
        self.key = key
        self.filter = key.filter
        self.members: dict[Member, None] = {}  # In the order of joining, which is the order of sending.
        self.sent = 0  # Messages flushed since the group was made.
        self.skipped = False  # A message was not evaluated. The next flush makes the members catch up.
        self._pending: list[bytes] = []
        self._messages = 0

    @property
    def has_pending(self) -> bool:
        return bool(self._pending)

    def enqueue_if_match(self, context: MatchContext, frame: bytes, budget: CpuBudget) -> bool:
        """Queue a message if it passes the filter. Return True if it was queued.

        Sets `skipped` instead of evaluating a filter when `budget` is spent.
        """
        if not self.filter.is_everything:
            if budget.is_spent:
                self.skipped = True
                return False
            if not self.filter.matches(context):
                return False
        self._pending.append(frame)
        self._messages += 1
        return True

    def enqueue(self, frame: bytes) -> None:
        """Queue a control event."""
        self._pending.append(frame)

    def take(self) -> list[bytes]:
        """Return the pending frames and count them as sent."""
        frames, self._pending = self._pending, []
        self.sent += self._messages
        self._messages = 0
        return frames
