"""YAML text into plain values, with the place where each one stands.

Owns the grammar: which part of YAML is allowed, and what is wrong with a text that is none. Knows no setting.
The parser's events are read directly, so no number or date is ever guessed: a word stays the word that was
written, and what it means is decided where it is known what is wanted (config_values.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import yaml

Loc = tuple[str | int, ...]  # ("sources", 0, "topic")

MAX_DEPTH: Final = 16  # Ours needs five; the parser's time grows with the square of it.
MAX_VALUES: Final = 5_000  # Read in some 0.2 s, in which no message is delivered.
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

# The parser's words, and what they mean to a person. The first that is found is used.
_HINTS: Final = (
    (r"character '\t'", "indent with spaces, not with a tab"),
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
    (
        "special characters are not allowed",
        "remove this control character, or write it as an escape in double quotes",
    ),
)


class Mark(NamedTuple):
    """A place in the text, counted from 1."""

    line: int
    column: int


class _ParserMark(Protocol):
    """The parser's own, counted from 0."""

    line: int
    column: int


class Problem(NamedTuple):
    """What is wrong where. `loc` is () where the whole text is concerned."""

    mark: Mark
    loc: Loc
    text: str


@dataclass
class Document:
    """None, str, list and dict as they were written; the places of values and of names; what is wrong."""

    value: object = None
    values: dict[Loc, Mark] = field(default_factory=dict)
    names: dict[Loc, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(text: str) -> Document:
    """Never raises: what cannot be read at all is one problem and no value."""
    document = Document()
    try:
        document.value = _Builder(_events(text), document).root()
    except _TooMuch as error:
        return Document(problems=[error.problem])
    except yaml.YAMLError as error:
        return Document(problems=[_explain(error, text)])
    return document


class _TooMuch(Exception):
    def __init__(self, mark: Mark, text: str) -> None:
        self.problem = Problem(mark, (), text)


def _events(text: str) -> Iterator[yaml.Event]:
    """What the parser sees, one after the other, and nothing but YAMLError when it fails."""
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]  # in the stubs
    except (ValueError, OverflowError):  # From "\UFFFFFFFF", or a %YAML with too many digits.
        raise yaml.MarkedYAMLError(None, None, "found a number that is too large", loader.get_mark()) from None
    finally:
        loader.dispose()


class _Builder:
    def __init__(self, events: Iterator[yaml.Event], document: Document) -> None:
        self._events = events
        self._to = document

    def root(self) -> object:
        value: object = None
        documents = 0
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            documents += 1
            if documents > 1:
                self._problem(event, (), "only one document belongs in this file: remove the line '---'")
                break
            value = self._value(next(self._events), ())
        return value

    def _value(self, event: yaml.Event, loc: Loc) -> object:
        mark = self._to.values[loc] = _mark(event.start_mark)
        if len(loc) > MAX_DEPTH:
            raise _TooMuch(mark, "no setting is that deep: look for a stray bracket")
        if len(self._to.values) + len(self._to.problems) > MAX_VALUES:
            raise _TooMuch(mark, f"no config has more than {MAX_VALUES} values: is this the right file?")
        if isinstance(event, yaml.AliasEvent):
            # A few lines of aliases can stand for more values than any machine has memory.
            self._problem(event, loc, f"aliases (*{event.anchor}) are not allowed: write the value out")
            return None
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            self._problem(event, loc, "tags (with !) are not allowed: write the plain value")
        if isinstance(event, yaml.SequenceStartEvent):
            return [self._value(item, (*loc, index)) for index, item in enumerate(self._until_end())]
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(loc)
        assert isinstance(event, yaml.ScalarEvent)  # noqa: S101  # the one kind that is left
        is_plain = event.implicit[0]
        return None if is_plain and event.value in _NULLS else event.value

    def _mapping(self, loc: Loc) -> dict[str, object]:
        found: dict[str, object] = {}
        for event in self._until_end():
            name = event.value if isinstance(event, yaml.ScalarEvent) else ""
            here: Loc = (*loc, name)
            if not name or not name.isprintable():
                here = (*loc, "?")
                self._value(event, here)  # A list, say: read past it.
                self._problem(event, here, "a setting's name must be plain text")
                self._value(next(self._events), here)
            elif name in found:
                line = self._to.names[here].line
                self._problem(event, here, f"is already set in line {line}: keep one of the two")
                self._value(next(self._events), (*here, "again"))
            else:
                self._to.names[here] = _mark(event.start_mark)
                found[name] = self._value(next(self._events), here)
        return found

    def _until_end(self) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, yaml.CollectionEndEvent):
                return
            yield event

    def _problem(self, event: yaml.Event, loc: Loc, text: str) -> None:
        self._to.problems.append(Problem(_mark(event.start_mark), loc, text))


def _mark(mark: _ParserMark | None) -> Mark:
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _explain(error: yaml.YAMLError, text: str) -> Problem:
    """Where it stands and what to do about it, in words that need no knowledge of YAML's grammar."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        mark = Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))
        problem, said = f"the character {chr(int(error.character))!r}", error.reason
    else:
        assert isinstance(error, yaml.MarkedYAMLError)  # noqa: S101  # the parser raises no other
        # An unclosed quotation mark is noticed at the end of the file, far from where it is mended.
        opened = error.context_mark if "a quoted scalar" in (error.context or "") else None
        mark = _mark(opened or error.problem_mark or error.context_mark)
        problem = re.sub(r"\s+", " ", error.problem or "this")
        said = f"{error.problem} {error.context}"
    hint = next((hint for words, hint in _HINTS if words in said), "")
    return Problem(mark, (), f"cannot be read: {hint} ({problem})" if hint else f"cannot be read: {problem}")
