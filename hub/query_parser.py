"""The grammar of a query, from text to terms.

    timeout "health check"    both texts, in any case, anywhere in what was said
    a OR b   -word   -(a b)   either; not; brackets group, and OR binds weaker than standing side by side
    level:warn   level:>=warning   topic:api.*   source:"web 1"
    data.status:>=500   data.user.name:ana   data.trace:*
    *                         anything

The page has the same grammar (static/logic/filter.js) and regular expressions besides; both are held
to tests/filter_cases.json. Owns every rule about what may be written, and says what is wrong where.
"""

import re
from typing import Final, Literal, NoReturn, cast

from hub.errors import InvalidInput
from hub.message import LEVELS, Level
from hub.seen import NUMBER, fold
from hub.terms import (
    ANYTHING,
    BLANKS,
    COMPARISON,
    ENDS_A_WORD,
    FIELD,
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

# Bounds on what one reader can make every message cost. They also bound the recursion.
MAX_CHARACTERS: Final = 1024
MAX_TERMS: Final = 64
MAX_DEPTH: Final = 16
MAX_NAMES: Final = 32  # In the path of one data term.

# The first / behind the opening one closes it, and the word ends there: /var/log is none, /log/ is one.
_REGULAR_EXPRESSION: Final = re.compile(rf"/(?:\\.|[^/\\])+/(?=[{BLANKS}()]|\Z)", re.DOTALL)
# Atomic: a backslash that was read as the first half of an escape is not read again as a plain one.
_QUOTED: Final = re.compile(r'"((?>\\["\\]|[^"])*)"')
_ESCAPED: Final = re.compile(r'\\(["\\])')
_QUOTE_HINT: Final = 'to find the text as it stands, put it in quotes: "…"'


class Parser:
    """Reads one text once, from left to right. Columns count from 1."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._terms = 0

    def query(self) -> Term:
        """The whole text. Raises InvalidInput for `q`, with the column."""
        if len(self._text) > MAX_CHARACTERS:
            self._refuse(MAX_CHARACTERS, f"a query has at most {MAX_CHARACTERS} characters", "search for less")
        if not self._next():
            return ANYTHING
        term = self._either()
        if self._next():  # Only a closing bracket ends `_either` before the end.
            self._refuse(self._at, "this bracket was never opened", _QUOTE_HINT)
        return term

    def _either(self) -> Term:
        """Terms with OR between them."""
        terms = [self._all()]
        while self._is_or():
            place = self._at
            self._at += 2
            if self._next() in ("", ")"):
                self._refuse_or(place)
            terms.append(self._all())
        return _joined(Or, terms)

    def _all(self) -> Term:
        """Terms side by side: at least one."""
        if self._is_or():
            self._refuse_or(self._at)
        terms: list[Term] = []
        while self._next() not in ("", ")") and not self._is_or():
            terms.append(self._term())
        return _joined(And, terms)

    def _term(self) -> Term:
        start = self._at
        if self._text[start] != "-":
            return self._found()
        self._at += 1
        following = self._text[self._at : self._at + 1]
        if not following or following in BLANKS + ")":
            self._refuse(start, "this - stands in front of nothing", _QUOTE_HINT)
        if following == "-":
            self._refuse(start, "two - in a row", _QUOTE_HINT)
        return Not(self._found())

    def _found(self) -> Term:
        """A term without its minus."""
        start = self._at
        if self._text[start] == "(":
            return self._brackets()
        self._terms += 1
        if self._terms > MAX_TERMS:
            self._refuse(start, f"a query has at most {MAX_TERMS} terms", "search for less")
        if self._text[start] == '"':
            phrase = self._quoted()
            if not phrase:
                self._refuse(start, "nothing stands between these quotes", "write a word or a phrase between them")
            return Text(fold(phrase))
        if _REGULAR_EXPRESSION.match(self._text, start):
            self._refuse(start, "regular expressions work in the page only", _QUOTE_HINT)
        name = self._field_name()
        if name is not None:
            return self._field(name, start)
        word = self._word()
        return ANYTHING if word == "*" else Text(fold(word))

    def _brackets(self) -> Term:
        start = self._at
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(start, f"more than {MAX_DEPTH} brackets inside each other", "search for less")
        self._at += 1
        if self._next() == ")":
            self._refuse(start, "nothing stands between these brackets", _QUOTE_HINT)
        term = self._either() if self._next() else ANYTHING
        if self._next() != ")":
            self._refuse(start, "this bracket is never closed", _QUOTE_HINT)
        self._at += 1
        self._depth -= 1
        return term

    def _field_name(self) -> str | None:
        """`level`, `topic`, `source` or `data.<path>`, if that and a colon stand here; behind it, if so."""
        start = self._at
        if self._text[start : start + 6].lower() == 'data."':
            self._at += 5
            path = self._quoted()
            if path and self._text[self._at : self._at + 1] == ":":
                self._at += 1
                return f"data.{path}"
        else:
            name = FIELD.match(self._word())
            if name is not None:
                self._at = start + name.end()
                field = name[1]
                return field.lower() if field[4:5] != "." else "data." + field[5:]
        self._at = start
        return None

    def _field(self, name: str, start: int) -> Term:
        place = self._at
        literal = self._text[place : place + 1] == '"'
        text = fold(self._quoted() if literal else self._word())
        if not text and not literal:
            self._refuse(start, "nothing stands behind the colon", _QUOTE_HINT)
        if name == "level":
            return self._level(text, place, literal)
        if name in ("topic", "source"):
            return FieldIs(cast("Literal['topic', 'source']", name), (text,) if literal else tuple(text.split("*")))
        return self._data(name.removeprefix("data."), text, place, start, literal)

    def _level(self, text: str, place: int, literal: bool) -> Term:
        compared = None if literal else COMPARISON.match(text)
        name = text[compared.end() :] if compared else text
        level = next((level for level in Level if name and level.startswith(name)), None)
        if level is None:
            self._refuse(place, f"unknown level {name[:32]!r}", f"use one of {LEVELS}, or their first letters")
        return LevelIs(cast("Comparison", compared[0]) if compared else None, level)

    def _data(self, path: str, text: str, place: int, start: int, literal: bool) -> Term:
        if path.count(".") >= MAX_NAMES:
            self._refuse(start, f"more than {MAX_NAMES} names behind data", "look less deep")
        compared = None if literal else COMPARISON.match(text)
        if compared:
            number = text[compared.end() :]
            if not NUMBER.fullmatch(number):
                self._refuse(place, f"{compared[0]} needs a number", "such as data.status:>=500")
            return DataCompared(path, cast("Comparison", compared[0]), number)
        return DataExists(path) if text == "*" and not literal else DataIs(path, text)

    # Single pieces

    def _next(self) -> str:
        """The character at which the next piece begins; "" at the end."""
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
        r"""What stands between quotes; \" and \\ are a quote and a backslash, any other backslash is one."""
        start = self._at
        found = _QUOTED.match(self._text, start)
        if found is None:
            self._refuse(start, "this quote is never closed", 'end the phrase with another "')
        self._at = found.end()
        return _ESCAPED.sub(r"\1", found[1])

    def _refuse_or(self, place: int) -> NoReturn:
        self._refuse(place, "OR needs something on both sides", 'to find the word, write "or"')

    @staticmethod
    def _refuse(place: int, problem: str, hint: str) -> NoReturn:
        raise InvalidInput("q", f"column {place + 1}: {problem}", hint=hint)


def _joined(kind: type[And] | type[Or], terms: list[Term]) -> Term:
    """In one form only, so that readers who ask for the same share a group: no And in an And, no Or in an Or."""
    flat: list[Term] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, kind) else (term,))
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
