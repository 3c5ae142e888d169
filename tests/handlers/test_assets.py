"""The files of the page are served minified and otherwise unchanged."""

import gzip
import importlib.util
from pathlib import Path

import pytest

from handlers.assets import Assets, accepts_gzip
from tests.handlers.site import Site

ROOT = Path(__file__).parent.parent.parent
FIRST_VISIT_BYTES = 75_000
HAS_MINIFIER = importlib.util.find_spec("minify") is not None


@pytest.mark.skipif(not HAS_MINIFIER, reason="the figure is of the minified page: install tdewolff-minify")
def test_the_page_is_small() -> None:
    """The limit for HTML, CSS and JavaScript, each compressed as it is served."""
    assets = Assets(ROOT / "static", fonts=ROOT / "missing")
    sizes = {name: len(asset.gzipped) for name, asset in assets.table.items() if not name.endswith(".svg")}
    sizes["dashboard.html"] = len(gzip.compress((ROOT / "templates/dashboard.html").read_bytes(), 9))
    assert sum(sizes.values()) <= FIRST_VISIT_BYTES, sizes


def test_the_typefaces_are_served_where_setup_has_left_them(tmp_path: Path) -> None:
    (tmp_path / "inter.woff2").write_bytes(b"wOF2 of a test")
    assets = Assets(ROOT / "static", fonts=tmp_path)
    (name,) = [name for name in assets.table if name.startswith("fonts/")]
    assert assets.table[name].content_type == "font/woff2"
    style = assets.table["style.css"].body.decode()
    assert name in style
    assert style.count("@font-face") == 1


@pytest.mark.gen_test
async def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    compressed = {"Accept-Encoding": "gzip"}
    first = await site.get("/static/app.js", compressed)
    assert first.headers["Cache-Control"] == "no-cache"
    again = await site.get("/static/app.js", compressed | {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.gen_test
async def test_the_styles_are_one_file_and_nothing_else_has_a_name(site: Site) -> None:
    style = await site.get("/static/style.css")
    assert b"--surface:" in style.body
    assert b".feed-rows" in style.body
    for path in ("/static/css/base.css", "/static/feed.js", "/static/../server.py", "/static/"):
        assert (await site.get(path)).status == 404


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *;q=1", False),
        ("*;q=0", False),
        ("identity;q=1, *;q=0", False),
        ("gzipped", False),
    ],
)
def test_gzip_is_chosen_by_the_weights_of_accept_encoding(accept: str, expected: bool) -> None:
    assert accepts_gzip(accept) is expected
