"""Which messages a reader wants.

Owns every rule about what may be asked for. Knows neither HTTP nor the log: a Filter is a value,
so readers who ask for the same are equal, and the hub keeps one group for all of them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import Final

from hub.errors import InvalidInput
from hub.message import AT_LEAST, Level
from hub.query import EVERYTHING, Query
from hub.query import parse as parse_query
from hub.query.match_context import MatchContext

GLOB: Final = re.compile(r"[A-Za-z0-9._*?-]{1,64}")
MAX_TOPICS: Final = 64
LOOK_SECONDS: Final = 0.02  # What one turn of the loop gives to asking filters about messages.


@dataclass(frozen=True, slots=True)
class Filter:
    """Topics (globs; none means all), lowest level, and a query. The key of a group."""

    topics: frozenset[str] = frozenset()
    level: Level = Level.DEBUG
    query: Query = EVERYTHING
    is_everything: bool = field(init=False, repr=False, compare=False)
    _topic: re.Pattern[str] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The reader who asked for nothing in particular is the common one: it need not be asked again.
        nothing_asked = not self.topics and self.level is Level.DEBUG and not self.query
        object.__setattr__(self, "is_everything", nothing_asked)
        globs = "|".join(translate(glob) for glob in sorted(self.topics))
        object.__setattr__(self, "_topic", re.compile(globs) if globs else None)

    @staticmethod
    def parse(topics: Iterable[str] = (), level: str = Level.DEBUG, q: str = "") -> "Filter":
        """Check what was asked for, once. Raises InvalidInput: which parameter, and what it may be."""
        return _parse(frozenset(topics), level, q)

    def matches(self, seen: MatchContext) -> bool:
        """Asked once per message and group, never per reader."""
        return self.is_everything or (
            seen.message.level in AT_LEAST[self.level]
            and (self._topic is None or self._topic.match(seen.message.topic) is not None)
            and (not self.query or self.query.matches(seen))
        )

    def as_json(self) -> dict[str, object]:
        """What `GET /connections` shows; what was not asked for is left out."""
        shown: dict[str, object] = {}
        if self.topics:
            shown["topics"] = sorted(self.topics)
        if self.level is not Level.DEBUG:
            shown["level"] = self.level
        if self.query:
            shown["q"] = self.query.text
        return shown


@lru_cache(1024)
def _parse(wanted: frozenset[str], level: str, q: str) -> Filter:
    """Remembered, so that readers who ask for the same hold the same Filter: 584 bytes less for each."""
    if len(wanted) > MAX_TOPICS:
        raise InvalidInput("topic", f"more than {MAX_TOPICS} topics", hint="use a wildcard: topic=api.*")
    for glob in wanted:
        # fullmatch, because "$" also matches in front of a final line feed.
        if not GLOB.fullmatch(glob):
            raise InvalidInput(
                "topic",
                f"{glob[:80]!r} is no topic",
                hint="use 1 to 64 of A-Z a-z 0-9 . _ - and the wildcards * ?",
            )
    everything = wanted and "*" in wanted
    return Filter(frozenset() if everything else wanted, Level.parse(level), parse_query(q))
