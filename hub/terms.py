"""What a query is made of: each term knows what it finds, and how it is written.

Pure values: a term that exists is valid; hub/query_parser.py makes them from text. `finder` turns a
term into a closure once, so that nothing is worked out again for each message.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from hub.message import Level
from hub.seen import NUMBER, Seen, as_float, fold, glob, inside

Finder = Callable[[Seen], bool]
Comparison = Literal[">=", "<=", ">", "<"]

COMPARISON: Final = re.compile("[<>]=?")
FIELD: Final = re.compile(r"(level|topic|source|data\.[^:]+):", re.IGNORECASE | re.DOTALL)
BLANKS: Final = " \t\r\n\u00a0\u3000"  # Named one by one: "\s" is another set in the page's language.
ENDS_A_WORD: Final = frozenset(BLANKS + '"()')


@dataclass(frozen=True, slots=True)
class Text:
    """A word or phrase, folded."""

    needle: str

    def __str__(self) -> str:
        word = self.needle
        needs_quotes = word == "*" or word[:1] in ("-", "/") or FIELD.match(word)
        return quoted(word) if needs_quotes else plain(word)

    def finder(self) -> Finder:
        needle = self.needle
        return lambda seen: seen.says(needle)


@dataclass(frozen=True, slots=True)
class LevelIs:
    """One level, or all on one side of it."""

    comparison: Comparison | None
    level: Level

    @property
    def levels(self) -> frozenset[Level]:
        order = list(Level)
        limit = order.index(self.level)
        return frozenset(level for rank, level in enumerate(order) if holds(rank, self.comparison, limit))

    def __str__(self) -> str:
        return f"level:{self.comparison or ''}{self.level}"

    def finder(self) -> Finder:
        levels = self.levels
        return lambda seen: seen.message.level in levels


@dataclass(frozen=True, slots=True)
class FieldIs:
    """The whole topic or source; `parts`, folded, are what stands between the `*`."""

    field: Literal["topic", "source"]
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.field}:{value(self.parts[0]) if len(self.parts) == 1 else '*'.join(self.parts)}"

    def finder(self) -> Finder:
        matches = glob(self.parts)
        if self.field == "topic":
            return lambda seen: matches(seen.message.topic.lower())
        return lambda seen: matches(fold(seen.message.source))


@dataclass(frozen=True, slots=True)
class DataIs:
    """A value inside data: as a number where both are one, else as a whole text, folded."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"data.{key(self.path)}:{value(self.text)}"

    def finder(self) -> Finder:
        names, wanted = self.path.split("."), self.text
        number = float(wanted) if NUMBER.fullmatch(wanted) else None

        def is_it(found: object) -> bool:
            if isinstance(found, str):
                return fold(found) == wanted
            if found is None or isinstance(found, bool):
                return wanted == ("null" if found is None else str(found).lower())
            return number is not None and as_float(found) == number

        return lambda seen: any(is_it(found) for found in inside(seen.data, names))


@dataclass(frozen=True, slots=True)
class DataCompared:
    """A number inside data, on one side of another."""

    path: str
    comparison: Comparison
    number: str  # As it was written, so that it is shown that way.

    def __str__(self) -> str:
        return f"data.{key(self.path)}:{self.comparison}{self.number}"

    def finder(self) -> Finder:
        names, comparison, limit = self.path.split("."), self.comparison, float(self.number)

        def is_it(found: object) -> bool:
            number = as_float(found)
            return number is not None and holds(number, comparison, limit)

        return lambda seen: any(is_it(found) for found in inside(seen.data, names))


@dataclass(frozen=True, slots=True)
class DataExists:
    """Anything inside data, null included."""

    path: str

    def __str__(self) -> str:
        return f"data.{key(self.path)}:*"

    def finder(self) -> Finder:
        names = self.path.split(".")
        return lambda seen: any(True for _ in inside(seen.data, names))


@dataclass(frozen=True, slots=True)
class Not:
    term: "Term"

    def __str__(self) -> str:
        needs_brackets = isinstance(self.term, And | Or | Not) and self.term != ANYTHING
        return f"-({self.term})" if needs_brackets else f"-{self.term}"

    def finder(self) -> Finder:
        find = self.term.finder()
        return lambda seen: not find(seen)


@dataclass(frozen=True, slots=True)
class And:
    """All of them; none at all is anything."""

    terms: tuple["Term", ...]

    def __str__(self) -> str:
        return " ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms) or "*"

    def finder(self) -> Finder:
        finders = tuple(term.finder() for term in self.terms)
        return lambda seen: all(find(seen) for find in finders)


@dataclass(frozen=True, slots=True)
class Or:
    """One of them, or more."""

    terms: tuple["Term", ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.terms))

    def finder(self) -> Finder:
        finders = tuple(term.finder() for term in self.terms)
        return lambda seen: any(find(seen) for find in finders)


Term = Text | LevelIs | FieldIs | DataIs | DataCompared | DataExists | Not | And | Or
ANYTHING: Final = And(())


def holds(left: float, comparison: Comparison | None, right: float) -> bool:
    """`left` compared with `right`; without a comparison, whether they are the same."""
    if comparison is None:
        return left == right
    return {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}[comparison]


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain(text: str) -> str:
    """As it is, if it can stand so."""
    return quoted(text) if not text or ENDS_A_WORD.intersection(text) else text


def key(path: str) -> str:
    return quoted(path) if ":" in path else plain(path)


def value(text: str) -> str:
    """What stands behind a colon and is meant as it is: no `*`, no comparison."""
    return quoted(text) if "*" in text or text[:1] in ("<", ">") else plain(text)
