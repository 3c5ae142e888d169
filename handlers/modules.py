"""Many modules for whoever reads the page's code, one file for the browser that loads it.

Fifty requests on a cold visit cost more than all they carry: on two cores 0.2 s before the first message,
and a quarter more bytes, as each file is compressed alone. So what `import` says is followed once, when
the server starts. Owns the few forms of import and export that the page is written in, and refuses others.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

from rjsmin import jsmin  # type: ignore[import-untyped]  # text in, text out

IMPORT = re.compile(r"^import \{([^}]*)\} from '([^']+)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|class|function) (\w+))", re.MULTILINE)
WORD = re.compile(r"(?<![\w.#$])[A-Za-z_]\w*")
TEXT = re.compile(r"'[^'\\\n]*'")
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
    known = _known(list(texts.values()), texts[order[-1]])
    scopes = [_scope(path, texts[path], needs[path], order, known) for path in order]
    names = ", ".join(EXPORT.findall(texts[order[-1]]))
    return "".join([*scopes, f"export const {{ {names} }} = m{len(order) - 1};\n" if names else ""])


def _known(texts: list[str], entry: str) -> set[str]:
    """Names that mean the same wherever they stand, and need not be imported by each module: 1 KB of 60.

    Not `history`, say: it is ours where it is imported, and the browser's where it is not.
    """
    bare = [TEXT.sub("", jsmin(text)) for text in texts]  # What a comment says, or a text, is no name.
    exports = [name for text in texts for name in EXPORT.findall(text)]
    strangers = {
        name
        for text, code in zip(texts, bare, strict=True)
        for name in set(WORD.findall(code)) - set(EXPORT.findall(text)) - _imported(text)
    }
    return {name for name in exports if exports.count(name) == 1} - strangers - set(EXPORT.findall(entry))


def _imported(text: str) -> set[str]:
    """Under their own names."""
    return {name.strip() for names, _ in IMPORT.findall(text) for name in names.split(",")}


def _scope(path: Path, text: str, needs: list[Path], order: list[Path], known: set[str]) -> str:
    """`const { h, ...m3 } = (() => { const { say } = m0; …; return { h, keyed }; })();`"""
    others = iter(needs)

    def imported(match: re.Match[str]) -> str:
        other = order.index(next(others))
        names = [name.strip() for name in match[1].split(",")]
        left = [name.replace(" as ", ": ") for name in names if name and name not in known]
        return f"const {{ {', '.join(left)} }} = m{other};\n" if left else ""

    body = EXPORT.sub("", IMPORT.sub(imported, text))
    if left := LEFT.search(body):
        raise ValueError(f"{path.name}: not a form that is joined here: {left[0]}")
    exports = EXPORT.findall(text)
    taken = [name for name in exports if name in known]
    if len(taken) < len(exports):
        taken.append(f"...m{order.index(path)}")
    where = f"const {{ {', '.join(taken)} }} = " if taken else ""
    return f"{where}(() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n"
