"""One reader: live (a member of a group, with the hub's cursor) or catching up (with a cursor of its own)."""

import socket
from dataclasses import KW_ONLY, dataclass
from typing import Final

from hub.delivery.group import Group, GroupKey
from hub.filter import Filter

NOTHING: Final = memoryview(b"")


@dataclass(slots=True, eq=False, repr=False)
class Connection:
    """The state of one reader. Made by `Hub.connect`, ended by `Hub.disconnect`."""

    key: GroupKey
    _: KW_ONLY
    address: str
    client: str
    since: float  # Seconds since 1970.
    id: str = ""  # Given by the registry.
    transport: socket.socket | None = None  # None before `Hub.attach` and after the end.
    group: "Group[Connection] | None" = None  # None while catching up.
    # The others are unused while live, but for `sent_before_group`.
    cursor: int = 0  # Seq of the last message in `unsent` or before it.
    unsent: memoryview = NOTHING  # Framed bytes that the transport has not accepted.
    last_progress: float = 0.0  # Loop time at which `unsent` was empty, or CatchUp counted `taken` from 0.
    taken: int = 0  # Bytes accepted since then.
    control_cursor: int = 0  # Number of the last control event sent or in `unsent`.
    sent_before_group: int = 0

    @property
    def filter(self) -> Filter:
        return self.key.filter

    @property
    def is_live(self) -> bool:
        return self.group is not None

    @property
    def state(self) -> str:
        return "live" if self.is_live else "catching up"

    @property
    def sent(self) -> int:
        """Number of messages passed to this reader's transport."""
        return self.sent_before_group + (self.group.sent if self.group is not None else 0)

    def join(self, group: "Group[Connection]") -> None:
        self.sent_before_group -= group.sent  # The group counts deliveries for all members.
        self.group = group
        self.key = group.key  # One object for all members.
        group.members[self] = None

    def leave(self) -> None:
        """Idempotent."""
        if self.group is not None:
            self.sent_before_group += self.group.sent
            self.group.members.pop(self, None)
            self.group = None
