"""Where a reader wants to go on, and what it has missed for good.

Pure: a cursor is outside data (a browser's Last-Event-ID), so nothing here raises; what cannot be
honoured becomes a Gap that says so in-band.
"""

from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, Self

from hub.log.protocol import Log, format_id, parse_id


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages that a reader will never get. `missing` is None when nobody can know how many."""

    after: str | None  # The last id the reader had; None when it was not an id.
    before: str  # The first id that it can still get.
    missing: int | None
    reason: Literal["expired", "new_log"]

    @classmethod
    def expired(cls, log: Log, after: int) -> Self:
        """The log no longer holds what follows seq `after`."""
        first = log.first
        return cls(format_id(log.epoch, after), format_id(log.epoch, first), first - 1 - after, "expired")

    def as_json(self) -> dict[str, object]:
        return asdict(self)


class Position(NamedTuple):
    """The seq behind which to go on, and the gap in front of it, if there is one."""

    after: int
    gap: Gap | None = None


def resolve(last_event_id: str, log: Log) -> Position:
    """Where a reader who has seen this id goes on."""
    parsed = parse_id(last_event_id)
    oldest = log.first - 1
    if parsed is None or parsed[0] != log.epoch or parsed[1] > log.head:
        # Garbage, another log, or this log before somebody put an older copy back: in each case the
        # reader's position says nothing about this log, so it gets everything there is.
        after = format_id(*parsed) if parsed else None
        return Position(oldest, Gap(after, format_id(log.epoch, log.first), None, "new_log"))
    if parsed[1] < oldest:
        return Position(oldest, Gap.expired(log, parsed[1]))
    return Position(parsed[1])


async def find(milliseconds: int, log: Log) -> Position:
    """Where a reader begins who wants everything said at that time (ms since 1970) or later."""
    after, first = await log.seq_at(milliseconds)
    if after == first - 1 and first > 1:
        # Everything kept is that young, so what was pruned may have been as well; how much of it, nobody knows.
        return Position(after, Gap(None, format_id(log.epoch, first), None, "expired"))
    return Position(after)


def newest(count: int, log: Log) -> Position:
    """Where a reader begins who wants the newest `count` messages that are kept."""
    return Position(max(log.first - 1, log.head - count))
