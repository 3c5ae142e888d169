"""A published message: a Draft goes into the log, a Message comes out of it.

Outside data enters only through `Draft.parse` and is not checked again.
"""

import re
from enum import StrEnum
from typing import Final, Self

import msgspec

from hub.errors import InvalidInput, TooLarge
from hub.json_text import check, decode, one_line

TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
MAX_SOURCE_CHARACTERS: Final = 128
MAX_MESSAGE_BYTES: Final = 1 << 20  # Default of publish.max_message_bytes: text and data of one message.


class Level(StrEnum):
    """Severity, in ascending order."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @classmethod
    def parse(cls, name: str) -> "Level":
        """Raises InvalidInput."""
        try:
            return LEVEL_NAMES[name.lower()]
        except KeyError:
            raise InvalidInput("level", f"unknown level {name[:32]!r}", hint=f"use one of {LEVELS}") from None


LEVELS: Final = ", ".join(Level)

LEVEL_NAMES: Final[dict[str, Level]] = {level.value: level for level in Level} | {
    # syslog's keywords (RFC 5424 section 6.2.1) and the names of common loggers.
    "trace": Level.DEBUG,
    "notice": Level.INFO,
    "warn": Level.WARNING,
    "err": Level.ERROR,
    "severe": Level.ERROR,
    "crit": Level.CRITICAL,
    "fatal": Level.CRITICAL,
    "panic": Level.CRITICAL,
    "alert": Level.CRITICAL,
    "emerg": Level.CRITICAL,
}

AT_LEAST: Final[dict[Level, frozenset[Level]]] = {
    level: frozenset(list(Level)[rank:]) for rank, level in enumerate(Level)
}
RANK: Final[dict[Level, int]] = {level: rank for rank, level in enumerate(Level)}


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message as the log returns it, encoded to JSON without its empty fields."""

    id: str  # <epoch>-<seq>
    time: str  # ISO 8601 in UTC with milliseconds
    topic: str
    level: Level
    source: str = ""
    message: str
    data: msgspec.Raw | None = None  # JSON on one line


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of a published JSON object. Checks types only; Draft.parse checks the rules."""

    message: str
    topic: str | None = None
    level: str = Level.INFO
    source: str = ""
    data: msgspec.Raw = msgspec.Raw()


class Draft(msgspec.Struct, frozen=True):
    """A checked message without id and time."""

    topic: str
    level: Level
    source: str
    message: str
    data: msgspec.Raw | None = None

    @classmethod
    def parse(
        cls,
        *,
        topic: str,
        message: str,
        level: str = Level.INFO,
        source: str = "",
        data: msgspec.Raw | None = None,
        max_bytes: int = MAX_MESSAGE_BYTES,
    ) -> Self:
        """Check a message. Raises InvalidInput or TooLarge."""
        # fullmatch, because "$" also matches before a final line feed.
        if not TOPIC.fullmatch(topic):
            hint = "use 1 to 64 characters from A-Z a-z 0-9 . _ -"
            raise InvalidInput("topic", f"invalid topic {topic[:80]!r}", hint=hint)
        if source and (len(source) > MAX_SOURCE_CHARACTERS or not source.isprintable()):
            # Control characters would allow injection into log lines and CSV.
            hint = f"use at most {MAX_SOURCE_CHARACTERS} printable characters, without line ends"
            raise InvalidInput("source", f"invalid source {source[:80]!r}", hint=hint)
        try:
            size = len(message.encode()) + (len(data) if data else 0)
        except UnicodeEncodeError as error:
            problem, hint = (
                f"half a surrogate pair at character {error.start + 1}",
                "send UTF-8, or both halves of the \\u escape",
            )
            raise InvalidInput("message", problem, hint=hint) from None
        if size > max_bytes:
            hint = "shorten it, or raise publish.max_message_bytes in config.yaml"
            raise TooLarge("message", f"{size:,} bytes are over the limit of {max_bytes:,}", hint=hint)
        return cls(topic, level if isinstance(level, Level) else Level.parse(level), source, message, data)

    @classmethod
    def from_json(cls, text: bytes | msgspec.Raw, *, topic: str | None, max_bytes: int) -> Self:
        """Parse one JSON object. `topic` is the default. Raises InvalidInput or TooLarge."""
        fields = decode(_FIELDS, text, hint=FIELDS_HINT)
        data = one_line(fields.data) if bytes(fields.data) not in (b"", b"null") else None
        topic = fields.topic if fields.topic is not None else topic
        if topic is None:
            raise InvalidInput("topic", "is missing", hint='add "topic": "…", or POST to /topics/<topic>')
        draft = cls.parse(
            topic=topic,
            message=fields.message,
            level=fields.level,
            source=fields.source,
            data=data,
            max_bytes=max_bytes,
        )
        if data is not None:
            check(fields.data)
        return draft


FIELDS_HINT: Final = 'send {"message": "…"} with optional "topic", "level", "source", "data"'
_FIELDS: Final = msgspec.json.Decoder(Fields)
