"""The parameters of a stream or a search: `topic` (globs, repeatable), `level`, `q`; the start of a stream.

A parameter that the address does not have is refused: a cursor or filter that is ignored loses messages silently.
"""

import re
import time
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Final, NamedTuple, Self

from hub.delivery.cursor import Position, newest, resolve
from hub.errors import InvalidInput, UnknownParameter
from hub.filter import Filter
from hub.log.protocol import Log
from hub.message import Level
from hub.timestamps import parse_time

Arguments = Mapping[str, Sequence[bytes]]
"""A query as `tornado.escape.parse_qs_bytes` returns it: each name with its values, percent-decoded."""

FILTER: Final = ("topic", "level", "q")
_STREAM: Final = (*FILTER, "last_event_id", "since", "last")
# What clients add against caches. By value, too: `?t=db` is a filter that would be ignored.
_CACHE_BUSTER: Final = re.compile(
    r"(?:_|r|t|ts|v|cb|rnd|rand|nocache|cachebuster|ngsw-bypass)=(?:|true|[0-9]+(?:\.[0-9]+)?)|utm_[^=]*=.*", re.DOTALL
)
_SECRETS: Final = frozenset({"token", "access_token", "authorization"})


def check_names(arguments: Arguments, known: Collection[str]) -> None:
    """Raise UnknownParameter for a name outside `known`, with the nearest known one. Cache busters pass."""
    for name in arguments.keys() - known:
        if all(_CACHE_BUSTER.fullmatch(f"{name}={value.decode('latin-1')}") for value in arguments[name]):
            continue
        if name.lower() in _SECRETS:
            hint = "use the Authorization header: addresses are kept in logs and histories"
        else:
            nearest = get_close_matches(name.lower(), known, 1)
            hint = f"{f'did you mean {nearest[0]}? ' if nearest else ''}use {', '.join(known)}"
        raise UnknownParameter(name[:64], "unknown parameter", hint=hint)


def parse_filter(arguments: Arguments) -> Filter:
    """Return the filter that a query names. Strips nothing. Raises InvalidInput with the valid values."""
    topics = [_text("topic", value) for value in arguments.get("topic", ())]
    return Filter.parse(topics, _last(arguments, "level", Level.DEBUG), _last(arguments, "q", ""))


class StreamRequest(NamedTuple):
    """The parameters of a stream. `since` in ms since 1970."""

    filter: Filter
    last_event_id: str
    last: int
    since: int | None

    @classmethod
    def parse(cls, arguments: Arguments, last_event_id: str | None) -> Self:
        """Read a query and the Last-Event-ID header. Raises InvalidInput."""
        cursors = [name for name in arguments if re.sub("[-_]", "", name).lower() == "lasteventid"]
        check_names(arguments, (*_STREAM, *cursors))
        last = _last(arguments, "last", "0").strip()
        if not re.fullmatch("[0-9]{1,9}", last):
            raise InvalidInput("last", f"invalid number {last[:32]!r}", hint="use a whole number up to 999999999")
        since = None
        if "since" in arguments:
            since = parse_time(_last(arguments, "since", "").strip(), time.time(), field="since")
        # An empty id is the cursor of a client that has not seen a message yet. Clients append `lastEventId` when they
        # reconnect; `last_event_id` is written into an address by hand and older then.
        found = (_last(arguments, name, "").strip() for name in sorted(cursors, key=lambda name: "_" in name))
        cursor = last_event_id or next(filter(None, found), "")
        return cls(parse_filter(arguments), cursor, int(last), since)

    def position(self, log: Log) -> Position | None:
        """Return the start of the stream. None if `since` decides, which the log has to look up (`cursor.find`)."""
        if self.last_event_id:
            return resolve(self.last_event_id, log)
        return newest(self.last, log) if self.since is None else None


def _last(arguments: Arguments, name: str, default: str) -> str:
    values = arguments.get(name)
    return _text(name, values[-1]) if values else default


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} is not UTF-8"
        raise InvalidInput(name, problem, hint="percent-encode its UTF-8 bytes") from None
