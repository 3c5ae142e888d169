"""The errors of a config: the place, the rule, and a suggestion, in words for operators."""

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.config import is_secret, keys, sections_of
from hub.config.values import quote
from hub.config.yaml import Document, Loc, Mark

MAX_LINES: Final = 50  # Every open page receives them.
Models = tuple[type[BaseModel], ...]
_LAST: Final = Mark(1 << 30, 0)  # Sorts errors outside of the file last.


class Report:
    """All errors of one load. `origins` are the environment variables and flags, by key path."""

    def __init__(self, path: Path, document: Document, model: type[BaseModel]) -> None:
        self.origins: dict[Loc, str] = {}
        self._path = path
        self._document = document
        self._model = model
        self._lines: list[tuple[Mark, str]] = []
        for problem in document.problems:
            self._add_in_file(problem.mark, problem.loc, problem.text)

    def add(self, loc: Loc, text: str, *, at_name: bool = False) -> None:
        """Add an error at the setting's value, or at the next section above that exists."""
        places = self._document.names if at_name else self._document.values
        prefixes = [loc[:length] for length in range(len(loc), -1, -1)]
        # Origins first: a variable replaces the whole setting of the file.
        for prefix in prefixes:
            if prefix in self.origins:
                inside = f": {self._name(loc)}" if loc != prefix else ""
                return self.add_outside(self.origins[prefix] + inside, text)
        mark = next((places[prefix] for prefix in prefixes if prefix in places), Mark(1, 1))
        return self._add_in_file(mark, loc, text)

    def add_outside(self, origin: str, text: str) -> None:
        self._lines.append((_LAST, f"{origin}: {text}"))

    def add_all(self, error: ValidationError) -> None:
        """Add pydantic's errors, except those that follow from a problem of the text."""
        broken = {problem.loc for problem in self._document.problems}
        for one in map(_of_kind, error.errors(include_url=False)):
            steps = _walk(self._model, one["loc"], with_kinds=True)
            loc = tuple(step for step, _ in steps)
            if any(loc[: length + 1] in broken for length in range(len(loc))):
                continue
            if one["type"] == "extra_forbidden":
                self.add(loc, self._unknown(*steps[-1]), at_name=True)
            else:
                self.add(loc, describe(one, secret=_is_secret(loc)))

    def lines(self) -> tuple[str, ...]:
        """Return the errors in the order of the file."""
        lines = [line for _, line in sorted(self._lines)]
        more = len(lines) - MAX_LINES
        return (*lines[:MAX_LINES], *([f"{self._path}: and {more} more errors"] if more > 0 else []))

    def _add_in_file(self, mark: Mark, loc: Loc, text: str) -> None:
        name = f"{self._name(loc)}: " if loc else ""
        self._lines.append((mark, f"{self._path}:{mark.line}:{mark.column}: {name}{text}"))

    def _name(self, loc: Loc) -> str:
        # "sources[0].topic", on one line. In a secret section an unknown name is not quoted.
        name = ""
        for index, (step, models) in enumerate(_walk(self._model, loc, with_kinds=False)):
            if isinstance(step, int):
                name += f"[{step}]"
            elif _is_secret(loc[:index]) and not any(step in model.model_fields for model in models):
                name += ".?"
            else:
                name += ("." if name else "") + (step if re.fullmatch(r"[\w-]{1,60}", step) else quote(step))
        return name

    def _unknown(self, step: str | int, models: Models) -> str:
        known = [name for model in models for name in model.model_fields]
        elsewhere = (key for key in keys(self._model) if key.endswith(f".{step}"))
        meant = closest(str(step), known) or next(elsewhere, "")
        return "unknown setting, " + (f"did you mean {meant!r}?" if meant else f"known here are {', '.join(known)}")


def closest(name: str, known: Iterable[str]) -> str:
    """Return the most similar name, or ""."""
    return next(iter(difflib.get_close_matches(name, known, 1)), "")


def describe(error: ErrorDetails, *, secret: bool = False) -> str:
    """Return the rule that a value breaks, and the value unless it is secret."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    but = "" if secret else f", not {quote(value)}"
    if kind == "missing":
        return "is missing: add it"
    if value is None and kind != "setting":
        return "has no value: write one, or remove the line for the default"
    if kind == "setting":
        rule = context["rule"].replace("{}", "…" if secret else context["example"])
        return f"{rule}{but}{context['hint']}"
    if kind == "literal_error":
        expected = re.findall("'([^']*)'", str(context["expected"]))
        return f"must be {'one of ' if expected[1:] else ''}{', '.join(expected)}{but}"
    length = but and f", not {len(str(value))}"
    rules = {
        "too_long": f"must be at most {context.get('max_length')} entries, not {context.get('actual_length')}",
        "string_type": f"must be text{but}",
        "string_unicode": f"must be text without halves of characters{but}",
        "string_too_long": f"must be at most {context.get('max_length')} characters{length}",
        "string_too_short": "must not be empty",
        # These quote nothing: what stands in the place of a section or list may be a secret of it.
        "model_type": "must be a section of lines such as 'name: value'",
        "dict_type": "must be a section of lines such as 'name: value'",
        "list_type": "must be a list, such as [a, b]",
    }
    return rules.get(kind, "is not valid" if secret and kind != "secret" else error["msg"])


def _of_kind(error: ErrorDetails) -> ErrorDetails:
    # An error of a union of kinds becomes that of an ordinary section with a setting `kind`.
    context = error.get("ctx", {})
    if error["type"] == "model_attributes_type":
        return error | {"type": "model_type"}
    if not error["type"].startswith("union_tag"):
        return error
    kind = context["discriminator"].strip("'")
    return {
        "type": "literal_error" if kind in error["input"] else "missing",
        "loc": (*error["loc"], kind),
        "msg": "",
        "input": error["input"].get(kind),
        "ctx": {"expected": context.get("expected_tags", "")},
    }


def _is_secret(loc: Loc) -> bool:
    return is_secret(".".join(map(str, loc)))


def _walk(model: type[BaseModel], loc: Loc, *, with_kinds: bool) -> list[tuple[str | int, Models]]:
    # Pair each step with the models that it is looked up in. Drop the kinds, which pydantic inserts into `loc`.
    at: Models = (model,)
    steps = []
    for step in loc:
        if with_kinds and at[1:] and (chosen := tuple(one for one in at if step in _kinds(one))):
            at = chosen
            continue
        steps.append((step, at))
        fields = (one.model_fields.get(str(step)) for one in at)
        at = tuple(section for field in fields if field for section in sections_of(field.annotation)) or at
    return steps


def _kinds(model: type[BaseModel]) -> tuple[str, ...]:
    return get_args(model.model_fields["kind"].annotation) if "kind" in model.model_fields else ()
