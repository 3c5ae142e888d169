"""The log: the ordered sequence of messages, and the only thing that assigns ids.

An id is `<epoch>-<seq>`: `epoch` is when this log was made (ms since 1970), `seq` is 1, 2, 3 …
without holes, so a reader can prove that it has no gap, and recognises a new log as new.
Inside the process a position in the log is its seq, an int; 0 is in front of everything.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

from hub.message import Draft, Message

Clock = Callable[[], float]
"""Seconds since 1970, like `time.time`."""

Deliver = Callable[[Sequence[Message]], None]

_ID: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,18})")


def format_id(epoch: int, seq: int) -> str:
    return f"{epoch}-{seq}"


def parse_id(text: str) -> tuple[int, int] | None:
    """Epoch and seq, or None for what no log has ever given out."""
    parts = _ID.fullmatch(text)
    return (int(parts[1]), int(parts[2])) if parts else None


@lru_cache(1024)
def format_time(milliseconds: int) -> str:
    """Milliseconds since 1970 as `2026-11-23T11:02:04.120Z`."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def stamp(drafts: Sequence[Draft], epoch: int, after: int, time_text: str) -> list[Message]:
    """The drafts as messages `after + 1`, `after + 2`, …, all said at the same moment."""
    return [
        Message(
            id=f"{epoch}-{seq}",
            time=time_text,
            topic=draft.topic,
            level=draft.level,
            source=draft.source,
            message=draft.message,
            data=draft.data,
        )
        for seq, draft in enumerate(drafts, after + 1)
    ]


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A publisher's wish that a repeated request is not said twice (Idempotency-Key)."""

    key: str
    digest: bytes  # Of all that was handed in: the same key for something else is a Conflict.
    principal: str = ""


@dataclass(slots=True)
class Receipt:
    """What became of one append: `count` messages from seq `first` on, all at `time`."""

    epoch: int
    first: int
    count: int
    time: str
    receivers: int | None = None  # Set by Hub.publish; None if it is not known.
    is_repeat: bool = False  # The Idempotency-Key was used before: nothing was appended.

    @property
    def first_id(self) -> str:
        return format_id(self.epoch, self.first)

    @property
    def last_id(self) -> str:
        return format_id(self.epoch, self.first + self.count - 1)


class Log(Protocol):
    """What the hub asks of a log. Everything is called from the loop's thread."""

    epoch: int

    @property
    def first(self) -> int:
        """Seq of the oldest message kept; `head + 1` when none is."""

    @property
    def head(self) -> int:
        """Seq of the newest message; 0 in a log that never had one."""

    async def start(self, deliver: Deliver) -> None:
        """Open it. From now on `deliver` gets every message, once, in order, after its commit."""

    async def append(self, drafts: Sequence[Draft], once: IdempotencyKey | None = None) -> Receipt:
        """Commit the drafts (at least one), in order and together; returns when they are safe.

        Raises NotStored (LogFull for a full disk) when nothing was stored, and Conflict.
        """

    async def read(self, after: int, limit: int) -> Sequence[Message]:
        """The messages `after + 1`, `after + 2`, …: at least one and at most `limit`, fewer when they are large.

        None at all when `after + 1` is not kept.
        """

    async def seq_at(self, milliseconds: int) -> tuple[int, int]:
        """The seq in front of the first message said at that time (ms since 1970) or later, and the oldest one kept.

        Both of the same moment: `first` may not have heard yet of what was pruned by then.
        """

    async def stop(self) -> None:
        """Finish what was accepted and close. Safe to call twice."""
