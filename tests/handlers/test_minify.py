"""What is served is smaller than its source, and a missing minifier costs bytes only."""

import importlib.util
import logging
from pathlib import Path

import pytest

from handlers.minify import minified

SCRIPT = "/** A comment. */\nfunction Feed(element) {\n  return element.id;\n}\n"
STYLE = "/* A comment. */\n.feed {\n  color: #ffffff;\n}\n"
TEXTS = [("text/javascript", SCRIPT), ("text/css", STYLE)]


@pytest.mark.skipif(importlib.util.find_spec("minify") is None, reason="tdewolff-minify is not installed")
def test_comments_and_local_names_are_gone_and_function_names_stay() -> None:
    script, style = minified(TEXTS)
    assert (script, style) == ("function Feed(e){return e.id}", ".feed{color:#fff}")


@pytest.mark.skipif(importlib.util.find_spec("minify") is None, reason="tdewolff-minify is not installed")
def test_declarations_keep_their_order() -> None:
    """tdewolff-minify 2.24.12 moves patterns with braces to the front: "Cannot access 'a' before initialization"."""
    script = "function f(e){const a=e.g();const [b]=[...a.c];const d=e.h();const {i}=e.j;write(i,a,b,d);go(i,a,b,d)}"
    (smaller,) = minified([("text/javascript", script)])
    assert smaller.index(".g()") < smaller.index("[...") < smaller.index(".h()") < smaller.index(".j")


def test_without_the_minifier_the_files_are_served_as_they_are(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "minify.py").write_text("raise ImportError('no cffi here')", "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert minified(TEXTS) == [SCRIPT, STYLE]
    assert [record.getMessage() for record in caplog.records] == [
        "The page is served unminified, about twice as large: ImportError: no cffi here"
    ]


def test_an_interpreter_that_does_not_start_is_no_error() -> None:
    assert minified(TEXTS, python="/nothing/here") == [SCRIPT, STYLE]
