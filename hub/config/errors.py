"""What is wrong with the settings: where it stands, what it is, and what would be right.

Owns the wording, because pydantic's is for programmers, and knows where each setting came from.
"""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.config import Config, settings
from hub.config.values import shown
from hub.config.yaml import Document, Loc, Mark

MAX_LINES: Final = 50  # More help nobody, and every open page is sent them.
_LAST: Final = Mark(1 << 30, 0)  # What does not stand in the file is told after what does.


class Report:
    """All errors of one load. `origins` names what was set outside of the file, by its key path."""

    def __init__(self, path: Path, document: Document) -> None:
        self.origins: dict[Loc, str] = {}
        self._path = path
        self._document = document
        self._lines: list[tuple[Mark, str]] = []
        for problem in document.problems:
            self._add_in_file(problem.mark, problem.loc, problem.text)

    def add(self, loc: Loc, text: str, *, at_name: bool = False) -> None:
        """An error at a setting, or where that is missing at what it belongs to."""
        places = self._document.names if at_name else self._document.values
        prefixes = [loc[:length] for length in range(len(loc), -1, -1)]
        # Origins first: what the environment sets replaces all that stands in the file below it.
        for prefix in prefixes:
            if prefix in self.origins:
                inside = f": {_name(loc)}" if loc != prefix else ""
                return self.add_outside(self.origins[prefix] + inside, text)
        mark = next((places[prefix] for prefix in prefixes if prefix in places), Mark(1, 1))
        return self._add_in_file(mark, loc, text)

    def add_outside(self, origin: str, text: str) -> None:
        """An error in what does not stand in the file: the environment or a flag."""
        self._lines.append((_LAST, f"{origin}: {text}"))

    def add_all(self, error: ValidationError) -> None:
        """Everything pydantic found, but not what only follows from a problem of the text itself."""
        broken = {problem.loc for problem in self._document.problems}
        for one in error.errors(include_url=False):
            loc = one["loc"]
            if not any(loc[: length + 1] in broken for length in range(len(loc))):
                self.add(loc, _wording(one), at_name=one["type"] == "extra_forbidden")

    def lines(self) -> tuple[str, ...]:
        """Empty when all is well; else in the order of the file."""
        lines = [line for _, line in sorted(self._lines)]
        more = len(lines) - MAX_LINES
        return (*lines[:MAX_LINES], *([f"{self._path}: and {more} more errors"] if more > 0 else []))

    def _add_in_file(self, mark: Mark, loc: Loc, text: str) -> None:
        name = f"{_name(loc)}: " if loc else ""
        self._lines.append((mark, f"{self._path}:{mark.line}:{mark.column}: {name}{text}"))


def closest(name: str, known: Iterable[str]) -> str:
    """What was probably meant by an unknown name, or ""."""
    return next(iter(difflib.get_close_matches(name, known, 1)), "")


def _name(loc: Loc) -> str:
    """sources[0].topic, fit for one line whatever somebody used as a key."""
    parts = (
        f"[{step}]" if isinstance(step, int) else "." + (step if re.fullmatch(r"[\w-]{1,60}", step) else shown(step))
        for step in loc
    )
    return "".join(parts).removeprefix(".")


def _wording(error: ErrorDetails) -> str:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown(error["loc"])
    if kind == "missing":
        return "is missing: add it"
    if value is None:
        return "has no value: write one, or remove the line for the default"
    if kind == "literal_error":
        expected = re.findall("'([^']*)'", str(context["expected"]))
        return f"must be {'one of ' if expected[1:] else ''}{', '.join(expected)}, not {shown(value)}"
    if kind == "too_long":
        return f"must be at most {context['max_length']} entries, not {context['actual_length']}"
    return {
        "string_type": f"must be text, not {shown(value)}",
        "string_unicode": f"must be text without halves of characters, not {shown(value)}",
        "string_too_long": f"must be at most {context.get('max_length')} characters, not {len(str(value))}",
        "string_too_short": "must not be empty",
        "model_type": f"must be a section of lines such as 'name: value', not {shown(value)}",
    }.get(kind, error["msg"])


def _unknown(loc: Loc) -> str:
    name = str(loc[-1])
    known = _known(loc[:-1])
    # Else perhaps the right name in the wrong section.
    meant = closest(name, known) or next((key for key in settings(Config()) if key.endswith(f".{name}")), "")
    return "unknown setting, " + (f"did you mean {meant!r}?" if meant else f"known here are {', '.join(known)}")


def _known(loc: Loc) -> list[str]:
    """The names that are allowed in the section at `loc`, read from the models."""
    at: Any = Config
    for step in loc:
        at = at.model_fields[step].annotation if isinstance(step, str) else get_args(at)[0]
    return list(at.model_fields)
