"""One message while filters are evaluated against it, and how a query reaches into its data."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from hub.message import Draft, Message
from hub.terminal import plain

NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_POSITION: Final = re.compile("0|[1-9][0-9]{0,8}")
MISSING: Final = object()
SEPARATOR: Final = "\0"  # Between fields that are searched as one text. The parser rejects it in a query.
_NOT_DECODED: Final = object()
_decode: Final = msgspec.json.Decoder().decode
_decode_texts: Final = msgspec.json.Decoder(float_hook=str).decode


def fold(text: str) -> str:
    """Not casefold(), which JavaScript does not have. lower() writes only the Greek sigma in two ways."""
    return text.lower().replace("ς", "σ")


class MatchContext:
    """One message. Values that several filters need are computed once."""

    __slots__ = ("_data", "_fields", "_strings", "message")

    def __init__(self, message: Message | Draft) -> None:
        self.message = message
        self._fields: str | None = None
        self._data: object = _NOT_DECODED
        self._strings: str | None = None

    def contains(self, needle: str) -> bool:
        """True if `needle`, folded, is in the text, topic, source, or a string or number anywhere in data."""
        message = self.message
        if self._fields is None:
            self._fields = fold(SEPARATOR.join((plain(message.message), message.topic, message.source)))
        if needle in self._fields:
            return True
        if message.data is None:
            return False
        if self._strings is None:
            try:
                self._strings = fold(SEPARATOR.join(texts(message.data)))
            except RecursionError:  # Less of the stack was in use when it was published.
                self._strings = fold(bytes(message.data).decode())
        return needle in self._strings

    @property
    def data(self) -> object:
        """The decoded data, None if there is none, its JSON text if that cannot be decoded."""
        if self._data is _NOT_DECODED:
            raw = self.message.data
            try:
                self._data = None if raw is None else _decode(raw)
            except (RecursionError, msgspec.DecodeError):  # The stack was emptier when it was published; or damaged.
                self._data = bytes(raw or b"").decode()
        return self._data


def texts(data: bytes | str | msgspec.Raw, *, keys: bool = False) -> Iterator[str]:
    """Yield the strings of a JSON value without escape codes, and its numbers as they are written.

    Not recursive: data may be 900 levels deep. Raises RecursionError or msgspec.DecodeError.
    """
    waiting = [_decode_texts(data)]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield plain(found)
        elif isinstance(found, dict):
            waiting.extend(found.values())
            if keys:
                yield from found
        elif isinstance(found, list):
            waiting.extend(found)
        elif isinstance(found, int) and not isinstance(found, bool):
            yield str(found)


def inside(value: object, names: Sequence[str]) -> object:
    """Return the value under these names, or MISSING. A key may contain dots: {"http.status": 500}."""
    if not names:
        return value
    if isinstance(value, list):
        exists = _POSITION.fullmatch(names[0]) and int(names[0]) < len(value)
        return inside(value[int(names[0])], names[1:]) if exists else MISSING
    if isinstance(value, dict):
        for count in range(1, len(names) + 1):
            key = ".".join(names[:count])
            if key in value and (found := inside(value[key], names[count:])) is not MISSING:
                return found
    return MISSING


def as_number(value: object) -> int | float | None:
    """Return a JSON number, None for any other value, booleans included."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def number_of(text: str) -> int | float:
    """Return the number that a JSON number writes; whole ones are exact."""
    return int(text) if text.lstrip("-").isdecimal() else float(text)


def glob(parts: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a test whether a whole text is `parts` with anything between them, in linear time."""
    if len(parts) == 1:
        return parts[0].__eq__
    first, *middle, last = parts

    def matches(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:  # The leftmost match leaves the most room for the rest.
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return matches
