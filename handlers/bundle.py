"""The modules of the page, joined into few files.

Fifty requests on a cold visit took 0.2 s on two cores before the first message, and a quarter more bytes, as each
file is compressed alone. Imports are resolved once, when the server starts. The modules of a file share one scope:
one for each cost 2 KB. Only a few forms of import and export are known; others are refused.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

IMPORT = re.compile(r"^import \{(\s*\w+(?:,\s*\w+)*),?\s*\} from '([^']+)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|class|function) \w)", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)
# A name that another form brings would not be seen.
OTHER = re.compile(r"^(?:import|export|var|function\*|async function\*|(?:const|let) [{[]).*", re.MULTILINE)


def join(entry: Path) -> str:
    """Return a module with all that it imports, dependencies first. It exports what the module exports.

    Raises CycleError for modules that import each other, ValueError for an unknown form and for a top-level name
    that two modules have.
    """
    return _joined(_modules(entry))


def split(entry: Path, later: Path, address: str) -> tuple[str, str]:
    """Return `entry` joined, and `later` with only the modules that the first one lacks.

    The second imports the others from the first, which it finds at `address`. Raises as `join` does.
    """
    first = _modules(entry)
    second = {path: text for path, text in _modules(later).items() if path not in first}
    shared = {
        name.strip()
        for path, text in second.items()
        for names, other in IMPORT.findall(text)
        if (path.parent / other).resolve() in first
        for name in names.split(",")
    }
    names = ", ".join(sorted(shared))
    return (
        f"{_joined(first)}export {{ {names} }};\n",
        f"import {{ {names} }} from '{address}';\n{_joined(second, dict.fromkeys(shared, entry))}",
    )


def _modules(entry: Path) -> dict[Path, str]:
    """Return the text of each module by its path, dependencies first."""
    texts: dict[Path, str] = {}
    needs: dict[Path, list[Path]] = {}
    unread = [entry.resolve()]
    while unread:
        path = unread.pop()
        texts[path] = path.read_text("utf-8")
        needs[path] = [(path.parent / name).resolve() for _, name in IMPORT.findall(texts[path])]
        unread += [other for other in needs[path] if other not in texts]
    return {path: texts[path] for path in TopologicalSorter(needs).static_order()}


def _joined(modules: dict[Path, str], owners: dict[str, Path] | None = None) -> str:
    """`owners` has the names that exist in the scope already, by module."""
    owners = owners or {}
    bodies = {path: IMPORT.sub("", text) for path, text in modules.items()}
    for path, body in bodies.items():
        if other := OTHER.search(EXPORT.sub("", body)):
            raise ValueError(f"{path}: not a form that is joined here: {other[0]}")
        for name in NAME.findall(body):
            if owner := owners.get(name):
                raise ValueError(f"{path}: {name} is a name in {owner}, too; they share a scope, so rename one")
            owners[name] = path
    *before, last = bodies.values()
    return "".join([*(EXPORT.sub("", body) for body in before), last])
