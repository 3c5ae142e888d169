"""The terms of a query: values, of which `finder` compiles one."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from hub.message import Level
from hub.query.match_context import MISSING, NUMBER, MatchContext, as_number, fold, glob, inside, number_of
from hub.terminal import plain

Finder = Callable[[MatchContext], bool]
Comparison = Literal[">=", "<=", ">", "<"]

SIGN: Final = re.compile("[<>]=?|=")
# JavaScript's white space.
BLANKS: Final = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
ENDS_A_WORD: Final = frozenset(BLANKS + "()")
# ASCII, because IGNORECASE alone takes the long ſ for an s.
FIELD: Final = re.compile(rf'(level|topic|source|data\.[^{BLANKS}:()"]+):', re.IGNORECASE | re.ASCII)
_COMPARE: Final[dict[Comparison, Callable[[Any, Any], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Text:
    """A folded word or phrase."""

    needle: str

    def finder(self) -> Finder:
        needle = self.needle
        return lambda context: context.contains(needle)


@dataclass(frozen=True, slots=True)
class LevelIs:
    """One level, or all levels on one side of it."""

    comparison: Comparison | None
    level: Level

    @property
    def levels(self) -> frozenset[Level]:
        order = list(Level)
        limit, compare = order.index(self.level), _COMPARE[self.comparison] if self.comparison else operator.eq
        return frozenset(level for rank, level in enumerate(order) if compare(rank, limit))

    def finder(self) -> Finder:
        levels = self.levels
        return lambda context: context.message.level in levels


@dataclass(frozen=True, slots=True)
class FieldIs:
    """The whole topic or source. `parts`, folded, are the texts between the `*`."""

    field: Literal["topic", "source"]
    parts: tuple[str, ...]

    def finder(self) -> Finder:
        matches, get = glob(self.parts), operator.attrgetter(self.field)
        return lambda context: matches(fold(get(context.message)))


@dataclass(frozen=True, slots=True)
class DataIs:
    """A value in data, compared as a number if both are numbers, else as a whole text."""

    path: str
    parts: tuple[str, ...]

    @property
    def number(self) -> int | float | None:
        return number_of(self.parts[0]) if len(self.parts) == 1 and NUMBER.fullmatch(self.parts[0]) else None

    def finder(self) -> Finder:
        names, matches, number = self.path.split("."), glob(self.parts), self.number

        def find(context: MatchContext) -> bool:
            found = inside(context.data, names)
            if isinstance(found, str):
                return matches(fold(plain(found)))
            if found is None or isinstance(found, bool):
                return matches("null" if found is None else str(found).lower())
            return number is not None and as_number(found) == number

        return find


@dataclass(frozen=True, slots=True)
class DataCompared:
    """A number in data, on one side of another."""

    path: str
    comparison: Comparison
    number: int | float

    def finder(self) -> Finder:
        names, compare, limit = self.path.split("."), _COMPARE[self.comparison], self.number

        def find(context: MatchContext) -> bool:
            number = as_number(inside(context.data, names))
            return number is not None and compare(number, limit)

        return find


@dataclass(frozen=True, slots=True)
class DataExists:
    """Any value in data, null included."""

    path: str

    def finder(self) -> Finder:
        names = self.path.split(".")
        return lambda context: inside(context.data, names) is not MISSING


@dataclass(frozen=True, slots=True)
class Not:
    term: "Term"

    def finder(self) -> Finder:
        find = self.term.finder()
        return lambda context: not find(context)


@dataclass(frozen=True, slots=True)
class And:
    """All of the terms. Without terms it matches everything."""

    terms: tuple["Term", ...]

    def finder(self) -> Finder:
        finders = tuple(term.finder() for term in self.terms)
        return lambda context: all(find(context) for find in finders)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the terms."""

    terms: tuple["Term", ...]

    def finder(self) -> Finder:
        finders = tuple(term.finder() for term in self.terms)
        return lambda context: any(find(context) for find in finders)


Term = Text | LevelIs | FieldIs | DataIs | DataCompared | DataExists | Not | And | Or
ANYTHING: Final = And(())
