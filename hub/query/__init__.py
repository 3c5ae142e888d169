"""What a reader looks for, as one value.

Owns when two queries are the same: the same terms, however they were written. The grammar is in
hub/query/parser.py, what each term finds in hub/query/terms.py.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from hub.query.match_context import MatchContext
from hub.query.parser import Parser
from hub.query.terms import ANYTHING, Finder, Term


@dataclass(frozen=True, slots=True)
class Query:
    """Terms, compiled once. `text` is how they are written in one way only, and so the identity; "" is anything."""

    text: str
    term: Term = field(repr=False, compare=False)
    _find: Finder = field(repr=False, compare=False)

    @classmethod
    def of(cls, term: Term) -> Self:
        return cls("" if term == ANYTHING else str(term), term, term.finder())

    def __bool__(self) -> bool:
        """False if anything will do: then `matches` need not be asked."""
        return bool(self.text)

    def matches(self, seen: MatchContext) -> bool:
        return self._find(seen)


def parse(text: str) -> Query:
    """A query as a person writes it. Raises InvalidInput for `q`: which column, what is wrong there, how to mend it."""
    return Query.of(Parser(text).query())


EVERYTHING: Final = Query.of(ANYTHING)
