"""YAML text into plain values, with the line and column of each.

A scalar stays the text of the file: no number or date is guessed.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml

Loc = tuple[str | int, ...]  # ("sources", 0, "topic")

MAX_DEPTH: Final = 16  # Levels of nesting. The settings need five, and the builder recurses.
MAX_VALUES: Final = 5_000  # Values of one file. Reading so many takes 0.2 s (measured).
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_HARMLESS: Final = re.compile(r"'(<.*>|\\.*|\W+)'")  # '<scalar>', '\t', '}'

# A part of the parser's message, and the hint. The first match counts.
_HINTS: Final = (
    ("character '\\t'", "indent with spaces, not with a tab"),
    ("while scanning a quoted scalar", "a quotation mark is opened here and not closed"),
    ("unknown escape character", "in double quotes a backslash begins an escape: use single quotes"),
    ("that cannot start any token", "a text that begins with this character needs quotes"),
    (
        "mapping values are not allowed",
        "a text that contains ': ' needs quotes; else look for a missing space after the colon above,"
        " and indent this line as that one",
    ),
    ("could not find expected ':'", "a setting is written as 'name: value', with a space after the colon"),
    ("while parsing a flow", "a list in [ ] or { } lacks a comma or is not closed"),
    ("but found '<scalar>'", "nothing may follow the closing quotation mark; write '' for a ' inside of '…'"),
    ("but found '}'", "this bracket was never opened"),
    ("but found ']'", "this bracket was never opened"),
    ("while parsing a block", "indent this line exactly as the ones it belongs to"),
    ("special characters are", "remove this control character, or write it as an escape in double quotes"),
)


class Mark(NamedTuple):
    """Counted from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """An error of the text. `text` never quotes a name or value of the file."""

    mark: Mark
    loc: Loc
    text: str


@dataclass
class Document:
    """The value (None, str, list and dict of these), and the places of values and names."""

    value: object = None
    values: dict[Loc, Mark] = field(default_factory=dict)
    names: dict[Loc, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(text: str) -> Document:
    """Read one document. Never raises: a syntax error is one problem and no value."""
    try:
        return _Builder(text).document()
    except yaml.YAMLError as error:
        return Document(problems=[_explain(error, text)])


class _TooMuch(yaml.MarkedYAMLError):
    """More than any config has."""


class _Builder:
    """Builds a document from the parser's events. Resolves no alias: a few could stand for endless values."""

    def __init__(self, text: str) -> None:
        self._parser: Any = yaml.BaseLoader(text)
        self._found = Document()
        self._count = 0  # Values, without names.

    def document(self) -> Document:
        try:
            self._parser.get_event()  # The start of the stream.
            if not self._parser.check_event(yaml.StreamEndEvent):
                self._parser.get_event()
                self._found.value = self._value((), 0)
                self._parser.get_event()
            if not self._parser.check_event(yaml.StreamEndEvent):
                text = "only one document belongs in this file: remove the line '---'"
                self._problem(self._parser.peek_event(), (), text)
        except (ValueError, OverflowError):  # From "\UFFFFFFFF", or a %YAML with too many digits.
            mark = self._parser.get_mark()
            raise yaml.MarkedYAMLError(None, None, "found a number that is too large", mark) from None
        return self._found

    def _problem(self, event: Any, loc: Loc, text: str) -> None:
        self._found.problems.append(Problem(_mark(event.start_mark), loc, text))

    def _value(self, loc: Loc, depth: int) -> object:
        event = self._parser.get_event()
        self._count += 1
        if depth > MAX_DEPTH:
            raise _TooMuch(None, None, "no setting is that deep: look for a stray bracket", event.start_mark)
        if self._count > MAX_VALUES:
            text = f"no config has more than {MAX_VALUES} values: is this the right file?"
            raise _TooMuch(None, None, text, event.start_mark)
        self._found.values[loc] = _mark(event.start_mark)
        if isinstance(event, yaml.AliasEvent):
            self._problem(event, loc, "aliases (with *) are not allowed: write the value out")
            return None
        if event.tag:
            self._problem(event, loc, "tags (with !) are not allowed: write the plain value")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(loc, depth + 1)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[object] = []
            while not self._parser.check_event(yaml.SequenceEndEvent):
                items.append(self._value((*loc, len(items)), depth + 1))
            self._parser.get_event()
            return items
        return None if event.style is None and event.value in _NULLS else event.value

    def _mapping(self, loc: Loc, depth: int) -> dict[str, object]:
        found: dict[str, object] = {}
        while not self._parser.check_event(yaml.MappingEndEvent):
            event = self._parser.peek_event()
            name = event.value if isinstance(event, yaml.ScalarEvent) else ""
            kept, self._found = self._found, Document()  # A name may be a whole tree.
            self._count -= 1
            self._value((), depth)
            self._found = kept
            here: Loc = (*loc, name)
            if not name or not name.isprintable():
                here = (*loc, "?")
                self._problem(event, here, "a setting's name must be plain text")
                self._value(here, depth)
            elif name in found:
                line = kept.names[here].line
                self._problem(event, here, f"is already set in line {line}: keep one of the two")
                self._value((*here, "again"), depth)
            else:
                kept.names[here] = _mark(event.start_mark)
                found[name] = self._value(here, depth)
        self._parser.get_event()
        return found


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _explain(error: yaml.YAMLError, text: str) -> Problem:
    """Return the place of a syntax error and its remedy, without YAML's own terms."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        problem, message = f"the character {chr(int(error.character))!r}", error.reason
    else:
        assert isinstance(error, yaml.MarkedYAMLError)  # noqa: S101  # the parser raises no other
        # The parser notices an unclosed quotation mark only at the end of the file.
        opened = error.context_mark if "a quoted scalar" in (error.context or "") else None
        mark = _mark(opened or error.problem_mark or error.context_mark)
        if isinstance(error, _TooMuch):
            return Problem(mark, (), str(error.problem))
        problem = re.sub(r"\s+", " ", error.problem or "this")
        # The parser may quote a part of a secret. Keep signs and names of tokens ('<scalar>').
        problem = re.sub("'[^']*'", lambda found: found[0] if _HARMLESS.fullmatch(found[0]) else "'…'", problem)
        message = f"{error.problem} {error.context}"
    hint = next((hint for words, hint in _HINTS if words in message), "")
    return Problem(mark, (), f"cannot be read: {hint} ({problem})" if hint else f"cannot be read: {problem}")
