"""YAML text into plain values, with the line and column of each.

Owns the grammar: which part of YAML is allowed, and how a syntax error reads. Knows no setting.
No number or date is guessed: a scalar stays the text of the file, and the setting decides what it means (values.py).
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import yaml

Loc = tuple[str | int, ...]  # ("sources", 0, "topic")

MAX_DEPTH: Final = 16  # Levels of nesting. The settings need five, and the composer recurses.
MAX_VALUES: Final = 5_000  # Values of one file. Composing so many takes 0.2 s.
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_HARMLESS: Final = re.compile(r"'(<.*>|\\.*|\W+)'")  # '<scalar>', '\t', '}'
_ALIAS: Final = "*"  # The tag of a node in place of an alias.

# A part of the parser's message, and the hint for it. The first match is used.
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
    """A place in the text, counted from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """An error of the text. `loc` is () for the whole text. `text` never quotes a name or value of the file."""

    mark: Mark
    loc: Loc
    text: str


@dataclass
class Document:
    """The value (None, str, list and dict of these), the places of values and of names, and the problems."""

    value: object = None
    values: dict[Loc, Mark] = field(default_factory=dict)
    names: dict[Loc, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add_problem(self, at: Any, loc: Loc, text: str) -> None:
        self.problems.append(Problem(_mark(at.start_mark), loc, text))


def read(text: str) -> Document:
    """Read one document. Never raises: a syntax error is one problem and no value."""
    document = Document()
    try:
        _compose(_Composer(text), document)
    except yaml.YAMLError as error:
        return Document(problems=[_explain(error, text)])
    return document


def _compose(composer: "_Composer", to: Document) -> None:
    try:
        if composer.check_node() and (root := composer.get_node()) is not None:
            to.value = _value(root, (), to)
        if composer.check_node():
            second = composer.peek_event()  # type: ignore[no-untyped-call]  # in the stubs
            to.add_problem(second, (), "only one document belongs in this file: remove the line '---'")
    except (ValueError, OverflowError):  # From "\UFFFFFFFF", or a %YAML with too many digits.
        raise yaml.MarkedYAMLError(None, None, "found a number that is too large", composer.get_mark()) from None


class _TooMuch(yaml.MarkedYAMLError):
    """More than any config has."""


class _Composer(yaml.BaseLoader):
    """Composes within bounds, resolves no alias, and keeps as `node.tag` only a tag that the text has.

    A few lines of aliases can stand for more values than a machine has memory.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._values = 0

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # in the stubs
        mark: Any = event.start_mark
        is_name = isinstance(parent, yaml.MappingNode) and index is None
        self._values += not is_name
        if self._depth > MAX_DEPTH:
            raise _TooMuch(None, None, "no setting is that deep: look for a stray bracket", mark)
        if self._values > MAX_VALUES:
            text = f"no config has more than {MAX_VALUES} values: is this the right file?"
            raise _TooMuch(None, None, text, mark)
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]  # in the stubs
            return yaml.ScalarNode(_ALIAS, "", mark)
        event.anchor = None
        self._depth += 1
        node = super().compose_node(parent, index)  # type: ignore[arg-type]  # None for the root
        self._depth -= 1
        assert node is not None  # noqa: S101  # the stubs allow None
        node.tag = event.tag or ""
        return node


def _value(node: yaml.Node, loc: Loc, to: Document) -> object:
    to.values[loc] = _mark(node.start_mark)
    if node.tag == _ALIAS:
        to.add_problem(node, loc, "aliases (with *) are not allowed: write the value out")
        return None
    if node.tag:
        to.add_problem(node, loc, "tags (with !) are not allowed: write the plain value")
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*loc, index), to) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, loc, to)
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101  # the one kind that is left
    return None if node.style is None and node.value in _NULLS else node.value


def _mapping(node: yaml.MappingNode, loc: Loc, to: Document) -> dict[str, object]:
    found: dict[str, object] = {}
    for name_node, value_node in node.value:
        name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
        here: Loc = (*loc, name)
        if not name or not name.isprintable():
            here = (*loc, "?")
            to.add_problem(name_node, here, "a setting's name must be plain text")
            _value(value_node, here, to)
        elif name in found:
            to.add_problem(name_node, here, f"is already set in line {to.names[here].line}: keep one of the two")
            _value(value_node, (*here, "again"), to)
        else:
            to.names[here] = _mark(name_node.start_mark)
            found[name] = _value(value_node, here, to)
    return found


def _mark(mark: Any) -> Mark:
    """Return the parser's mark, which is counted from 0, as ours."""
    return Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)


def _explain(error: yaml.YAMLError, text: str) -> Problem:
    """Return the place of a syntax error and what to do about it, without YAML's own terms."""
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
        # The parser may quote a part of a secret. Keep signs, control characters and its names for tokens ('<scalar>').
        problem = re.sub("'[^']*'", lambda found: found[0] if _HARMLESS.fullmatch(found[0]) else "'…'", problem)
        message = f"{error.problem} {error.context}"
    hint = next((hint for words, hint in _HINTS if words in message), "")
    return Problem(mark, (), f"cannot be read: {hint} ({problem})" if hint else f"cannot be read: {problem}")
