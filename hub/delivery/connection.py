"""One reader: its group key, its cursor in the log, and the transport of its bytes.

A reader is *live* (a member of a group; the hub's cursor is its own) or *catching up* (with a cursor
of its own). There is no third state, and no queue, timer or task per reader.
"""

import random
from typing import Final

from hub.delivery.group import Group, GroupKey
from hub.delivery.transports import Transport
from hub.filter import Filter

NOTHING: Final = memoryview(b"")


def new_id() -> str:
    """Return an id that distinguishes connections, also across restarts. It is no secret."""
    return f"{random.getrandbits(32):08x}"


class Connection:
    """The state of one reader. Made by `Hub.connect`, ended by `Hub.disconnect`."""

    __slots__ = (
        "address",
        "client",
        "control_cursor",
        "cursor",
        "group",
        "id",
        "key",
        "last_progress",
        "sent_before_group",
        "since",
        "transport",
        "unsent",
    )

    def __init__(self, key: GroupKey, *, address: str, client: str, since: float) -> None:
        self.id = new_id()
        self.key = key
        self.address = address
        self.client = client
        self.since = since  # Seconds since 1970.
        self.transport: Transport | None = None  # None before `Hub.attach` and after the end.
        self.group: Group[Connection] | None = None  # None while catching up.
        self.cursor = 0  # Seq of the last message in `unsent` or before it. Unused while live.
        self.unsent = NOTHING  # Framed bytes that the transport has not accepted. A view of shared bytes.
        self.last_progress = 0.0  # Loop time at which the transport last accepted bytes. Unused while live.
        self.control_cursor = 0  # Number of the last control event sent or in `unsent`. Unused while live.
        self.sent_before_group = 0

    @property
    def filter(self) -> Filter:
        return self.key.filter

    @property
    def is_live(self) -> bool:
        return self.group is not None

    @property
    def state(self) -> str:
        return "live" if self.group is not None else "catching up"

    @property
    def sent(self) -> int:
        """Number of messages passed to this reader's transport."""
        return self.sent_before_group + (self.group.sent if self.group is not None else 0)

    def join(self, group: "Group[Connection]") -> None:
        """Become live: the group's bytes are this reader's from here on."""
        self.sent_before_group -= group.sent  # Readers are not counted per delivery: the group's counter is used.
        self.group = group
        self.key = group.key  # One object for all members.
        group.members[self] = None

    def leave(self) -> None:
        """Leave the group, if any. Idempotent."""
        if self.group is not None:
            self.sent_before_group += self.group.sent
            self.group.members.pop(self, None)
            self.group = None
