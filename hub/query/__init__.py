"""A reader's query as one value. Queries of the same terms are equal, whatever their spelling."""

from dataclasses import dataclass, field
from typing import Final

from hub.query.parser import Parser
from hub.query.terms import ANYTHING, Finder, Term


@dataclass(frozen=True, slots=True)
class Query:
    """A term, compiled once. False if it matches every message."""

    term: Term
    text: str = field(default="", compare=False)  # For display.
    matches: Finder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", self.term.finder())

    def __bool__(self) -> bool:
        return self.term != ANYTHING


def parse(text: str) -> Query:
    """Raises InvalidInput for `q`."""
    return Query(Parser(text).query(), text)


EVERYTHING: Final = Query(ANYTHING)
