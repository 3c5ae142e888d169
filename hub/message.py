"""What servers say: a Draft is handed in, a Message comes out of the log.

Owns every rule about what may be said. Outside data enters through `Draft.parse` and nowhere
else; after it nobody checks again. Knows neither HTTP nor the log nor the wire.
"""

import re
from enum import StrEnum
from typing import Final, Self

import msgspec

from hub.errors import InvalidInput, TooLarge
from hub.json_text import check, decode, one_line

TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
MAX_SOURCE_CHARACTERS: Final = 128
MAX_MESSAGE_BYTES: Final = 1 << 20  # What publish.max_message_bytes is unless somebody changes it.


class Level(StrEnum):
    """How bad it is, from least to worst."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @classmethod
    def parse(cls, name: str) -> "Level":
        """A level by its name in any case, or by what other loggers call it. Raises InvalidInput."""
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
    """One thing somebody said, as the log holds it and as JSON shows it (empty fields left out).

    `id` is `<epoch>-<seq>`, `time` ISO 8601 in UTC with milliseconds, `data` JSON on one line.
    """

    id: str
    time: str
    topic: str
    level: Level
    source: str = ""
    message: str
    data: msgspec.Raw | None = None


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a publisher may write into a JSON object. Only types are checked here, rules below."""

    message: str
    topic: str | None = None
    level: str = Level.INFO
    source: str = ""
    data: msgspec.Raw = msgspec.Raw()


class Draft(msgspec.Struct, frozen=True):
    """A message that has no id and no time yet."""

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
        """Check what somebody wants to say, once. Raises InvalidInput: which field, and what it may be."""
        # fullmatch, because "$" also matches in front of a final line feed.
        if not TOPIC.fullmatch(topic):
            raise InvalidInput("topic", f"{topic[:80]!r} is no topic", hint="use 1 to 64 of A-Z a-z 0-9 . _ -")
        if source and (len(source) > MAX_SOURCE_CHARACTERS or not source.isprintable()):
            # A source becomes part of log lines and CSV cells; control characters there are injection.
            raise InvalidInput(
                "source",
                "must be printable and short",
                hint=f"at most {MAX_SOURCE_CHARACTERS} characters, no line ends, no control characters",
            )
        try:
            size = len(message.encode()) + (len(data) if data else 0)
        except UnicodeEncodeError as error:
            raise InvalidInput(
                "message",
                f"half a surrogate pair at character {error.start + 1}",
                hint="send UTF-8, or both halves of the \\u escape",
            ) from None
        if size > max_bytes:
            raise TooLarge(
                "message",
                f"{size:,} bytes are over the limit of {max_bytes:,}",
                hint="shorten it, or raise publish.max_message_bytes in config.yaml",
            )
        return cls(topic, Level.parse(level), source, message, data)

    @classmethod
    def from_json(cls, text: bytes | msgspec.Raw, *, topic: str | None, max_bytes: int) -> Self:
        """One JSON object; `topic` is for objects that name none. Raises InvalidInput with the place."""
        fields = decode(_FIELDS, text, hint=FIELDS_HINT)
        data = one_line(fields.data) if bytes(fields.data) not in (b"", b"null") else None
        wanted = fields.topic if fields.topic is not None else topic
        if wanted is None:
            raise InvalidInput("topic", "is missing", hint='add "topic": "…", or POST to /topics/<topic>')
        draft = cls.parse(
            topic=wanted,
            message=fields.message,
            level=fields.level,
            source=fields.source,
            data=data,
            max_bytes=max_bytes,
        )
        if data is not None:
            check(fields.data)
        return draft


FIELDS_HINT: Final = 'send {"message": "…"} and, if wanted, "topic", "level", "source", "data"'
_FIELDS: Final = msgspec.json.Decoder(Fields)
