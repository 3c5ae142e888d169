"""One message while a query looks at it, and how a query reaches into its data.

Owns what "text in any case", "inside data" and "a number" mean. Knows no term of the grammar.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from hub.message import Draft, Message

NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_POSITION: Final = re.compile("0|[1-9][0-9]{0,8}")
MISSING: Final = object()
BETWEEN: Final = "\0"  # Stands between fields that are searched as one text: in a query it is refused.
_NOT_YET: Final = object()
_decode: Final = msgspec.json.Decoder().decode


def fold(text: str) -> str:
    """Without case, character by character, so that a part of a text is a part of the folded text.

    Not casefold: the page's language has none. The one letter that lower() writes in two ways,
    by what stands beside it, is the Greek sigma.
    """
    return text.lower().replace("ς", "σ")


class MatchContext:
    """One message while filters look at it: what several of them need is made once, however many they are."""

    __slots__ = ("_data", "_fields", "_strings", "message")

    def __init__(self, message: Message | Draft) -> None:
        self.message = message
        self._fields: str | None = None
        self._data: object = _NOT_YET
        self._strings: str | None = None

    def says(self, needle: str) -> bool:
        """`needle`, folded, is in the text, topic, source or a string anywhere in data."""
        message = self.message
        if self._fields is None:
            self._fields = fold(BETWEEN.join((message.message, message.topic, message.source)))
        if needle in self._fields:
            return True
        if message.data is None:
            return False
        if self._strings is None:
            self._strings = fold(BETWEEN.join(strings(self.data)))
        return needle in self._strings

    @property
    def data(self) -> object:
        """Decoded; None also when there is none."""
        if self._data is _NOT_YET:
            raw = self.message.data
            try:
                self._data = None if raw is None else _decode(raw)
            except RecursionError:  # It was let in with less of the stack in use. Rather its text than no answer.
                self._data = bytes(raw or b"").decode()
        return self._data


def strings(value: object, *, keys: bool = False) -> Iterator[str]:
    """Every string in decoded JSON, keys only if asked for. Without recursion: data may be 900 levels deep."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield found
        elif isinstance(found, dict):
            waiting.extend(found.values())
            if keys:
                yield from found
        elif isinstance(found, list):
            waiting.extend(found)


def inside(value: object, names: Sequence[str]) -> object:
    """What stands under these names, or MISSING. A key may hold dots itself: {"http.status": 500}."""
    if not names:
        return value
    if isinstance(value, list):
        is_there = _POSITION.fullmatch(names[0]) and int(names[0]) < len(value)
        return inside(value[int(names[0])], names[1:]) if is_there else MISSING
    if isinstance(value, dict):
        for count in range(1, len(names) + 1):
            key = ".".join(names[:count])
            if key in value and (found := inside(value[key], names[count:])) is not MISSING:
                return found
    return MISSING


def as_float(value: object) -> float | None:
    """A JSON number as the page's language has it; None for everything else, true and false included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def glob(parts: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a whole text is `parts` with anything between them. Linear, whatever the parts are."""
    if len(parts) == 1:
        return parts[0].__eq__
    first, *middle, last = parts

    def matches(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for part in middle:  # The leftmost place leaves most room for the rest.
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return matches
