"""What a query is made of: each term knows what it finds, and how it is written.

Pure values: a term that exists is valid; hub/query/parser.py makes them from text. `finder` turns a
term into a closure once, so that nothing is worked out again for each message.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from hub.message import Level
from hub.query.match_context import MISSING, NUMBER, MatchContext, as_float, fold, glob, inside

Finder = Callable[[MatchContext], bool]
Comparison = Literal[">=", "<=", ">", "<"]

SIGN: Final = re.compile("[<>]=?|=")
# What the page's language calls white space, and "\s" in ours does not quite.
BLANKS: Final = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
ENDS_A_WORD: Final = frozenset(BLANKS + "()")
# ASCII: else "in any case" takes the long ſ for an s, as nobody means it.
FIELD: Final = re.compile(rf'(level|topic|source|data\.[^{BLANKS}:()"]+):', re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A word or phrase, folded."""

    needle: str

    def __str__(self) -> str:
        needs_quotes = self.needle[:1] in ("-", "/") or FIELD.match(self.needle)
        return plain(self.needle, needs_quotes=bool(needs_quotes))

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
        return f"{self.field}:{plain('*'.join(self.parts))}"

    def finder(self) -> Finder:
        matches = glob(self.parts)
        if self.field == "topic":
            return lambda seen: matches(seen.message.topic.lower())
        return lambda seen: matches(fold(seen.message.source))


@dataclass(frozen=True, slots=True)
class DataIs:
    """A value inside data: as a number where both are one, else as a whole text; `parts` as in FieldIs."""

    path: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        text = "*".join(self.parts)
        needs_sign = text == "*" or SIGN.match(text)
        return f"data.{self.path}:{'=' if needs_sign else ''}{plain(text)}"

    @property
    def number(self) -> float | None:
        return float(self.parts[0]) if len(self.parts) == 1 and NUMBER.fullmatch(self.parts[0]) else None

    def finder(self) -> Finder:
        names, matches, number = self.path.split("."), glob(self.parts), self.number

        def find(seen: MatchContext) -> bool:
            found = inside(seen.data, names)
            if isinstance(found, str):
                return matches(fold(found))
            if found is None or isinstance(found, bool):
                return matches("null" if found is None else str(found).lower())
            return number is not None and as_float(found) == number

        return find


@dataclass(frozen=True, slots=True)
class DataCompared:
    """A number inside data, on one side of another."""

    path: str
    comparison: Comparison
    number: str  # As it was written, so that it is shown that way.

    def __str__(self) -> str:
        return f"data.{self.path}:{self.comparison}{self.number}"

    def finder(self) -> Finder:
        names, comparison, limit = self.path.split("."), self.comparison, float(self.number)

        def find(seen: MatchContext) -> bool:
            number = as_float(inside(seen.data, names))
            return number is not None and holds(number, comparison, limit)

        return find


@dataclass(frozen=True, slots=True)
class DataExists:
    """Anything inside data, null included."""

    path: str

    def __str__(self) -> str:
        return f"data.{self.path}:*"

    def finder(self) -> Finder:
        names = self.path.split(".")
        return lambda seen: inside(seen.data, names) is not MISSING


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
        return " ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms) or '""'

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


def plain(text: str, *, needs_quotes: bool = False) -> str:
    """As it is, or in quotes. What holds a quote was written without, and can be again."""
    needs_quotes = needs_quotes or not text or not ENDS_A_WORD.isdisjoint(text)
    return f'"{text}"' if needs_quotes and '"' not in text else text
