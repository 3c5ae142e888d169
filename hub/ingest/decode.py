"""Turns lines, texts and JSON objects into drafts."""

from dataclasses import dataclass
from typing import Final

import msgspec

from hub.config import PublishConfig
from hub.errors import InvalidInput, TooLarge
from hub.ingest.levels import guess_level, level_of
from hub.ingest.lines import Line, TruncatedLine, truncated
from hub.json_text import one_line
from hub.message import MAX_SOURCE_CHARACTERS, Draft, Level

_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: Final = msgspec.json.Decoder()
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class TopicText:
    """Text for one topic: a whole body, or lines that may be JSON objects of a logger.

    `level` and `source` are for texts that do not give their own. The constructor raises InvalidInput.
    """

    topic: str
    level: str = ""
    source: str = ""
    refuses_bad_utf8: bool = False  # In a line that is a JSON object, as in a body of one object.

    def __post_init__(self) -> None:
        Draft.parse(topic=self.topic, message="", level=self.level or Level.INFO, source=self.source)

    def max_line_bytes(self, limits: PublishConfig) -> int:
        """Return the length at which a line is truncated."""
        return limits.max_message_bytes

    def decode(self, line: Line, limits: PublishConfig) -> Draft | None:
        """Return the draft, truncated, with bytes replaced that are not UTF-8; None for a blank line.

        Raises InvalidInput for bytes that must not be replaced only.
        """
        if not line.strip():
            return None
        max_bytes = limits.max_message_bytes
        if isinstance(line, TruncatedLine):
            text = str(line)
        elif line.startswith(b"{") and line.rstrip().endswith(b"}"):
            text = self._json_text(line)
            try:
                return _logger_object(text, topic=self.topic, level=self.level, source=self.source, max_bytes=max_bytes)
            except (msgspec.MsgspecError, InvalidInput, RecursionError):
                pass  # Not JSON, or a field's value is not allowed: keep the line as text.
        else:
            text = line.decode("utf-8", "replace")
        if len(text) * 4 > max_bytes and (size := len(text.encode())) > max_bytes:
            text = str(truncated(text, size, max_bytes))  # Replaced bytes grow to three each.
        return Draft.parse(
            topic=self.topic,
            message=text,
            level=self.level or guess_level(text),
            source=self.source,
            max_bytes=max_bytes,
        )

    def whole(self, body: bytes, limits: PublishConfig) -> Draft:
        """Return a whole body as one message. Raises InvalidInput."""
        if not body:
            raise InvalidInput("body", "is empty", hint="curl -d 'disk full' …/topics/db")
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput("body", f"byte {error.start + 1} is not UTF-8", hint="PUT replaces such bytes") from None
        level, limit = self.level or Level.INFO, limits.max_message_bytes
        return Draft.parse(topic=self.topic, message=text, level=level, source=self.source, max_bytes=limit)

    def _json_text(self, line: bytes) -> str:
        try:
            return line.decode("utf-8", "strict" if self.refuses_bad_utf8 else "replace")
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} is not UTF-8"
            raise InvalidInput("line", problem, hint="PUT replaces such bytes") from None


@dataclass(frozen=True, slots=True)
class JsonObjects:
    """JSON objects with the fields of the API. `topic` is for objects that name none."""

    topic: str | None = None

    def max_line_bytes(self, limits: PublishConfig) -> int:
        """Return the limit of a body: escapes make JSON longer than its message."""
        return limits.max_body_bytes

    def decode(self, line: Line, limits: PublishConfig) -> Draft | None:
        """Return the draft, or None for a blank line. Raises InvalidInput."""
        if isinstance(line, TruncatedLine):
            raise too_large("line", limits.max_body_bytes)
        if not line.strip():
            return None
        return Draft.from_json(line, topic=self.topic, max_bytes=limits.max_message_bytes)


Decoder = TopicText | JsonObjects
"""How the lines of one publisher are read. Limits are arguments, because they may change while it publishes."""


def too_large(what: str, limit: int) -> TooLarge:
    """Return the error for a body, or a line that could have been a body, that is not read to its end."""
    return TooLarge(
        what,
        f"over the limit of {limit:,} bytes (publish.max_body_bytes)",
        hint="send less at once, send lines by PUT, or raise publish.max_body_bytes in config.yaml",
    )


def _logger_object(line: str, *, topic: str, level: str, source: str, max_bytes: int) -> Draft:
    """Read the fields that loggers use; the others become `data`. Raises MsgspecError, InvalidInput, RecursionError."""
    _anything.decode(line)  # Checks what the next line leaves raw.
    fields = _fields.decode(line)
    own_level = _take_level(fields)
    name = _take_text(fields, "source")
    if len(name) > MAX_SOURCE_CHARACTERS or not name.isprintable():
        fields["source"], name = msgspec.Raw(_encode(name)), ""
    message = _take_text(fields, "message") or _take_text(fields, "msg")
    if not message:  # Without a text field the line itself is the text.
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
    """Remove a field and return its text, or leave it and return "" if it is not a text."""
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
