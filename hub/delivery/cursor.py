"""Where a reader resumes, and which messages it has lost. No id of a client raises: an error becomes a Gap."""

from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple, Self

from hub.log.generations import End
from hub.log.protocol import Log, parse_id


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages that a reader will never get."""

    after: str | None  # The last id that the reader had; None if it was not an id.
    before: str  # The first id that it can still get.
    missing: int | None  # Messages that it has not seen; None if unknown.
    reason: Literal["expired", "new_log", "rolled_back", "damaged"]
    withdrawn: int | None = None  # Messages that it has seen and that no longer exist.
    counts: Literal["all"] | None = None  # "all": messages that its filter does not match count, too.

    @classmethod
    def expired(cls, log: Log, after: int) -> Self:
        first, id_of = log.first, log.generations.format_id
        return cls(id_of(after), id_of(first), first - 1 - after, "expired")

    @classmethod
    def damaged(cls, log: Log, seq: int) -> Self:
        id_of = log.generations.format_id
        return cls(id_of(seq - 1), id_of(seq + 1), 1, "damaged")

    def as_json(self) -> dict[str, object]:
        """Return the fields. `withdrawn` and `counts` are left out if None."""
        optional = ("withdrawn", "counts")
        return {name: value for name, value in asdict(self).items() if value is not None or name not in optional}


class Position(NamedTuple):
    """The seq after which a reader resumes, and the gap in front of it, if any."""

    after: int
    gap: Gap | None = None


def resolve(last_event_id: str, log: Log) -> Position:
    """Return where a reader with this id resumes. Exact if the id's epoch gave out that seq."""
    oldest = log.first - 1
    seq = end = None
    parsed = parse_id(last_event_id)
    try:
        if parsed is not None:
            seq, end = parsed[1], log.generations.end_of(parsed[0])
    except KeyError:
        seq = None  # An id of another log.
    if seq is None:
        after = last_event_id if parsed else None
        return Position(oldest, Gap(after, log.generations.format_id(log.first), None, "new_log"))
    if end is not None and seq > end.last:
        return _rolled_back(last_event_id, seq, end, log)
    if seq > log.head:
        # The log lost messages within an epoch, and it is unknown which: replay everything.
        return Position(oldest, Gap(last_event_id, log.generations.format_id(log.first), None, "rolled_back"))
    if seq < oldest:
        return Position(oldest, Gap.expired(log, seq))
    return Position(seq)


def resolve_before(text: str, log: Log) -> Position:
    """Return the position in front of the id `text`, which must be one."""
    parsed = parse_id(text) or (0, 0)
    id_of = log.generations.format_id
    try:
        end = log.generations.end_of(parsed[0])
    except KeyError:  # An id of another log.
        return Position(0, Gap(None, id_of(log.first), None, "new_log"))
    if end is None or parsed[1] <= end.last:
        return Position(parsed[1] - 1)
    return Position(end.last, Gap(id_of(end.last), text, parsed[1] - 1 - end.last, "rolled_back"))


def _rolled_back(text: str, seq: int, end: End, log: Log) -> Position:
    # The id is behind the end of its epoch: the reader resumes with the next epoch.
    after = max(end.last, log.first - 1)
    # Not seen: messages of that epoch behind the reader's, and expired ones of the next.
    missing = max(0, end.known_last - seq) + after - end.last
    return Position(after, Gap(text, log.generations.format_id(after + 1), missing, "rolled_back", seq - end.last))


async def find(milliseconds: int, log: Log) -> Position:
    """Return the position before all messages of that time (ms since 1970) or later."""
    after, first = await log.seq_at(milliseconds)
    if after == first - 1 and first > 1:
        # Deleted messages may have been late enough, too; their number is unknown.
        return Position(after, Gap(None, log.generations.format_id(first), None, "expired"))
    return Position(after)


def newest(count: int, log: Log) -> Position:
    """Return the position before the newest `count` messages that are kept."""
    return Position(max(log.first - 1, log.head - count))
