"""What a publisher's input means: the one place where lines, texts and JSON objects become drafts."""

from dataclasses import dataclass
from typing import Protocol

import msgspec

from hub.config import PublishConfig
from hub.errors import InvalidInput, TooLarge
from hub.ingest.formats import logger_object
from hub.ingest.levels import guess_level
from hub.ingest.lines import Line, TruncatedLine, truncated
from hub.message import Draft, Level


class Decoder(Protocol):
    """How the lines of one publisher are read. Limits are arguments, because they may change while it publishes."""

    def max_line_bytes(self, limits: PublishConfig) -> int:
        """Return the limit at which a line is truncated."""

    def decode(self, line: Line, limits: PublishConfig) -> Draft | None:
        """Return the draft, or None for a line that holds no message. Raises InvalidInput."""


@dataclass(frozen=True, slots=True)
class TopicText:
    """Text for one topic: a whole body, or lines that may be JSON objects of a logger.

    `level` and `source` are for texts that do not give their own. The constructor raises InvalidInput.
    """

    topic: str
    level: str = ""
    source: str = ""
    refuses_bad_utf8: bool = False  # In a line that is a JSON object, as where the same object is sent alone.

    def __post_init__(self) -> None:
        Draft.parse(topic=self.topic, message="", level=self.level or Level.INFO, source=self.source)

    def max_line_bytes(self, limits: PublishConfig) -> int:
        """Return the limit of one message: a longer line is truncated and published."""
        return limits.max_message_bytes

    def decode(self, line: Line, limits: PublishConfig) -> Draft:
        """Return the draft. Truncates what is too long and replaces bytes that are not UTF-8.

        Raises InvalidInput only where `refuses_bad_utf8` says so.
        """
        max_bytes = limits.max_message_bytes
        if isinstance(line, TruncatedLine):
            text = str(line)
        elif line.startswith(b"{") and line.rstrip().endswith(b"}"):
            text = self._json_text(line)
            try:
                return logger_object(text, topic=self.topic, level=self.level, source=self.source, max_bytes=max_bytes)
            except (msgspec.MsgspecError, InvalidInput, RecursionError):
                pass  # Not JSON, or a field's value is not allowed there: keep the line as text.
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


def too_large(what: str, limit: int) -> TooLarge:
    """Return the error for a body, or a line that could have been a body, that is not read to its end."""
    return TooLarge(
        what,
        f"over the limit of {limit:,} bytes (publish.max_body_bytes)",
        hint="send less at once, send lines by PUT, or raise publish.max_body_bytes in config.yaml",
    )
