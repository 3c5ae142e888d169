"""Comments, docstrings, messages and documents name their subjects (CONTRIBUTING.md): no banned pronouns."""

import re
import token
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layout import ROOT, python_files

BANNED = re.compile(r"\b(?:who|whoever|whom|whose|nobody|somebody|everybody|anybody)\b", re.IGNORECASE)
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "config.yaml"]
PYTHON = ["server.py", "eyewall", "handlers", "hub", "benchmarks", "docs", "tests"]
TEXT_TOKENS = {token.COMMENT, token.STRING, getattr(token, "FSTRING_MIDDLE", token.STRING)}

# Real uses: the word is data, not language.
EXCEPTIONS = {"tests/test_words.py": "the words themselves"}

# Not rewritten yet, by path or folder: they follow with the page.
NOT_YET = [
    "docs/screens.py",
    "handlers/bundle.py",
    "tests/browser/",
]


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and texts: comments and strings of Python, all lines of a document."""
    if path.suffix == ".py":
        with path.open("rb") as file:
            for item in tokenize.tokenize(file.readline):
                if item.type in TEXT_TOKENS:
                    yield from enumerate(item.string.split("\n"), item.start[0])
    else:
        text = path.read_text("utf-8")
        if path.name == "CHANGELOG.md":  # Released sections are history.
            text = re.split(r"(?m)^## (?!Unreleased)", text)[0]
        yield from enumerate(text.split("\n"), 1)


def banned_words(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return [f"{name}:{line}: {word}" for line, text in texts_of(path) for word in BANNED.findall(text)]


def test_no_banned_word() -> None:
    paths = [*python_files(*PYTHON), *(ROOT / name for name in [*DOCUMENTS, "CHANGELOG.md"])]
    checked = [path for path in paths if not is_excepted(path.relative_to(ROOT).as_posix())]
    found = [word for path in checked for word in banned_words(path)]
    assert not found, "name the subject (client, reader, publisher, request …):\n" + "\n".join(found)


def is_excepted(name: str) -> bool:
    return name in EXCEPTIONS or name in NOT_YET or any(name.startswith(one) for one in NOT_YET if one.endswith("/"))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", "x = 1  # Who reads.\n", ["a.py:1: Who"]),
        ("a.py", 'def f():\n    """One line.\n\n    For nobody."""\n', ["a.py:4: nobody"]),
        ("a.py", 'x = f"for {1} and whoever"\n', ["a.py:1: whoever"]),
        ("a.py", "whose = who_reads = somebody_else = 1\n", []),
        ("CHANGELOG.md", "## Unreleased\nwhom\n## 1.0\nwhose\n", ["CHANGELOG.md:2: whom"]),
        ("a.md", "A whole document.\nAnybody.\n", ["a.md:2: Anybody"]),
    ],
)
def test_a_banned_word_is_found_in_texts_and_not_in_code(
    tmp_path: Path, name: str, text: str, found: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert banned_words(path) == found
