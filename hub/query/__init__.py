"""A reader's query as one value.

Two queries are equal if they consist of the same terms, whatever their spelling. The grammar is in
hub/query/parser.py, what each term matches in hub/query/terms.py.
"""

from dataclasses import dataclass, field
from typing import Final

from hub.query.match_context import MatchContext
from hub.query.parser import Parser
from hub.query.terms import ANYTHING, Finder, Term


@dataclass(frozen=True, slots=True)
class Query:
    """A term, compiled once. `text` is the reader's own spelling, for display only."""

    term: Term
    text: str = field(default="", compare=False)
    is_everything: bool = field(init=False, repr=False, compare=False)
    _find: Finder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_everything", self.term == ANYTHING)
        object.__setattr__(self, "_find", self.term.finder())

    def __bool__(self) -> bool:
        """False if every message matches, so that `matches` need not be called."""
        return not self.is_everything

    def matches(self, context: MatchContext) -> bool:
        return self._find(context)


def parse(text: str) -> Query:
    """Parse a query. Raises InvalidInput for `q` with the column, the problem and a hint."""
    return Query(Parser(text).query(), text)


EVERYTHING: Final = Query(ANYTHING)
