"""The parameters of a stream or a search: `topic` (globs, repeatable), `level`, `q`; the start of a stream."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from hub.delivery.cursor import Position, newest, resolve
from hub.errors import InvalidInput
from hub.filter import Filter
from hub.log.protocol import Log
from hub.message import Level
from hub.timestamps import parse_time

Arguments = Mapping[str, Sequence[bytes]]
"""A query as `tornado.escape.parse_qs_bytes` returns it: each name with its values, percent-decoded."""


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
        """Read a query; the Last-Event-ID header takes precedence over `last_event_id`. Raises InvalidInput."""
        last = _last(arguments, "last", "0").strip()
        if not re.fullmatch("[0-9]{1,9}", last):
            raise InvalidInput("last", f"invalid number {last[:32]!r}", hint="use a whole number up to 999999999")
        since = None
        if "since" in arguments:
            since = parse_time(_last(arguments, "since", "").strip(), time.time(), field="since")
        # An empty id is the cursor of a client that has not seen a message yet.
        cursor = last_event_id or _last(arguments, "last_event_id", "").strip()
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
