"""Plain log lines: where each ends, how bad it sounds, and what a JSON line says of itself.

Owns what a log shipper's input means. Nothing here is ever refused: a line that is no JSON is
text, bytes that are not UTF-8 are replaced, a line over the limit is cut and says so.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from hub.errors import InvalidInput
from hub.json_text import one_line
from hub.message import MAX_SOURCE_CHARACTERS, Draft, Level

_FIRST: Final = 300  # Characters in which a level is looked for: it stands at the start, if anywhere.
# Whole words, or they would be found in package names (libgpg-error0), paths and plurals ("0 errors");
# and exceptions by the form of their names (ValueError, java.io.IOException).
_WORD: Final = re.compile(
    r"(?<![\w./-])(?:(critical|crit|fatal|panic|emerg|alert)|(error|err|severe|traceback|exception)"
    r"|(warning|warn)|(debug|trace))(?![\w/-]|\.\w)|(?<![\w/-])(?-i:([A-Z]\w*(?:Error|Exception)))(?![\w/-])",
    re.IGNORECASE,
)
# Most lines hold none of these, and twelve searches for a substring cost a tenth of the expression.
_HINTS: Final = (
    *("crit", "fatal", "panic", "emerg", "alert"),
    *("err", "severe", "traceb", "except"),
    *("warn", "debug", "trace"),
)
_GUESSES: Final = (Level.INFO, Level.CRITICAL, Level.ERROR, Level.WARNING, Level.DEBUG, Level.ERROR)
_NUMBERS: Final = {
    10: Level.DEBUG,
    20: Level.DEBUG,
    30: Level.INFO,
    40: Level.WARNING,
    50: Level.ERROR,
    60: Level.CRITICAL,
}
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: Final = msgspec.json.Decoder()
_encode: Final = msgspec.json.Encoder().encode


class TruncatedLine(str):
    """The start of a line over the limit, with a mark that says so: text, but no JSON any more."""

    __slots__ = ()


class Lines:
    """Bytes in, whole lines out, however they were cut into pieces on their way."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept = bytearray()  # Of the current line: up to the limit, and one byte more, which may be its CR.
        self._length = 0  # What was not kept included.

    @property
    def kept(self) -> int:
        """Bytes of the line that has not ended yet."""
        return len(self._kept)

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that end in `data`, without their ends (LF or CRLF); what was over the limit is a Cut.

        Made as they are asked for; ask for all of them before more is fed.
        """
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._take(piece)
            yield self._line()
        self._take(rest)

    def end(self) -> list[str]:
        """The last line, if it had no end."""
        return [self._line()] if self._length else []

    def _take(self, piece: bytes) -> None:
        self._kept += piece[: self._max_bytes + 1 - len(self._kept)]
        self._length += len(piece)

    def _line(self) -> str:
        line, length = bytes(self._kept), self._length
        self._kept.clear()
        self._length = 0
        if length == len(line) and line.endswith(b"\r"):
            line, length = line[:-1], length - 1
        if length <= self._max_bytes:
            return line.decode(errors="replace")
        mark = f" … [cut: {length:,} bytes]"
        # An undecodable byte becomes three, so room is left by counting the encoded text.
        text = line.decode(errors="replace").encode()[: self._max_bytes - len(mark.encode())]
        return TruncatedLine(text.decode(errors="ignore") + mark)


def guess_level(text: str) -> Level:
    """The level that the first telling word in a line suggests; info when there is none."""
    start = text[:_FIRST].lower()
    for hint in _HINTS:  # Twice as fast as any() with a generator.
        if hint in start:
            found = _WORD.search(text, 0, _FIRST)
            return _GUESSES[found.lastindex or 0] if found else Level.INFO
    return Level.INFO


def draft(line: str, *, topic: str, source: str = "", level: str = "", max_bytes: int) -> Draft:
    """One line as a draft; `level` and `source` are for lines that do not give their own.

    Only a bad `topic`, `level` or `source` raises; the line itself cannot be wrong.
    """
    if line.startswith("{") and line.rstrip().endswith("}"):
        try:
            return _from_json(line, topic, source, level, max_bytes)
        except (msgspec.MsgspecError, InvalidInput, RecursionError):
            pass  # Looks like JSON, but is text; or has a field that cannot be kept as what it says it is.
    text = str(line) if len(line) * 4 <= max_bytes else _shorten(str(line), max_bytes)  # A Cut becomes mere text.
    return Draft.parse(topic=topic, message=text, level=level or guess_level(line), source=source, max_bytes=max_bytes)


def _shorten(text: str, max_bytes: int) -> str:
    """Bytes that were not UTF-8 have grown to three each; what is too long for that reason is cut too."""
    encoded = text.encode()
    if len(encoded) <= max_bytes:
        return text
    mark = f" … [cut: {len(encoded):,} bytes]"
    return encoded[: max_bytes - len(mark.encode())].decode(errors="ignore") + mark


def _from_json(line: str, topic: str, source: str, default_level: str, max_bytes: int) -> Draft:
    """Fields under the names that loggers use; what has no place of its own goes to `data`."""
    _anything.decode(line)  # The next line only skips over values; this looks at them.
    fields = _fields.decode(line)
    level = _take_level(fields)
    name = _take_text(fields, "source")
    if len(name) > MAX_SOURCE_CHARACTERS or not name.isprintable():
        fields["source"], name = msgspec.Raw(_encode(name)), ""
    message = _take_text(fields, "message") or _take_text(fields, "msg")
    if not message:  # Nothing to tell data from: the line itself is the text.
        message, fields = line, {}
    data = fields["data"] if fields.keys() == {"data"} else msgspec.Raw(_encode(fields)) if fields else None
    return Draft.parse(
        topic=topic,
        message=message,
        level=level or default_level or guess_level(message),
        source=name or source,
        data=one_line(data) if data is not None else None,
        max_bytes=max_bytes,
    )


def _take_text(fields: dict[str, msgspec.Raw], key: str) -> str:
    """Take a field out if it is text; anything else stays where it is."""
    value = _anything.decode(fields.get(key, b'""'))
    if not isinstance(value, str):
        return ""
    fields.pop(key, None)
    return value


def _take_level(fields: dict[str, msgspec.Raw]) -> Level | None:
    for key in ("level", "severity"):
        value = _anything.decode(fields.get(key, b"null"))
        level = None
        if isinstance(value, int):
            level = _NUMBERS.get(value)
        elif isinstance(value, str):
            try:
                level = Level.parse(value)
            except InvalidInput:
                continue
        if level is not None:
            del fields[key]
            return level
    return None
