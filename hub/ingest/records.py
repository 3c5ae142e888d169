"""JSON objects: the message that an object of this API, of a logger or of a webhook means."""

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from hub.errors import InvalidInput
from hub.ingest.level_names import level_of
from hub.ingest.levels import guess_level
from hub.ingest.record_names import LEVEL, NAMES, STAY, WRAPPERS, Row, rows_of
from hub.ingest.unknown_body import read_unknown
from hub.ingest.webhooks import read_webhook
from hub.message import LEVEL_NAMES, MAX_SOURCE_CHARACTERS, Draft, Level
from hub.timestamps import iso_of

_OWN: Final = frozenset(("topic", "level", "source", "message", "data"))
# A digit in front of a time of day. Bounded: an expression with three open repeats took 78 s for 20,000 digits.
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|(?=\D{0,12}\d)[\w ,/.+-]{4,24}?[T: ]\d\d:\d\d|\d{8}T\d{4}")

Fields = dict[str, Any]


class _Own(msgspec.Struct, forbid_unknown_fields=True):
    """An object with fields of this API only."""

    message: str
    topic: str | None = None
    level: str | None = None
    source: str = ""
    data: Any = None


class Record(NamedTuple):
    """What a JSON object means. `data` has the fields that were not used."""

    text: str | None
    level: Level | None
    source: str
    data: Fields


def _number(digits: str) -> msgspec.Raw:
    """Return a number with a point or an exponent as it is written, because a float has 17 digits at most."""
    if not math.isfinite(float(digits)):
        raise ValueError("number out of range")
    return msgspec.Raw(digits.encode())


_decode: Final = msgspec.json.Decoder(Fields, float_hook=_number).decode
_decode_own: Final = msgspec.json.Decoder(_Own, float_hook=_number).decode
_encode: Final = msgspec.json.Encoder().encode


def parse_object(
    text: str,
    *,
    topic: str | None,
    level: Level | None,
    source: str,
    max_bytes: int,
    has_topic: bool = False,
    has_hooks: bool = False,
) -> Draft:
    """Return the message that a JSON object means. Without a text, the object itself is the text.

    `level` and `source` are for objects that give none; `has_topic`: the field `topic` is the topic. Raises
    MsgspecError, RecursionError, InvalidInput or TooLarge.
    """
    if has_topic and (draft := _own_draft(text, topic, max_bytes)) is not None:
        return draft
    fields = _decode(text)
    is_ours = has_topic and fields.keys() <= _OWN
    hook = read_webhook(fields) if (has_topic or has_hooks) and not is_ours else None
    if has_topic and "topic" in fields:
        topic = fields.pop("topic")
        if not isinstance(topic, str):
            raise InvalidInput("topic", "must be a text", hint="use 1 to 64 characters from A-Z a-z 0-9 . _ -")
    is_hook = hook is not None and not (isinstance(message := fields.get("message"), str) and message)
    record = Record(None, None, "", fields) if is_hook else read_record(fields)
    if hook is not None:
        topic = topic or hook.kind
        record = record._replace(level=record.level or hook.level, source=record.source or hook.source)
        record = record._replace(text=hook.text) if is_hook else record
    if topic is None:
        raise InvalidInput("topic", "is missing", hint='add "topic": "…", or POST to /topics/<topic>')
    if record.text is None and not is_ours and (has_topic or has_hooks) and (other := read_unknown(fields)):
        record = record._replace(text=other.text, level=record.level or other.level)
    if record.text is None and is_ours:
        return Draft.from_json(text.encode(), topic=topic, max_bytes=max_bytes)  # Raises with what is wrong.
    if record.text is None:
        message, data = text.strip(), None
    else:
        message, data = record.text, _data(record.data)
    is_unknown = isinstance(fields.get("level"), str)
    return Draft.parse(
        topic=topic,
        message=message,
        level=record.level or level or (Level.INFO if is_unknown else guess_level(message)),
        source=record.source or source,
        data=data,
        max_bytes=max_bytes,
    )


def _own_draft(text: str, topic: str | None, max_bytes: int) -> Draft | None:
    """Return the message of an object with valid fields of this API only: the common case, three times as fast."""
    try:
        own = _decode_own(text)
    except msgspec.ValidationError:
        return None
    topic = topic if own.topic is None else own.topic
    level = guess_level(own.message) if own.level is None else LEVEL_NAMES.get(own.level) or level_of(own.level)
    if topic is None or level is None or (own.source and _source("", own.source) is None):
        return None
    data = None if own.data is None else msgspec.Raw(_encode(own.data))
    return Draft.parse(topic=topic, message=own.message, level=level, source=own.source, data=data, max_bytes=max_bytes)


def read_record(fields: Fields) -> Record:
    """Read the fields of an object. `fields` itself becomes `data`."""
    texts, levels, sources, times = rows_of(NAMES.intersection(fields))
    _, level = _take(fields, levels, _level)
    _, source = _take(fields, sources, _source)
    _, time = _take(fields, times, _time)
    if time is not None:
        add(fields, "time", time)
    text_name, text = _take(fields, texts, _text)
    if text is None and fields.get("message") == "":
        text = fields.pop("message")
    record = Record(text, level, source or "", fields)
    return _inner(record) if text_name in WRAPPERS and text.startswith("{") else record


def _take(fields: Fields, rows: Sequence[Row], read: Callable[[str, Any], Any]) -> tuple[str, Any]:
    """Return the first name with a usable value, and what `read` makes of the value. The field leaves `fields`."""
    for name, key, inside in rows:
        value = fields.get(key)
        for inner in inside:
            value = value.get(inner) if isinstance(value, dict) else None
        if value is not None and (used := read(name, value)) is not None:
            if not inside and name not in STAY:
                del fields[name]
            return name, used
    return "", None


def _inner(outer: Record) -> Record:
    """Return the record that a shipper put into a text, with the shipper's fields added."""
    try:
        record = read_record(_decode(outer.text or ""))
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return outer
    if record.text is None:
        return outer
    for name, value in outer.data.items():
        add(record.data, name, value)
    return record._replace(level=record.level or outer.level, source=record.source or outer.source)


def _level(name: str, value: Any) -> Level | None:
    return level_of(value, LEVEL[name])


def _text(name: str, value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return value.rstrip("\r\n") if name in WRAPPERS else value


def _source(_: str, value: Any) -> str | None:
    is_usable = isinstance(value, str) and 0 < len(value) <= MAX_SOURCE_CHARACTERS and value.isprintable()
    return value if is_usable else None


def _time(_: str, value: Any) -> str | None:
    """Return a time as text: numbers since 1970 as ISO 8601, texts as they are."""
    if isinstance(value, str) and _DATE.match(value):
        return value
    return iso_of(bytes(value).decode() if isinstance(value, msgspec.Raw) else value)


def _data(fields: Fields) -> msgspec.Raw | None:
    """Return the fields as one JSON value. Those beside an object `data` are added to it."""
    data = fields.pop("data", None)
    if isinstance(data, dict):
        for name, value in fields.items():
            add(data, name, value)
    elif data is None or fields:
        data = fields if data is None else {"data": data} | fields
        if not data:
            return None
    return msgspec.Raw(_encode(data))


def add(fields: Fields, name: str, value: Any) -> None:
    """Add a field, as `name`_ if that name is taken."""
    while name in fields:
        name += "_"
    fields[name] = value
