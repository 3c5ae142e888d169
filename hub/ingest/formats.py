"""JSON objects of loggers: which of their fields is text, level, source or data."""

from typing import Final

import msgspec

from hub.ingest.levels import guess_level, level_of
from hub.json_text import one_line
from hub.message import MAX_SOURCE_CHARACTERS, Draft, Level

_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: Final = msgspec.json.Decoder()
_encode: Final = msgspec.json.Encoder().encode


def logger_object(line: str, *, topic: str, level: str, source: str, max_bytes: int) -> Draft:
    """Read fields under the names that loggers use; the others become `data`.

    `level` and `source` are defaults. Raises msgspec.MsgspecError, InvalidInput or RecursionError.
    """
    _anything.decode(line)  # Raw values are only skipped over by the next line; this checks them.
    fields = _fields.decode(line)
    own_level = _take_level(fields)
    name = _take_text(fields, "source")
    if len(name) > MAX_SOURCE_CHARACTERS or not name.isprintable():
        fields["source"], name = msgspec.Raw(_encode(name)), ""
    message = _take_text(fields, "message") or _take_text(fields, "msg")
    if not message:  # The fields cannot be told from the text, so the line itself is the text.
        message, fields = line, {}
    data = fields["data"] if fields.keys() == {"data"} else msgspec.Raw(_encode(fields)) if fields else None
    return Draft.parse(
        topic=topic,
        message=message,
        level=own_level or level or guess_level(message),
        source=name or source,
        data=one_line(data) if data is not None else None,
        max_bytes=max_bytes,
    )


def _take_text(fields: dict[str, msgspec.Raw], key: str) -> str:
    """Remove a field and return its text; a field that is no text stays, and the result is empty."""
    value = _anything.decode(fields.get(key, b'""'))
    if not isinstance(value, str):
        return ""
    fields.pop(key, None)
    return value


def _take_level(fields: dict[str, msgspec.Raw]) -> Level | None:
    for key in ("level", "severity"):
        if level := level_of(_anything.decode(fields.get(key, b"null"))):
            del fields[key]
            return level
    return None
