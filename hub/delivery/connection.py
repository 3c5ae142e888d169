"""One reader: a filter, a cursor in the log, and the socket its bytes go to.

A reader is *live* (it belongs to a group, and its cursor is the hub's) or *catching up* (it has a
cursor of its own). There is no third state, and no queue, timer or task per reader.
"""

from __future__ import annotations

import random
import socket
from typing import Final

from hub.delivery.group import Group
from hub.filter import Filter

NOTHING: Final = memoryview(b"")


def new_id() -> str:
    """No secret: it only tells one connection from another, also after a restart."""
    return f"{random.getrandbits(32):08x}"


class Connection:
    """Who reads, from where on, and how far they are. Made by `Hub.connect`, ended by `Hub.disconnect`."""

    __slots__ = (
        "address",
        "base_sent",
        "chunked",
        "client",
        "cursor",
        "filter",
        "group",
        "id",
        "notices",
        "progress_at",
        "rest",
        "since",
        "socket",
    )

    def __init__(
        self,
        wanted: Filter,
        *,
        address: str,
        client: str,
        chunked: bool,
        since: float,
    ) -> None:
        self.id = new_id()
        self.filter = wanted
        self.address = address
        self.client = client
        self.chunked = chunked
        self.since = since  # Seconds since 1970.
        self.socket: socket.socket | None = None  # None until the hand-over and after the end.
        self.group: Group | None = None  # None while catching up.
        self.cursor = 0  # Seq of the last message in `rest` or before it; meaningless while live.
        self.rest = NOTHING  # What the socket did not take yet, framed. A view on shared bytes.
        self.progress_at = 0.0  # When the socket last took something while catching up; loop time.
        self.notices = 0  # Which standing notices this reader has been sent; see Notices.
        self.base_sent = 0

    @property
    def is_live(self) -> bool:
        return self.group is not None

    @property
    def state(self) -> str:
        return "live" if self.group is not None else "catching up"

    @property
    def sent(self) -> int:
        """Messages handed to this reader's socket."""
        return self.base_sent + (self.group.sent if self.group is not None else 0)

    def join(self, group: Group) -> None:
        """From here on the group's bytes are this reader's."""
        self.base_sent -= group.sent  # No counter per delivery: the group's own, from where we came in.
        self.group = group
        group.members[self] = None

    def leave(self) -> None:
        """Catching up again. Harmless when it is already so."""
        if self.group is not None:
            self.base_sent += self.group.sent
            self.group.members.pop(self, None)
            self.group = None
