"""The arrows between the parts: server -> handlers -> hub, never back, and no cycle."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_FILE = 250

# Longer files, with the reason why two files would be harder to read.
LONGER: dict[str, str] = {
    "tests/hub/config/test_config.py": "a table of settings and what is wrong with each",
    "tests/hub/config/test_file.py": "a table of files and what is wrong with each",
    "tests/hub/config/test_watcher.py": "each way of saving a file, told step by step",
}

# Imports that each layer must not have. Its own parts and other libraries are free.
FORBIDDEN = {
    "server": ["tests", "benchmarks"],
    "handlers": ["server", "tests", "benchmarks"],
    "hub": ["server", "handlers", "tests", "benchmarks", "tornado.web", "tornado.httpserver"],
}

# Values and rules that every part of the hub may import.
BASE = [
    f"hub.{name}" for name in ["errors", "files", "filter", "json_text", "loop", "message", "terminal", "timestamps"]
]
# Other parts of the hub that each package may import. Parts that need a log know its protocol, not SQLite.
MAY_IMPORT = {
    "hub.access": [],
    "hub.config": [],
    "hub.counts": ["hub.log", "hub.query", "hub.search"],
    "hub.delivery": ["hub.config", "hub.log.generations", "hub.log.protocol", "hub.query"],
    "hub.ingest": ["hub.access", "hub.config", "hub.log.protocol"],
    "hub.log": ["hub.config"],
    "hub.query": [],
    "hub.search": ["hub.log", "hub.query"],
    "hub.sources": ["hub.access", "hub.config", "hub.ingest", "hub.log.protocol"],
}
# Only hub/hub.py sees registry, log and transports together.
ALSO_FORBIDDEN = {
    "hub.delivery.catch_up": ["hub.delivery.registry"],
    "hub.delivery.fan_out": ["hub.delivery.registry", "hub.log"],
    "hub.delivery.registry": ["hub.delivery.transports", "hub.log"],
    "hub.delivery.transports": ["hub.delivery.registry", "hub.log"],
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
    """Return the imported modules, wherever in the file. `from hub import log` gives hub and hub.log."""
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


def package_of(module: str) -> str:
    """Return the package below hub, a single file of hub, or the layer."""
    return ".".join(module.split(".")[: 2 if module.startswith("hub.") else 1])


def broken_arrows(module: str, imports: set[str]) -> list[str]:
    """Return the imports of `module` that the design forbids, in words."""
    package = package_of(module)
    forbidden = FORBIDDEN[module.split(".")[0]] + ALSO_FORBIDDEN.get(module, [])
    broken = [f"{module} imports {name}" for name in forbidden if reaches(imports, name)]
    if package in MAY_IMPORT:
        allowed = [package, *BASE, *MAY_IMPORT[package]]
        # `from hub.log import protocol` names hub.log, too.
        parents = {name.rpartition(".")[0] for name in imports}
        strange = [
            name
            for name in sorted(imports)
            if name.startswith("hub.") and name not in parents and not any(reaches({name}, one) for one in allowed)
        ]
        broken += [f"{module} imports {name}: not listed for {package}" for name in strange]
    return broken


def import_graph() -> dict[str, set[str]]:
    """Return the modules that each module imports. A package counts only if a name of its own is imported."""
    modules = {module_name(path): path for path in python_files("server.py", "handlers", "hub")}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        found: set[str] = set()
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                found.update(name if name in modules else str(node.module) for name in names)
        graph[module] = (found & modules.keys()) - {module}
    return graph


def package_graph(graph: Mapping[str, set[str]]) -> dict[str, set[str]]:
    packages: dict[str, set[str]] = {}
    for module, imports in graph.items():
        packages.setdefault(package_of(module), set()).update(map(package_of, imports))
    return {package: imports - {package} for package, imports in packages.items()}


def cycles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """Return the sets of nodes that reach each other."""

    def reachable(start: str) -> set[str]:
        found, waiting = set[str](), [start]
        while waiting:
            new = graph.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    reach = {node: reachable(node) for node in graph}
    circles = {frozenset({node} | {other for other in reach[node] if node in reach[other]}) for node in graph}
    return [set(circle) for circle in sorted(circles, key=sorted) if len(circle) > 1]


def test_imports_run_downwards_only() -> None:
    broken = [
        arrow
        for path in python_files("server.py", "handlers", "hub")
        for arrow in broken_arrows(module_name(path), imports_of(tree_of(path)))
    ]
    assert not broken, "\n".join(broken)


def test_a_forbidden_import_is_found_in_each_spelling() -> None:
    """The test above proves nothing if it cannot fail."""
    for module, line in {
        "hub.delivery.sse": "import tornado.web",
        "hub.filter": "from tornado import httpserver",
        "hub.sources.greeting": "from handlers.base import BaseHandler",
        "handlers.events": "import server",
        "hub.log": "from hub.delivery import registry",
        "hub.delivery.transports": "def late():\n    from hub.hub import Hub",
        "hub.config": "from hub.log.protocol import Log",
        "hub.delivery.catch_up": "from hub.delivery.registry import Registry",
        "hub.delivery.cursor": "from hub.log.sqlite import SqliteLog",
        "hub.query": "from hub import search",
    }.items():
        assert broken_arrows(module, imports_of(ast.parse(line))), (module, line)
    for module, line in {
        "hub.delivery.registry": "from hub.delivery.connection import Connection\nimport tornado.ioloop",
        "hub.delivery.cursor": "from hub.log.protocol import Log",
        "hub.hub": "from hub.delivery.registry import Registry\nfrom hub.log.protocol import Log",
    }.items():
        assert not broken_arrows(module, imports_of(ast.parse(line))), (module, line)


def test_no_file_and_no_package_is_in_a_cycle() -> None:
    graph = import_graph()
    found = cycles(graph) + cycles(package_graph(graph))
    assert not found, f"cycles of imports: {found}"


def test_a_cycle_is_found_between_files_and_between_packages() -> None:
    graph = {"hub.a.x": {"hub.b.y"}, "hub.b.y": set(), "hub.b.z": {"hub.a.w"}, "hub.a.w": set[str]()}
    assert cycles(graph) == []
    assert cycles(package_graph(graph)) == [{"hub.a", "hub.b"}]
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]


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


def test_a_long_file_has_a_reason() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python_files("server.py", "handlers", "hub", "tests", "benchmarks")
        if (lines := path.read_text("utf-8").count("\n")) > LONGEST_FILE
    }
    assert long.keys() == LONGER.keys(), f"beyond {LONGEST_FILE} lines: {long}, with a reason: {LONGER}"
