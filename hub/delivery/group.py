"""All live connections that get the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.filter import Filter
from hub.query.match_context import MatchContext

if TYPE_CHECKING:
    from hub.delivery.connection import Connection


class Group:
    """One filter, one framing, and what its members are owed since the last flush."""

    __slots__ = ("_messages", "_pending", "chunked", "filter", "members", "sent", "skipped")

    def __init__(self, wanted: Filter, *, chunked: bool) -> None:
        self.filter = wanted
        self.chunked = chunked  # HTTP/1.0 knows no chunks, so framing is part of the key.
        self.members: dict[Connection, None] = {}  # A dict for its order: who came first is served first.
        self.sent = 0  # Messages, since the group was made.
        self.skipped = False  # It was not asked about every message: the next flush makes its members catch up.
        self._pending: list[bytes] = []
        self._messages = 0

    @property
    def has_pending(self) -> bool:
        return bool(self._pending)

    def offer(self, seen: MatchContext, frame: bytes) -> None:
        """Owe a message to the members, if they want it."""
        if self.filter.matches(seen):
            self._pending.append(frame)
            self._messages += 1

    def add(self, frame: bytes) -> None:
        """Owe an event that is no message."""
        self._pending.append(frame)

    def take(self) -> list[bytes]:
        """What is pending: it counts as sent from here on."""
        frames, self._pending = self._pending, []
        self.sent += self._messages
        self._messages = 0
        return frames
