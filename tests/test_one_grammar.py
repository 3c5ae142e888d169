"""The page's parser and the server's accept the same queries and match the same messages."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.message import Level, Message
from hub.query import parse
from hub.query.match_context import MatchContext

PAGE: Final = Path(__file__).parent / "js" / "answer_queries.js"

# Letters with irregular case, spellings of numbers, and tokens of the grammar.
words = st.sampled_from(
    [
        *(
            "a",
            "B",
            "x",
            "ß",
            "SS",
            "ẞ",
            "ς",
            "σ",
            "Σ",
            "ΟΔΟΣ",
            "οδος",
            "İ",
            "i",
            "ı",
            "I",
            "ſ",
            "K",
            "k",
            "ǅ",
            "é",
            "É",
        ),
        *("5", "+5", ".5", "5.", "-5", "0x10", "1e1", "05", "5_0", "٣", "true", "null"),
    ]
)
signs = st.sampled_from(
    [
        *("(", ")", '"', "-", "/", "\\", " ", " ", " OR ", "*", ":", ".", "\u3000", "\x85", "\x1c", "\n"),
        *(
            "level:",
            "topic:",
            "Source:",
            "ſource:",
            "data.",
            "data.x:",
            "data.list.length:",
            "data.list.0:",
            "data.a.b:",
        ),
        *(">=", "<=", ">", "<", "=", "warn", "e", "length", "/var/log", "/log"),
    ]
)
queries = st.lists(words | signs, max_size=12).map("".join)
keys = st.sampled_from(["x", "a", "b", "a.b", "list", "length", "0", "__proto__"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | words
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
messages = st.fixed_dictionaries(
    {
        "message": st.lists(words | signs, max_size=6).map("".join),
        "topic": st.sampled_from(["a", "A.b", "x-5"]),
        "level": st.sampled_from([str(level) for level in Level]),
        "source": words,
    },
    optional={"data": values},
)
Answer = Callable[[str, dict[str, Any]], bool | int]


@pytest.fixture(scope="module")
def page() -> Iterator[Answer]:
    """Returns the page's answer: whether the message matches, or the column of the error."""
    node = shutil.which("node")
    assert node, "Tests need Node 20 or newer: run `make dev`"
    with subprocess.Popen([node, PAGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdin
        assert process.stdout
        requests, answers = process.stdin, process.stdout

        def ask(query: str, message: dict[str, Any]) -> bool | int:
            requests.write(json.dumps({"query": query, "message": message}) + "\n")
            requests.flush()
            answer: bool | int = json.loads(answers.readline())
            return answer

        yield ask
        requests.close()


REJECTED: Final = re.compile(r"q: column (\d+): (.*)")


@settings(max_examples=600)
@given(queries, messages)
def test_both_parsers_give_the_same_answer(page: Answer, query: str, fields: dict[str, Any]) -> None:
    data = msgspec.Raw(json.dumps(fields["data"]).encode()) if "data" in fields else None
    message = Message(**{"id": "1-1", "time": "", **fields, "level": Level(fields["level"]), "data": data})
    try:
        expected: bool | int = parse(query).matches(MatchContext(message))
    except InvalidInput as error:
        column, reason = REJECTED.findall(str(error))[0]
        if "regular expressions" in reason:  # Only the page has them.
            return
        expected = int(column)
    assert page(query, fields) == expected
