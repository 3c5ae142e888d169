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
from hub.search.candidates import TimeSpan
from hub.search.find import EVER
from hub.timestamps import parse_time

Arguments = Mapping[str, Sequence[bytes]]
"""A query as `tornado.escape.parse_qs_bytes` returns it: each name with its values, percent-decoded."""

FILTER: Final = ("topic", "level", "q")
_STREAM: Final = (*FILTER, "last_event_id", "since", "last")
# What clients add against caches. By value, too: `?t=db` is a filter that would be ignored.
_CACHE_BUSTER: Final = re.compile(
    r"(?:_|r|t|ts|v|cb|rnd|rand|nocache|cachebuster|ngsw-bypass)=(?:|true|[0-9]+(?:\.[0-9]+)?)|utm_[^=]*=.*", re.DOTALL
)
_ALIASES: Final = {"from": "since", "to": "until"}
_SECRETS: Final = frozenset({"token", "access_token", "authorization"})


def read_names(arguments: Arguments, known: Collection[str]) -> Arguments:
    """Return a query without cache busters, with `from` and `to` as `since` and `until`.

    Raises UnknownParameter for a name outside `known`, with the nearest known one.
    """
    found: dict[str, Sequence[bytes]] = {}
    for given, values in arguments.items():
        name = given if given in known else _ALIASES.get(given, given)
        if name in found:
            raise InvalidInput(given, f"another name of {name}, which is given too", hint="use one of them")
        if name in known:
            found[name] = values
        elif not all(_CACHE_BUSTER.fullmatch(f"{name}={value.decode('latin-1')}") for value in values):
            raise _unknown(given, known)
    return found


def _unknown(name: str, known: Collection[str]) -> UnknownParameter:
    if name.lower() in _SECRETS:
        hint = "use the Authorization header: addresses are kept in logs and histories"
    else:
        nearest = get_close_matches(name.lower(), known, 1)
        hint = f"{f'did you mean {nearest[0]}? ' if nearest else ''}use {', '.join(known)}"
    return UnknownParameter(name[:64], "unknown parameter", hint=hint)


def read_time(arguments: Arguments, name: str) -> int | None:
    """Return ms since 1970; None if the query has no such parameter. Raises InvalidInput."""
    return parse_time(_last(arguments, name, "").strip(), time.time(), field=name) if name in arguments else None


def read_span(arguments: Arguments) -> TimeSpan:
    """Return the first and last ms since 1970 of `since` and `until`, which is not included. Raises InvalidInput."""
    since, until = read_time(arguments, "since"), read_time(arguments, "until")
    return EVER[0] if since is None else since, EVER[1] if until is None else until - 1


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
        arguments = read_names(arguments, (*_STREAM, *cursors))
        last = _last(arguments, "last", "0").strip()
        if not re.fullmatch("[0-9]{1,9}", last):
            raise InvalidInput("last", f"invalid number {last[:32]!r}", hint="use a whole number up to 999999999")
        # An empty id is the cursor of a client that has not seen a message yet. Clients append `lastEventId` when they
        # reconnect; `last_event_id` is written into an address by hand and older then.
        found = (_last(arguments, name, "").strip() for name in sorted(cursors, key=lambda name: "_" in name))
        cursor = last_event_id or next(filter(None, found), "")
        return cls(parse_filter(arguments), cursor, int(last), read_time(arguments, "since"))

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
