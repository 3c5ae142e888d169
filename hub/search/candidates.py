"""Which stretches of the log can hold what is asked for.

Owns the translation of a filter into what the index understands. Whatever that cannot say is left
out, so that too much may be named, but never too little.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from hub.filter import Filter
from hub.message import RANK, Level
from hub.query.seen import glob
from hub.query.terms import And, DataCompared, DataExists, DataIs, FieldIs, LevelIs, Or, Term, Text
from hub.search.index import BLOCK, CUT, LEVEL, SOURCE, STRING, TOPIC, folded

SCAN_ROWS: Final = 4096  # In one stretch, where the index does not help.
MOST_TRIGRAMS: Final = 24  # Of one text; more of them cost more than they exclude (a guess).

Stretch = tuple[int, int]
"""First and last seq. An empty one (0, -1) says that some time has passed without finding any."""


def stretches(
    connection: sqlite3.Connection, wanted: Filter, low: int, high: int, span: Stretch, *, newest_first: bool
) -> Iterator[Stretch]:
    """Of the seqs from `low` to `high`, those to look at, in order. `span`: first and last ms asked for."""
    asked = expression(wanted)
    step = -1 if newest_first else 1
    order = "DESC" if newest_first else "ASC"
    for start, stop, number in list(_pieces(connection, low, high, span))[::step]:
        if number is None or asked is None:
            starts = range(start, stop + 1, SCAN_ROWS)[::step]
            yield from ((begin, min(begin + SCAN_ROWS - 1, stop)) for begin in starts)
            continue
        blocks = connection.execute(
            f"SELECT rowid FROM search_{number} WHERE search_{number} MATCH ? AND rowid BETWEEN ? AND ? "
            f"ORDER BY rowid {order}",
            (asked, start // BLOCK, stop // BLOCK),
        )
        for (block,) in blocks:
            yield max(start, block * BLOCK), min(stop, (block + 1) * BLOCK - 1)
        yield (start, start - 1) if newest_first else (stop + 1, stop)


def _pieces(
    connection: sqlite3.Connection, low: int, high: int, span: Stretch
) -> Iterator[tuple[int, int, int | None]]:
    """The same seqs, oldest first, as first and last seq and the segment that has them, or None.

    Without what was all said at another time; message by message the time need not rise.
    """
    at = low
    segments = "SELECT number, start, indexed, oldest, newest FROM segment ORDER BY number"
    for number, start, indexed, oldest, newest in connection.execute(segments):
        if at < min(start, high + 1):
            yield at, min(start - 1, high), None
        first, last = max(at, start), min(indexed - 1, high)
        if first <= last and oldest <= span[1] and newest >= span[0]:
            yield first, last, number
        at = max(at, indexed)
    if at <= high:
        yield at, high, None


def expression(wanted: Filter) -> str | None:
    """What to ask an FTS5 table for; None when it could not exclude anything worth the asking."""
    parts = [_of_term(wanted.query.term)]
    if RANK[wanted.level] >= RANK[Level.WARNING]:  # Of the lower ones there is no end anyway.
        parts.append(_of_term(LevelIs(">=", wanted.level)))
    if wanted.topics:
        globs = (re.split("[*?]", glob) for glob in sorted(wanted.topics))
        parts.append(_any(_field(TOPIC, parts, SOURCE) for parts in globs))
    both = _all(parts)
    return None if both is None else f'{both} OR "{CUT}"'


def _of_term(term: Term) -> str | None:
    match term:
        case Text(needle):
            return _trigrams(needle)
        case LevelIs():
            return _any(_trigrams(LEVEL[RANK[level]]) for level in sorted(term.levels))
        case FieldIs("topic", parts):
            return _field(TOPIC, parts, SOURCE)
        case FieldIs("source", parts):
            return _field(SOURCE, parts, STRING)
        case DataIs(path, parts):
            # A number, true, false and null may be something else than a string: of these only the keys are indexed.
            said = glob(parts)
            is_string = term.number is None and not any(map(said, ("true", "false", "null")))
            return _all((_path(path), _field(STRING, parts, STRING) if is_string else None))
        case DataCompared(path) | DataExists(path):
            return _path(path)
        case And(terms):
            return _all(map(_of_term, terms))
        case Or(terms):
            return _any(map(_of_term, terms))
    return None  # What is not there cannot be looked up.


def _field(before: str, parts: Iterable[str], after: str) -> str | None:
    """A whole field, with anything between the parts."""
    first, *others = parts
    if not others:
        return _trigrams(before + first + after)
    return _all(map(_trigrams, (before + first, *others[:-1], others[-1] + after)))


def _path(path: str) -> str | None:
    """Its names are keys, or parts of keys, or positions."""
    return _all(_trigrams(name) for name in path.split(".") if not name.isdigit())


def _trigrams(text: str) -> str | None:
    """All of it, three characters at a time."""
    text = folded(text)
    found = dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2))
    return _all('"' + trigram.replace('"', '""') + '"' for trigram in list(found)[:MOST_TRIGRAMS])


def _all(parts: Iterable[str | None]) -> str | None:
    known = [part for part in parts if part is not None]
    return f"({' AND '.join(known)})" if known else None


def _any(parts: Iterable[str | None]) -> str | None:
    known = list(parts)
    return None if None in known or not known else f"({' OR '.join(filter(None, known))})"
