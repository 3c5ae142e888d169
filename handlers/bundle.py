"""Many modules for whoever reads the page's code, one file for the browser that loads it.

Fifty requests on a cold visit cost more than all they carry: on two cores 0.2 s before the first message,
and a quarter more bytes, as each file is compressed alone. So what `import` says is followed once, when
the server starts. All modules share one scope, as one each cost 2 KB. Owns the few forms of import and export
that the page is written in, and refuses others.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

IMPORT = re.compile(r"^import \{\s*\w+(?:,\s*\w+)*,?\s*\} from '([^']+)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:const|let|class|function) \w)", re.MULTILINE)
NAME = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)
# A name that another one of these brings would not be seen.
OTHER = re.compile(r"^(?:import|export|var|function\*|async function\*|(?:const|let) [{[]).*", re.MULTILINE)


def join(entry: Path) -> str:
    """The module and all that it imports, in the order in which they need each other; its exports are the whole's.

    Raises CycleError for modules that import each other, ValueError for a form that is not known here, and for a
    name that two modules have at their top.
    """
    texts: dict[Path, str] = {}
    needs: dict[Path, list[Path]] = {}
    unread = [entry.resolve()]
    while unread:
        path = unread.pop()
        texts[path] = path.read_text("utf-8")
        needs[path] = [(path.parent / name).resolve() for name in IMPORT.findall(texts[path])]
        unread += [other for other in needs[path] if other not in texts]
    bodies = {path: IMPORT.sub("", texts[path]) for path in TopologicalSorter(needs).static_order()}
    owners: dict[str, Path] = {}
    for path, body in bodies.items():
        if other := OTHER.search(EXPORT.sub("", body)):
            raise ValueError(f"{path}: not a form that is joined here: {other[0]}")
        for name in NAME.findall(body):
            if owner := owners.get(name):
                raise ValueError(f"{path}: {name} is a name in {owner}, too; they share a scope, so rename one")
            owners[name] = path
    *before, last = bodies.values()
    return "".join([*(EXPORT.sub("", body) for body in before), last])
