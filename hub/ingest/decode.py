"""Turns lines, texts and JSON objects into drafts."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from hub.config import PublishConfig
from hub.errors import InvalidInput, TooLarge
from hub.ingest.level_names import level_of
from hub.ingest.levels import guess_level
from hub.ingest.lines import Line, TruncatedLine, truncated
from hub.ingest.records import parse_object
from hub.json_text import decode
from hub.message import FIELDS_HINT, Draft, Level
from hub.terminal import overwritten

_OBJECT: Final = msgspec.json.Decoder(dict)
MAX_LEVEL_CHARACTERS: Final = 64  # Of an unknown level that is kept in `data`.


@dataclass(frozen=True, slots=True)
class TopicText:
    """Text for one topic: a whole body, or lines that may be JSON objects of a logger.

    `level` and `source` are for texts that do not give their own. An unknown level is info, and is kept in `data`;
    where `is_strict`, the constructor refuses it. The constructor raises InvalidInput.
    """

    topic: str
    level: str = ""
    source: str = ""
    refuses_bad_utf8: bool = False  # In a line that is a JSON object, as in a body of one object.
    is_strict: bool = False
    _level: Level | None = field(init=False, repr=False, compare=False)
    _data: msgspec.Raw | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        known = Level.parse(self.level) if self.is_strict and self.level else level_of(self.level)
        unknown = self.level[:MAX_LEVEL_CHARACTERS] if known is None else ""
        object.__setattr__(self, "_level", Level.INFO if unknown else known)
        object.__setattr__(self, "_data", msgspec.Raw(msgspec.json.encode({"level": unknown})) if unknown else None)
        Draft.parse(topic=self.topic, message="", source=self.source)

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
                return parse_object(text, topic=self.topic, level=self._level, source=self.source, max_bytes=max_bytes)
            except (msgspec.MsgspecError, InvalidInput, RecursionError):
                pass  # Not JSON, or too long with its data: keep the line as text.
        else:
            text = line.decode("utf-8", "replace")
            if "\r" in text:
                text = "\n".join(map(overwritten, text.split("\n")))
        if len(text) * 4 > max_bytes and (size := len(text.encode())) > max_bytes:
            text = str(truncated(text, size, max_bytes))  # Replaced bytes grow to three each.
        return self._draft(text, max_bytes)

    def whole(self, body: bytes, limits: PublishConfig) -> Draft:
        """Return a whole body as one message. Raises InvalidInput."""
        if not body:
            raise InvalidInput("body", "is empty", hint="curl -d 'disk full' …/topics/db")
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput("body", f"byte {error.start + 1} is not UTF-8", hint="PUT replaces such bytes") from None
        return self._draft(text, limits.max_message_bytes)

    def object(self, body: bytes, limits: PublishConfig) -> Draft:
        """Return the message of a JSON object that the server made of a form. Raises InvalidInput."""
        try:
            return parse_object(
                body.decode(),
                topic=self.topic,
                level=self._level,
                source=self.source,
                max_bytes=limits.max_message_bytes,
                has_hooks=True,
            )
        except (msgspec.MsgspecError, RecursionError) as error:
            raise InvalidInput("payload", f"invalid JSON: {error}") from None

    def _draft(self, text: str, max_bytes: int) -> Draft:
        data = self._data if self._data is None or len(text) + len(self._data) <= max_bytes // 4 else None
        level = self._level or guess_level(text)
        return Draft.parse(
            topic=self.topic, message=text, level=level, source=self.source, data=data, max_bytes=max_bytes
        )

    def _json_text(self, line: bytes) -> str:
        try:
            return line.decode("utf-8", "strict" if self.refuses_bad_utf8 else "replace")
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} is not UTF-8"
            raise InvalidInput("line", problem, hint="PUT replaces such bytes") from None


@dataclass(frozen=True, slots=True)
class JsonObjects:
    """JSON objects with the fields of the API or of a logger. `topic` is for objects that name none.

    Where `is_strict`, other fields and unknown levels are refused.
    """

    topic: str | None = None
    is_strict: bool = False

    def max_line_bytes(self, limits: PublishConfig) -> int:
        """Return the limit of a body: escapes make JSON longer than its message."""
        return limits.max_body_bytes

    def decode(self, line: Line, limits: PublishConfig) -> Draft | None:
        """Return the draft, or None for a blank line. Raises InvalidInput."""
        if isinstance(line, TruncatedLine):
            raise too_large("line", limits.max_body_bytes)
        if not line.strip():
            return None
        max_bytes = limits.max_message_bytes
        if not self.is_strict:
            try:
                return parse_object(
                    line.decode(), topic=self.topic, level=None, source="", max_bytes=max_bytes, has_topic=True
                )
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
                decode(_OBJECT, line, hint=FIELDS_HINT)  # Raises with what is wrong.
        return Draft.from_json(line, topic=self.topic, max_bytes=max_bytes)


Decoder = TopicText | JsonObjects
"""How the lines of one publisher are read. Limits are arguments, because they may change while it publishes."""


def too_large(what: str, limit: int) -> TooLarge:
    """Return the error for a body, or a line that could have been a body, that is not read to its end."""
    return TooLarge(
        what,
        f"over the limit of {limit:,} bytes (publish.max_body_bytes)",
        hint="send less at once, send lines by PUT, or raise publish.max_body_bytes in config.yaml",
    )
