"""The arrows between the parts, held by a test: server -> handlers -> hub, never back."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 250

# A file that is longer, and why that reads better than two files.
LONGER: dict[str, str] = {
    "tests/hub/config/test_config.py": "a table of settings and what is wrong with each",
    "tests/hub/config/test_file.py": "a table of files and what is wrong with each",
    "tests/hub/config/test_watcher.py": "each way of saving a file, told step by step",
}

# What each layer may not import. Its own parts and other libraries are free.
FORBIDDEN = {
    "server": ["tests", "benchmarks"],
    "handlers": ["server", "tests", "benchmarks"],
    "hub": ["server", "handlers", "tests", "benchmarks", "tornado.web", "tornado.httpserver"],
}

# Who is connected, what was said, and where bytes go: only hub/hub.py sees these together. Its two
# halves, fan_out (live readers) and catch_up (all others), see connections, but never the registry.
JOINED_BY_THE_HUB = {"hub.delivery.registry", "hub.delivery.transports", "hub.log"}
HALVES_OF_THE_HUB = {"hub.delivery.fan_out", "hub.delivery.catch_up"}
ALSO_FORBIDDEN = {
    "hub.delivery.transports": ["hub.delivery.registry", "hub.hub"],
    "hub.log": ["hub.delivery.registry", "hub.hub"],
}


def python_files(*places: str) -> Iterator[Path]:
    for place in places:
        path = ROOT / place
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports_of(tree: ast.AST) -> set[str]:
    """Each module that is named, wherever in the file; `from hub import log` gives hub and hub.log."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative imports hide the arrow, write the full name"
            assert node.module is not None
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def reaches(imports: set[str], module: str) -> bool:
    return any(name == module or name.startswith(module + ".") for name in imports)


def broken_arrows(module: str, imports: set[str]) -> list[str]:
    """What `module` imports against the design, in words."""
    forbidden = FORBIDDEN[module.split(".")[0]] + ALSO_FORBIDDEN.get(module, [])
    broken = [f"{module} imports {name}" for name in forbidden if reaches(imports, name)]
    joined = sorted(name for name in JOINED_BY_THE_HUB - {module} if reaches(imports, name))
    if module in HALVES_OF_THE_HUB:
        joined = [name for name in joined if name == "hub.delivery.registry"] * 2
    if module.startswith("hub.") and module != "hub.hub" and len(joined) > 1:
        broken.append(f"{module} imports {' and '.join(joined)}: only hub/hub.py joins them")
    return broken


def test_imports_run_downwards_only() -> None:
    broken = [
        arrow
        for path in python_files("server.py", "handlers", "hub")
        for arrow in broken_arrows(module_name(path), imports_of(tree_of(path)))
    ]
    assert not broken, "\n".join(broken)


def test_an_arrow_that_points_up_is_seen_in_each_of_its_spellings() -> None:
    """The test above proves nothing if it cannot see; these are the ways to write a wrong import."""
    for module, line in {
        "hub.delivery.sse": "import tornado.web",
        "hub.filter": "from tornado import httpserver",
        "hub.sources.greeting": "from handlers.base import BaseHandler",
        "handlers.events": "import server",
        "hub.log": "from hub.delivery import registry",
        "hub.delivery.transports": "def late():\n    from hub.hub import Hub",
        "hub.config": "from hub.log import Log\nimport hub.delivery.transports",
        "hub.delivery.catch_up": "from hub.delivery.registry import Registry",
    }.items():
        assert broken_arrows(module, imports_of(ast.parse(line))), (module, line)
    assert not broken_arrows("hub.delivery.registry", {"hub.delivery.connection", "tornado.ioloop"})
    assert not broken_arrows("hub.hub", JOINED_BY_THE_HUB)


def test_text_is_split_at_line_ends_only() -> None:
    """str.splitlines also splits at U+2028, form feed and others: a message would lose its shape.

    A stream's lines end in CR, LF or CRLF (WHATWG HTML, "Parsing an event stream").
    """
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: split with hub.delivery.sse's rule instead of splitlines"
        for path in python_files("server.py", "handlers", "hub")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "splitlines"
    ]
    assert not found, "\n".join(found)


def test_a_file_is_short_or_says_why_it_is_not() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files("server.py", "handlers", "hub", "tests", "benchmarks")
        if (lines := path.read_text("utf-8").count("\n")) > LONGEST_FILE
    }
    assert long.keys() == LONGER.keys(), f"beyond {LONGEST_FILE} lines: {long}, with a reason: {LONGER}"
