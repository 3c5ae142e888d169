"""Comments, docstrings, messages and documents name their subjects (CONTRIBUTING.md): no banned pronouns."""

import re
import token
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layout import ROOT, python_files

BANNED = re.compile(r"\b(?:who|whoever|whom|whose|nobody|somebody|everybody|anybody)\b", re.IGNORECASE)
DOCUMENTS = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "config.yaml", "docs/clients.md", "docs/senders.md"]
PYTHON = ["server.py", "eyewall", "handlers", "hub", "benchmarks", "docs", "tests"]
TEXT_TOKENS = {token.COMMENT, token.STRING, getattr(token, "FSTRING_MIDDLE", token.STRING)}

# Real uses: the word is data, not language.
PANEL = "the name of the panel of connections, or the type of its entries"
EXCEPTIONS = {
    "tests/test_words.py": "the words themselves",
    "docs/screens.py": PANEL,
    "static/actions/panels.js": PANEL,
    "static/parts/connections.js": PANEL,
    "static/store.js": PANEL,
    "static/stream/api.js": PANEL,
    "tests/browser/test_axe.py": PANEL,
    "tests/browser/test_budget.py": PANEL,
    "tests/browser/test_controls.py": PANEL,
    "tests/browser/test_panels.py": PANEL,
}
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\w'\"`])//[^\n]*", re.DOTALL)  # Of JavaScript and CSS; not an address.


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and texts: comments and strings of Python, comments of the page, all lines of a document."""
    if path.suffix == ".py":
        with path.open("rb") as file:
            for item in tokenize.tokenize(file.readline):
                if item.type in TEXT_TOKENS:
                    yield from enumerate(item.string.split("\n"), item.start[0])
    elif path.suffix in (".js", ".css"):
        text = path.read_text("utf-8")
        for comment in COMMENT.finditer(text):
            yield from enumerate(comment[0].split("\n"), text.count("\n", 0, comment.start()) + 1)
    else:
        text = path.read_text("utf-8")
        if path.name == "CHANGELOG.md":  # Released sections are history.
            text = re.split(r"(?m)^## (?!Unreleased)", text)[0]
        yield from enumerate(text.split("\n"), 1)


def banned_words(path: Path) -> list[str]:
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
    return [f"{name}:{line}: {word}" for line, text in texts_of(path) for word in BANNED.findall(text)]


def test_no_banned_word() -> None:
    page = [path for path in (ROOT / "static").rglob("*") if path.suffix in (".js", ".css")]
    paths = [*python_files(*PYTHON), *page, *(ROOT / name for name in [*DOCUMENTS, "CHANGELOG.md"])]
    checked = [path for path in paths if path.relative_to(ROOT).as_posix() not in EXCEPTIONS]
    found = [word for path in checked for word in banned_words(path)]
    assert not found, "name the subject (client, reader, publisher, request …):\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.py", "x = 1  # Who reads.\n", ["a.py:1: Who"]),
        ("a.py", 'def f():\n    """One line.\n\n    For nobody."""\n', ["a.py:4: nobody"]),
        ("a.py", 'x = f"for {1} and whoever"\n', ["a.py:1: whoever"]),
        ("a.py", "whose = who_reads = somebody_else = 1\n", []),
        ("CHANGELOG.md", "## Unreleased\nwhom\n## 1.0\nwhose\n", ["CHANGELOG.md:2: whom"]),
        ("a.js", "const who = '//whose';\n/** One\n * Whom. */ who(); // nobody\n", ["a.js:3: Whom", "a.js:3: nobody"]),
        ("a.md", "A whole document.\nAnybody.\n", ["a.md:2: Anybody"]),
    ],
)
def test_a_banned_word_is_found_in_texts_and_not_in_code(
    tmp_path: Path, name: str, text: str, found: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert banned_words(path) == found
