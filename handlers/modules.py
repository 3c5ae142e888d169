"""Many modules for whoever reads the page's code, one file for the browser that loads it.

Fifty requests on a cold visit cost more than all they carry: on two cores 0.2 s before the first message,
and a quarter more bytes, as each file is compressed alone. So what `import` says is followed once, when
the server starts. Owns the few forms of import and export that the page is written in, and refuses others.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

IMPORT = re.compile(r"^import \{([^}]*)\} from '([^']+)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|class|function) (\w+))", re.MULTILINE)
LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def join(entry: Path) -> str:
    """The module and all that it imports, each in a scope of its own, in the order in which they need each other.

    Raises CycleError for modules that import each other, ValueError for a form that is not known here.
    """
    texts: dict[Path, str] = {}
    needs: dict[Path, list[Path]] = {}
    unread = [entry.resolve()]
    while unread:
        path = unread.pop()
        texts[path] = path.read_text("utf-8")
        needs[path] = [(path.parent / name).resolve() for _, name in IMPORT.findall(texts[path])]
        unread += [other for other in needs[path] if other not in texts]
    order = list(TopologicalSorter(needs).static_order())
    scopes = [_scope(path, texts[path], needs[path], order) for path in order]
    names = ", ".join(EXPORT.findall(texts[order[-1]]))
    return "".join([*scopes, f"export const {{ {names} }} = m{len(order) - 1};\n" if names else ""])


def _scope(path: Path, text: str, needs: list[Path], order: list[Path]) -> str:
    """`const m3 = (() => { const { say, write: put } = m0; …; return { h, keyed }; })();`"""
    others = iter(needs)

    def imported(match: re.Match[str]) -> str:
        return f"const {{{match[1].replace(' as ', ': ')}}} = m{order.index(next(others))};\n"

    body = EXPORT.sub("", IMPORT.sub(imported, text))
    if left := LEFT.search(body):
        raise ValueError(f"{path.name}: not a form that is joined here: {left[0]}")
    exports = EXPORT.findall(text)
    where = f"const m{order.index(path)} = " if exports else ""
    return f"{where}(() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"
