"""The page and its files as a browser receives them."""

import gzip
import re

import pytest

from tests.handlers.site import Site

POLICY = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
]


@pytest.mark.gen_test
async def test_the_page_runs_under_a_strict_policy(site: Site) -> None:
    answer = await site.get("/", {"Accept": "text/html"})
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=UTF-8"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert set(POLICY) <= set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.gen_test
async def test_nothing_in_the_page_needs_another_server_or_an_exception_from_the_policy(site: Site) -> None:
    page = (await site.get("/")).body.decode()
    assert not re.search(r"""(src|href|action)=["']?(https?:)?//""", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son\w+=|\sstyle=", page)
    for path in set(re.findall(r"""["'](/static/[^"']+)["']""", page)):
        assert (await site.get(path)).status == 200, path


@pytest.mark.gen_test
async def test_a_cached_page_is_not_sent_again(site: Site) -> None:
    first = await site.get("/")
    again = await site.get("/", {"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")


@pytest.mark.gen_test
async def test_head_answers_for_the_page_and_for_the_stream(site: Site) -> None:
    page = await site.request("HEAD", "/")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")
    stream = await site.request("HEAD", "/", headers={"Accept": "text/event-stream"})
    assert (stream.status, stream.headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    assert site.wall.registry.count == 0


@pytest.mark.gen_test
async def test_every_file_has_its_type_and_the_security_policy(site: Site) -> None:
    """Also the worker's script: its answer's policy decides whether its EventSource is allowed."""
    types = {
        "js": "text/javascript; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "svg": "image/svg+xml",
        "woff2": "font/woff2",
    }
    for name, asset in site.wall.assets.table.items():
        answer = await site.get(f"/static/{name}")
        assert answer.body == asset.body
        assert answer.headers["Content-Type"] == types[name.rpartition(".")[2]]
        assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        has_digest = name.startswith("fonts/")
        assert answer.headers["Cache-Control"] == ("max-age=31536000, immutable" if has_digest else "no-cache")


@pytest.mark.gen_test
async def test_a_file_is_compressed_on_request_and_each_encoding_has_its_etag(site: Site) -> None:
    plain = await site.get("/static/app.js")
    small = await site.get("/static/app.js", {"Accept-Encoding": "br, gzip"})
    assert plain.headers["Content-Encoding"] is None
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert plain.headers["ETag"] != small.headers["ETag"]
    assert "Accept-Encoding" in small.headers["Vary"]
    head = await site.request("HEAD", "/static/app.js", headers={"Accept-Encoding": "gzip"})
    assert (head.headers["ETag"], head.headers["Content-Length"]) == (small.headers["ETag"], str(len(small.body)))
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        tag = (await site.get("/static/app.js", headers)).headers["ETag"]
        for said in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            answer = await site.get("/static/app.js", headers | {"If-None-Match": said})
            assert (answer.status, answer.body) == (304, b""), said
        assert (await site.get("/static/app.js", headers | {"If-None-Match": '"other"'})).status == 200


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static/%2e%2e%2fserver.py",
        "/static/..%5cserver.py",
        "/static/css/../../server.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/app.js%00.css",
        "/static/app.js/",
        "/static/.",
        "/static/",
        "/static",
        "/static/APP.JS",
        "/server.py",
        "/config.yaml",
        "/templates/dashboard.html",
        "//evil.example/",
    ],
)
async def test_only_what_is_in_the_table_can_be_had(site: Site, path: str) -> None:
    answer = await site.get(path)
    assert (answer.status, answer.error["code"]) == (404, "not_found")
