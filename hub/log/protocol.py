"""What the hub requires of a log: the ordered sequence of messages, which alone assigns ids.

An id is `<epoch>-<seq>`. `seq` is 1, 2, 3 … without holes; 0 is the position in front of everything. `epoch` is the
start of the generation that gave it out (ms since 1970).
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol, TypeVar

from hub.log.generations import Generations
from hub.message import Draft, Message

T = TypeVar("T")

Clock = Callable[[], float]
"""Seconds since 1970, like `time.time`."""

Deliver = Callable[[Sequence[Message]], None]
"""Gets committed messages, in order, on the loop."""

_ID: Final = re.compile(r"([0-9]{1,15})-([0-9]{1,18})")


def format_id(epoch: int, seq: int) -> str:
    return f"{epoch}-{seq}"


def parse_id(text: str) -> tuple[int, int] | None:
    """Return epoch and seq, or None for a text that is not an id."""
    parts = _ID.fullmatch(text)
    return (int(parts[1]), int(parts[2])) if parts else None


@lru_cache(1024)
def format_time(milliseconds: int) -> str:
    """`milliseconds`: since 1970."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def stamp(drafts: Sequence[Draft], epoch: int, after: int, time_text: str) -> list[Message]:
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
    key: str
    digest: bytes  # Of the request: the same key for another one is a Conflict.
    principal: str = ""  # "" is the anonymous one.


@dataclass(slots=True)
class Receipt:
    """The result of an append: `count` messages from seq `first` on."""

    epoch: int
    first: int
    count: int
    time: str
    is_repeat: bool = False  # Of an earlier append with the same key.
    receivers: int | None = None  # Set by the hub.

    def as_json(self) -> dict[str, object]:
        """Return the answer to the publish of one message."""
        answer: dict[str, object] = {"id": self.first_id, "time": self.time}
        return answer if self.receivers is None else answer | {"receivers": self.receivers}

    @property
    def first_id(self) -> str:
        return format_id(self.epoch, self.first)

    @property
    def last_id(self) -> str:
        return format_id(self.epoch, self.first + self.count - 1)


class Log(Protocol):
    """The log as the hub uses it, on the loop."""

    @property
    def epoch(self) -> int: ...  # Of new messages.

    @property
    def generations(self) -> Generations: ...

    @property
    def first(self) -> int:
        """Seq of the oldest message kept; `head + 1` when the log is empty."""

    @property
    def head(self) -> int:
        """Seq of the newest message; 0 in a log that never had one."""

    async def start(self, subscribers: Sequence[Deliver]) -> None:
        """From now on each subscriber gets every message once, in order, after its commit."""

    async def append(self, drafts: Sequence[Draft], key: IdempotencyKey | None = None) -> Receipt:
        """Commit the drafts, in order and together; return when they are durable.

        Without drafts return the receipt of the earlier append with this key, or one of no messages.

        Raises NotStored (LogFull for a full disk), Conflict, or OutcomeUnknown after a timeout: the drafts may still
        be committed and delivered.
        """

    async def read(self, after: int, limit: int) -> Sequence[Message | int]:
        """Return 1 to `limit` messages from `after + 1` on; none when that one is not kept. Raises LogFailed.

        A number is the seq of a damaged message.
        """

    async def seq_at(self, milliseconds: int) -> tuple[int, int]:
        """Return the seq in front of the first message of that time (ms since 1970) or later, and the oldest one kept.

        `first` may lag behind the latter. Raises LogFailed.
        """

    def health(self) -> str | None:
        """Return why nothing can be published now; None when all is well."""

    async def stop(self) -> None:
        """Finish the appends that were accepted, and close. Idempotent."""


class SearchableLog(Log, Protocol):
    """A log that history can search, in SQLite."""

    async def query(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run a function that only reads in a reader's thread. Raises LogFailed."""
