"""The log: the ordered sequence of messages, and the only thing that assigns ids.

An id is `<epoch>-<seq>`: `epoch` is when this log was made (ms since 1970), `seq` is 1, 2, 3 …
without holes, so a reader can prove that it has no gap, and recognises a new log as new.
Inside the process a position in the log is its seq, an int; 0 is in front of everything.
"""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from hub.config import LogConfig
from hub.message import Draft, Message
from hub.tail import Tail

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

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Message]:
        """Commit the drafts, in order and together. Returns when they are as safe as this log makes them."""

    async def read(self, after: int, limit: int) -> Sequence[Message]:
        """The messages `after + 1`, `after + 2`, … at most `limit`; none at all when `after + 1` is not kept."""

    async def stop(self) -> None:
        """Finish what was accepted and close. Safe to call twice."""


class MemoryLog:
    """A log that a restart empties, bounded in messages and bytes."""

    def __init__(self, config: LogConfig, clock: Clock = time.time) -> None:
        self.epoch = int(clock() * 1000)
        self._clock = clock
        self._kept: Tail[Message] = Tail(config.keep_bytes, config.keep_messages)
        self._deliver: Deliver | None = None

    @property
    def first(self) -> int:
        return self._kept.first

    @property
    def head(self) -> int:
        return self._kept.head

    def configure(self, config: LogConfig) -> None:
        """New bounds, at once."""
        self._kept.max_bytes, self._kept.max_items = config.keep_bytes, config.keep_messages
        self._kept.prune()

    async def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Message]:
        messages = stamp(drafts, self.epoch, self.head, format_time(int(self._clock() * 1000)))
        for message in messages:
            self._kept.append(message, len(message.message) + len(message.data or b"") + 200)
        if self._deliver is not None and messages:
            self._deliver(messages)
        return messages

    async def read(self, after: int, limit: int) -> Sequence[Message]:
        return self._kept.after(after, limit) if after >= self.first - 1 else ()

    async def stop(self) -> None:
        self._deliver = None
