"""The grammar of a query, from text to terms.

    timeout "health check"    both texts, in any case, anywhere in the message
    a OR b   -word   -(a b)   either; not; brackets group; OR binds weaker than terms side by side
    level:warn   level:>=warning   topic:api.*   source:"web 1"
    data.status:>=500   data.user.name:ana   data.trace:*

The page has the same grammar (static/query/filter.js), and regular expressions. tests/filter_cases.json holds for both.
"""

import re
from typing import Final, Literal, NoReturn, cast

from hub.errors import InvalidInput
from hub.message import LEVELS, Level
from hub.query.match_context import NUMBER, SEPARATOR, fold, number_of
from hub.query.terms import (
    ANYTHING,
    BLANKS,
    ENDS_A_WORD,
    FIELD,
    SIGN,
    And,
    Comparison,
    DataCompared,
    DataExists,
    DataIs,
    FieldIs,
    LevelIs,
    Not,
    Or,
    Term,
    Text,
)

# Bounds on the cost of one reader's query per message, and on the recursion.
MAX_CHARACTERS: Final = 1024
MAX_TERMS: Final = 64
MAX_TEXTS: Final = 24  # Terms that read a whole message. 24 take up to 85 ms for 1 MiB in the worst case (measured).
MAX_DEPTH: Final = 16
MAX_NAMES: Final = 10  # In the path of a data term. Keys may contain dots, so each name doubles the lookups.

# A word between two slashes: /log/ is a regular expression, /var/log is not.
_REGULAR_EXPRESSION: Final = re.compile(rf"/(?:\\.|[^/\\])+/(?=[{BLANKS}()]|\Z)", re.DOTALL)
_QUOTE_HINT: Final = 'to search for this text literally, put it in quotes: "…"'


class Parser:
    """A parser for one text, used once. Columns count from 1."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = self._depth = self._terms = self._texts = 0

    def query(self) -> Term:
        """Raises InvalidInput for `q`, with the column."""
        if len(self._text) > MAX_CHARACTERS:
            self._refuse(MAX_CHARACTERS, f"a query has at most {MAX_CHARACTERS} characters", "use a shorter query")
        if (place := self._text.find(SEPARATOR)) >= 0:
            self._refuse(place, "a query cannot contain a NUL character", "remove it")
        if not self._next():
            return ANYTHING
        term = self._either()
        if self._next():  # Only a closing bracket ends `_either` before the end.
            self._refuse(self._at, "this bracket was never opened", _QUOTE_HINT)
        return term

    def _either(self) -> Term:
        terms = [self._all()]
        while self._is_or():
            self._at += 2
            terms.append(self._all())
        return _joined(Or, terms)

    def _all(self) -> Term:
        terms: list[Term] = []
        while self._next() not in ("", ")") and not self._is_or():
            terms.append(self._term())
        if not terms:
            self._refuse(self._at, "a search term is missing", _QUOTE_HINT)
        return _joined(And, terms)

    def _term(self) -> Term:
        following = self._text[self._at + 1 : self._at + 2]
        if self._text[self._at] == "-" and following and following not in BLANKS + ")":
            self._at += 1
            return Not(self._positive())
        return self._positive()

    def _positive(self) -> Term:
        start = self._at
        if self._text[start] == "(":
            return self._brackets()
        self._terms += 1
        if self._terms > MAX_TERMS:
            self._refuse(start, f"a query has at most {MAX_TERMS} terms", "use a shorter query")
        if self._text[start] == '"':
            return self._text_term(fold(self._quoted()), start)
        if _REGULAR_EXPRESSION.match(self._text, start):
            self._refuse(start, "regular expressions work in the page only", _QUOTE_HINT)
        field = FIELD.match(self._text, start)
        if field is None:
            return self._text_term(fold(self._word()), start)
        self._at = field.end()
        return self._field(field[1], start)

    def _text_term(self, needle: str, start: int) -> Term:
        if not needle:
            return ANYTHING
        self._count_text(start)
        return Text(needle)

    def _count_text(self, start: int) -> None:
        self._texts += 1
        if self._texts > MAX_TEXTS:
            problem = f"a query has at most {MAX_TEXTS} words, phrases and data. terms in all"
            self._refuse(start, problem, "use fewer terms, or open two pages")

    def _brackets(self) -> Term:
        start = self._at
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(start, f"more than {MAX_DEPTH} brackets inside each other", "use a shorter query")
        self._at += 1
        term = self._either()
        if self._next() != ")":
            self._refuse(start, "this bracket is never closed", _QUOTE_HINT)
        self._at += 1
        self._depth -= 1
        return term

    def _field(self, name: str, start: int) -> Term:
        if not self._text[self._at : self._at + 1].strip(BLANKS + "()"):
            self._refuse(self._at, f"a value is missing after {name[:32]}:", _QUOTE_HINT)
        # Quotes protect blanks and brackets only. A sign may be in front of them or inside.
        sign = SIGN.match(self._text, self._at)
        self._at = sign.end() if sign else self._at
        value = (sign[0] if sign else "") + (self._quoted() if self._text[self._at :][:1] == '"' else self._word())
        field = name.lower()
        if field == "level":
            return self._level(fold(value), start)
        if field in ("topic", "source"):
            return FieldIs(cast("Literal['topic', 'source']", field), tuple(fold(value).split("*")))
        return self._data(name[5:], fold(value), start)

    def _level(self, value: str, start: int) -> Term:
        ordering, name = _split(value)
        level = next((level for level in Level if name and level.startswith(name)), None)
        if level is None:
            self._refuse(start, f"unknown level {name[:32]!r}", f"use one of {LEVELS}, or their first letters")
        return LevelIs(ordering, level)

    def _data(self, path: str, value: str, start: int) -> Term:
        if path.count(".") >= MAX_NAMES:
            self._refuse(start, f"more than {MAX_NAMES} names after data", "use a shorter path")
        self._count_text(start)
        ordering, text = _split(value)
        if ordering is None:
            return DataExists(path) if value == "*" else DataIs(path, tuple(text.split("*")))
        if not NUMBER.fullmatch(text):
            self._refuse(start, f"{ordering} needs a number", "such as data.status:>=500")
        return DataCompared(path, ordering, number_of(text))

    def _next(self) -> str:
        """Skip blanks and return the next character, "" at the end."""
        while self._text[self._at : self._at + 1] in tuple(BLANKS):
            self._at += 1
        return self._text[self._at : self._at + 1]

    def _is_or(self) -> bool:
        self._next()
        end = self._at + 2
        return self._text[self._at : end] == "OR" and (end == len(self._text) or self._text[end] in ENDS_A_WORD)

    def _word(self) -> str:
        start = self._at
        while self._at < len(self._text) and self._text[self._at] not in ENDS_A_WORD:
            self._at += 1
        return self._text[start : self._at]

    def _quoted(self) -> str:
        start = self._at
        end = self._text.find('"', start + 1)
        if end < 0:
            self._refuse(start, "this quote is never closed", 'end the phrase with another "')
        self._at = end + 1
        return self._text[start + 1 : end]

    @staticmethod
    def _refuse(place: int, problem: str, hint: str) -> NoReturn:
        raise InvalidInput("q", f"column {place + 1}: {problem}", hint=hint)


def _split(value: str) -> tuple[Comparison | None, str]:
    """Return the comparison, None also for "=", and the value that it applies to."""
    sign = SIGN.match(value)
    if sign is None:
        return None, value
    return (None if sign[0] == "=" else cast("Comparison", sign[0])), value[sign.end() :]


def _joined(kind: type[And] | type[Or], terms: list[Term]) -> Term:
    """Return a normal form, so that equal queries share a group."""
    flat = [part for term in terms for part in (term.terms if isinstance(term, kind) else (term,))]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
