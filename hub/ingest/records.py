"""JSON objects: where loggers, shippers and clouds put text, level, source and time.

To teach a logger, add its names to the tables. A name with dots is looked up as one key and as keys inside each other.
The first name of a table that has a usable value counts. What is used leaves `data`, unless it is inside an object.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from hub.errors import InvalidInput
from hub.ingest.level_names import NO_NUMBERS, NUMBERS, OPENTELEMETRY, PYTHON, Scale, level_of
from hub.ingest.levels import guess_level
from hub.ingest.webhooks import read_webhook
from hub.json_text import one_line
from hub.message import MAX_SOURCE_CHARACTERS, Draft, Level
from hub.timestamps import iso_of

TEXT: Final = (
    *("message", "msg", "short_message"),  # most; GELF
    *("record.message", "fields.message", "event.message", "jsonPayload.message", "properties.message"),
    *("@message", "@m", "MESSAGE", "M", "textPayload", "RenderedMessage", "body.stringValue", "eventMessage"),
    *("event", "log", "body", "Body", "text", "MessageTemplate", "@mt"),  # structlog; docker; OpenTelemetry; Serilog
)
LEVEL: Final[Mapping[str, Scale]] = {
    **dict.fromkeys(
        ("level", "severity", "lvl", "loglevel", "logLevel", "LogLevel", "log_level", "log.level"), NUMBERS
    ),
    **dict.fromkeys(("levelname", "level_name", "level.name", "record.level.name", "@level", "@l", "Level"), NUMBERS),
    **dict.fromkeys(("severityText", "severity_text", "SeverityText", "sev", "L", "syslog.severity"), NUMBERS),
    **dict.fromkeys(("severityNumber", "severity_number", "SeverityNumber"), OPENTELEMETRY),
    **dict.fromkeys(("levelno",), PYTHON),
    **dict.fromkeys(("level_value", "PRIORITY", "priority", "s"), NUMBERS),  # Logback; journald; MongoDB
    **dict.fromkeys(("status", "type"), NO_NUMBERS),  # Datadog, apprise. Numbers are HTTP's.
}
SOURCE: Final = (
    *("source", "service.name", "service", "serviceName", "SYSLOG_IDENTIFIER", "app", "appname", "application"),
    *("logger", "logger_name", "loggerName", "log.logger", "@module", "SourceContext", "channel", "target"),
    *("record.name", "name", "kubernetes.container_name", "container_name", "_SYSTEMD_UNIT", "host"),
)
TIME: Final = (
    *("time", "@timestamp", "timestamp", "Timestamp", "ts", "datetime", "asctime", "date", "@t", "T", "at"),
    *("t.$date", "record.time.repr", "eventTime", "created", "timeMillis", "timeUnixNano", "__REALTIME_TIMESTAMP"),
)
# Ambiguous names, and names of which one has to be there too.
_BESIDE: Final = {
    "name": ("hostname", "levelname", "level_name"),  # bunyan, pino, Python
    "host": ("short_message",),
    "channel": ("level_name",),
    "target": ("fields",),
    **dict.fromkeys(("M", "T"), ("L",)),
    "L": ("M",),
    "s": ("ctx",),
    "type": ("title",),
    "created": ("levelname",),
    "at": ("sev",),
}
_STAY: Final = frozenset(("priority", "status", "type"))  # In `data`, also where they give the level.
_WRAPPERS: Final = frozenset(("log", "MESSAGE"))  # Of lines, which may be JSON.

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\w{0,4}[ \d/.-]*\w{3,4}[/ .-]?[\d/ .-]+[T: ]\d\d:\d\d")
_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode

OWN: Final = frozenset(("topic", "level", "source", "message", "data"))
Fields = dict[str, msgspec.Raw]


class _Row(NamedTuple):
    rank: int
    role: str
    name: str
    inside: tuple[str, ...]  # Keys below the first one.


def _table() -> dict[str, list[_Row]]:
    """Return the rows by the key of a record that leads to them."""
    table: dict[str, list[_Row]] = {}
    for role, names in (("text", TEXT), ("level", LEVEL), ("source", SOURCE), ("time", TIME)):
        for rank, name in enumerate(names):
            first, *inside = name.split(".")
            table.setdefault(name, []).append(_Row(rank, role, name, ()))
            if inside:
                table.setdefault(first, []).append(_Row(rank, role, name, tuple(inside)))
    return table


_TABLE: Final = _table()


class Record(NamedTuple):
    """What a JSON object means. `data` has the fields that were not used."""

    text: str | None
    level: Level | None
    source: str
    data: Fields


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
    whole = _decode(text)  # Also checks what the next line leaves raw.
    fields = _decode_fields(text)
    is_ours = fields.keys() <= OWN
    if has_topic and "topic" in fields:
        value: object = _decode(fields.pop("topic"))
        if not isinstance(value, str):
            raise InvalidInput("topic", "must be a text", hint="use 1 to 64 characters from A-Z a-z 0-9 . _ -")
        topic = value
    hook = read_webhook(whole) if (has_topic or has_hooks) and not is_ours else None
    is_hook = hook is not None and not isinstance(whole.get("message"), str)
    record = Record(None, None, "", fields) if is_hook else read_record(fields)
    if hook is not None:
        topic = topic or hook.kind
        record = record._replace(level=record.level or hook.level, source=record.source or hook.source)
        record = record._replace(text=hook.text) if is_hook else record
    if topic is None:
        raise InvalidInput("topic", "is missing", hint='add "topic": "…", or POST to /topics/<topic>')
    if record.text is None and is_ours and has_topic:
        return Draft.from_json(text.encode(), topic=topic, max_bytes=max_bytes)  # Raises with what is wrong.
    if record.text is None:
        message, data = text.strip(), None
    else:
        message, data = record.text, _data(record.data)
    is_unknown = bytes(fields.get("level", b"")).startswith(b'"')
    return Draft.parse(
        topic=topic,
        message=message,
        level=record.level or level or (Level.INFO if is_unknown else guess_level(message)),
        source=record.source or source,
        data=data,
        max_bytes=max_bytes,
    )


def read_record(fields: Fields) -> Record:
    """Read the fields, of valid JSON. `fields` itself becomes `data`."""
    found: dict[str, Any] = {}
    for row, value in sorted(_candidates(fields), key=lambda pair: pair[0]):
        if row.role in found:
            continue
        used = _READERS[row.role](row.name, value)
        if used is None:
            continue
        found[row.role] = used
        if row.name == "time" and used is value:
            continue
        if not row.inside and row.name not in _STAY:
            del fields[row.name]
        if row.role == "time":
            add(fields, "time", msgspec.Raw(_encode(used)))
        elif row.name in _WRAPPERS and used.startswith("{") and (record := _inner(used, fields)):
            return record
    if "text" not in found and bytes(fields.get("message", b"")) == b'""':
        found["text"] = ""
        del fields["message"]
    return Record(found.get("text"), found.get("level"), found.get("source", ""), fields)


def add(fields: Fields, name: str, value: msgspec.Raw) -> None:
    """Add a field, as `name`_ if that name is taken."""
    while name in fields:
        name += "_"
    fields[name] = value


def _data(fields: Fields) -> msgspec.Raw | None:
    """Return the fields as one JSON value. Those beside an object `data` are added to it."""
    data = bytes(fields.pop("data", b"null"))
    if data.startswith(b"{"):
        inner = _decode_fields(data)
        for name, value in fields.items():
            add(inner, name, value)
        fields = inner
    elif data != b"null":
        if not fields:
            return one_line(msgspec.Raw(data))
        fields = {"data": msgspec.Raw(data)} | fields
    return one_line(msgspec.Raw(_encode(fields))) if fields else None


def _candidates(fields: Fields) -> Iterator[tuple[_Row, Any]]:
    for key in fields.keys() & _TABLE.keys():
        value = _decode(fields[key])
        for row in _TABLE[key]:
            beside = _BESIDE.get(row.name)
            if beside is not None and not any(name in fields for name in beside):
                continue
            inner = value
            for name in row.inside:
                inner = inner.get(name) if isinstance(inner, dict) else None
            if inner is not None:
                yield row, inner


def _inner(text: str, outer: Fields) -> Record | None:
    """Return the record that a shipper put into a text, with the shipper's fields added."""
    try:
        _decode(text)
        fields = _decode_fields(text)
    except (msgspec.MsgspecError, RecursionError):
        return None
    record = read_record(fields)
    if record.text is None:
        return None
    for name, value in outer.items():
        add(fields, name, value)
    return record


_decode_fields: Final = msgspec.json.Decoder(Fields).decode


def _text(name: str, value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return None
    return value.rstrip("\r\n") if name in _WRAPPERS else value


def _source(_: str, value: Any) -> str | None:
    is_usable = isinstance(value, str) and 0 < len(value) <= MAX_SOURCE_CHARACTERS and value.isprintable()
    return value if is_usable else None


def _time(_: str, value: Any) -> Any:
    """Return a time as text: numbers since 1970 as ISO 8601, texts as they are."""
    return value if isinstance(value, str) and _DATE.match(value) else iso_of(value)


_READERS: Final = {
    "text": _text,
    "level": lambda name, value: level_of(value, LEVEL[name]),
    "source": _source,
    "time": _time,
}
