"""The level of a line: what a field declares, or what the words of a text suggest."""

import re
from typing import Final

from hub.errors import InvalidInput
from hub.message import Level

SEARCHED_CHARACTERS: Final = 300
# Whole words: package names (libgpg-error0), paths and "0 errors" do not count. Exceptions are found by the form of
# their names (ValueError, java.io.IOException).
_WORD: Final = re.compile(
    r"(?<![\w./-])(?:(critical|crit|fatal|panic|emerg|alert)|(error|err|severe|traceback|exception)"
    r"|(warning|warn)|(debug|trace))(?![\w/-]|\.\w)|(?<![\w/-])(?-i:([A-Z]\w*(?:Error|Exception)))(?![\w/-])",
    re.IGNORECASE,
)
# Substrings of every word above. To search for these takes a tenth of the expression's time (measured).
_HINTS: Final = (
    *("crit", "fatal", "panic", "emerg", "alert"),
    *("err", "severe", "traceb", "except"),
    *("warn", "debug", "trace"),
)
_GUESSES: Final = (Level.INFO, Level.CRITICAL, Level.ERROR, Level.WARNING, Level.DEBUG, Level.ERROR)  # By group.
_NUMBERS: Final = {  # Of pino and bunyan.
    10: Level.DEBUG,
    20: Level.DEBUG,
    30: Level.INFO,
    40: Level.WARNING,
    50: Level.ERROR,
    60: Level.CRITICAL,
}


def guess_level(text: str) -> Level:
    """Return the level that the first telling word of a text suggests, or info."""
    start = text[:SEARCHED_CHARACTERS].lower()
    for hint in _HINTS:
        if hint in start:
            found = _WORD.search(text, 0, SEARCHED_CHARACTERS)
            return _GUESSES[found.lastindex or 0] if found else Level.INFO
    return Level.INFO


def level_of(value: object) -> Level | None:
    """Return the level that a field's value names, or None."""
    if isinstance(value, int):
        return _NUMBERS.get(value)
    if isinstance(value, str):
        try:
            return Level.parse(value)
        except InvalidInput:
            return None
    return None
