"""Modules become one file: dependencies first, in one scope."""

from graphlib import CycleError
from pathlib import Path

import pytest

from handlers.bundle import join, split


def written(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return folder / "app.js"


def test_an_import_is_bundled_before_its_importer(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        app="import { b } from './b.js';\nimport {\n  c,\n  d,\n} from './c.js';\nb(c + d);\n",
        b="import { c } from './c.js';\nexport const b = (x) => x + c;\n",
        c="export const c = 1;\nexport async function d() {}\n",
    )
    assert join(entry) == "const c = 1;\nasync function d() {}\nconst b = (x) => x + c;\nb(c + d);\n"


def test_what_the_first_module_exports_can_still_be_imported(tmp_path: Path) -> None:
    """The page imports its worker where there is no SharedWorker."""
    assert join(written(tmp_path, app="export function attach() {}\n")) == "export function attach() {}\n"


@pytest.mark.parametrize("second", ["const say = 1;", "export function say() {}", "class say {}", "let say;"])
def test_two_modules_with_one_name_are_both_named(tmp_path: Path, second: str) -> None:
    """They share a scope: in a browser the whole bundle would fail."""
    app = f"import {{ b }} from './b.js';\n{second}\n"
    entry = written(tmp_path, app=app, b="export const b = 1;\nasync function say() {}\n")
    with pytest.raises(ValueError, match=r"app\.js: say is a name in .*b\.js, too"):
        join(entry)


def test_modules_that_need_each_other_are_refused(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        app="import { b } from './b.js';\nexport const a = 1;\n",
        b="import { a } from './app.js';\nexport const b = 1;\n",
    )
    with pytest.raises(CycleError):
        join(entry)


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "import './b.js';",
        "import * as b from './b.js';",
        "import { b as c } from './b.js';",
        "export * from './b.js';",
        "export { a };",
        "const { a } = {};",
        "var a;",
        "function* a() {}",
    ],
)
def test_a_form_that_is_not_known_is_named_and_never_dropped(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"app\.js: not a form that is joined here: "):
        join(written(tmp_path, app=f"{line}\n", b="export const b = 1;\n"))


def test_a_second_file_imports_what_the_first_has(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        app="import { b } from './b.js';\nb();\n",
        b="export const b = 1;\nexport const c = 2;\nexport const d = 3;\n",
        later="import { e } from './e.js';\nimport { b, c } from './b.js';\nexport const f = b + c + e;\n",
        e="import {\n  c,\n} from './b.js';\nexport const e = c;\n",
    )
    first, second = split(entry, tmp_path / "later.js", "../app.js")
    assert first == "const b = 1;\nconst c = 2;\nconst d = 3;\nb();\nexport { b, c };\n"
    assert second == "import { b, c } from '../app.js';\nconst e = c;\nexport const f = b + c + e;\n"


def test_a_name_that_hides_one_of_the_first_file_is_named(tmp_path: Path) -> None:
    entry = written(
        tmp_path,
        app="import { b } from './b.js';\nb();\n",
        b="export const b = 1;\n",
        later="import { b } from './b.js';\nimport { e } from './e.js';\nb(e);\n",
        e="const b = 2;\nexport const e = b;\n",
    )
    with pytest.raises(ValueError, match=r"e\.js: b is a name in .*app\.js, too"):
        split(entry, tmp_path / "later.js", "../app.js")
