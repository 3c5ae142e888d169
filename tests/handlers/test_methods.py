"""The methods of each address."""

from typing import Any

import pytest

from tests.handlers.site import Site, Upload
from tests.handlers.wire import Answer

# Every address and its methods; test_openapi.py compares the same with the routes.
METHODS = {
    "/": "GET, HEAD, OPTIONS",
    "/events": "GET, HEAD, OPTIONS",
    "/messages": "GET, HEAD, POST, OPTIONS",
    "/topics/demo": "POST, PUT, OPTIONS",
    "/connections": "GET, HEAD, OPTIONS",
    "/connections/abc": "DELETE, OPTIONS",
    "/static/app.js": "GET, HEAD, OPTIONS",
    "/healthz": "GET, HEAD, OPTIONS",
    "/readyz": "GET, HEAD, OPTIONS",
    "/metrics": "GET, HEAD, OPTIONS",
    "/openapi.json": "GET, HEAD, OPTIONS",
}
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"]


@pytest.mark.gen_test
@pytest.mark.parametrize("path", METHODS)
async def test_a_method_that_is_not_there_is_405_and_names_those_that_are(both_ways: Site, path: str) -> None:
    for method in EVERY_METHOD:
        if (method, path) == ("GET", "/events"):
            continue  # Its answer has no end.
        answer = await both_ways.request(method, path, "x" if method in ("POST", "PUT", "PATCH") else "")
        if method in METHODS[path].split(", "):
            assert answer.status != 405, method
            continue
        assert answer.status == 405, method
        assert answer.headers["Allow"] == METHODS[path]
        if method != "HEAD":
            assert answer.error["code"] == "method_not_allowed"


@pytest.mark.gen_test
@pytest.mark.parametrize("path", [path for path in METHODS if "HEAD" in METHODS[path] and path != "/events"])
async def test_head_says_what_get_would_and_sends_no_body(site: Site, path: str) -> None:
    await site.say("one")
    got, head = await site.get(path), await site.request("HEAD", path)
    assert head.status == got.status == 200
    changing = {"Content-Length", "Etag"} if path in ("/metrics", "/connections") else set()
    for name in set(got.headers) - {"Date"} - changing:
        assert head.headers[name] == got.headers[name], name
    assert (await site.raw(site.head("HEAD", path, headers={"Connection": "close"}))).endswith(b"\r\n\r\n")


@pytest.mark.gen_test
async def test_head_of_an_export_does_not_search_all_of_history(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await site.request("PUT", "/topics/a", ("x" * 1_000_000 + "\n") * 11)  # A page has 4 MiB.
    asked: list[object] = []
    query = site.wall.log.query

    async def counted(look: Any) -> Any:
        asked.append(look)
        return await query(look)

    monkeypatch.setattr(site.wall.log, "query", counted)
    await site.get("/messages?format=ndjson")
    pieces = len(asked)
    asked.clear()
    for kind in ("ndjson", "csv"):
        head = site.head("HEAD", f"/messages?format={kind}", headers={"Connection": "close"})
        answer = await site.raw(head)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"\r\n\r\n")
    assert len(asked) == 2 < pieces


@pytest.mark.gen_test
async def test_what_is_not_there_is_404_by_whatever_method(site: Site) -> None:
    for method in EVERY_METHOD:
        answer = await site.request(method, "/nothing/here")
        assert answer.status == 404, method
        assert answer.headers["Allow"] is None


@pytest.mark.gen_test
@pytest.mark.parametrize("path", [*METHODS, "/nothing/here"])
async def test_options_say_what_there_is(site: Site, path: str) -> None:
    answer = await site.request("OPTIONS", path)
    if path in METHODS:
        assert (answer.status, answer.headers["Allow"], answer.body) == (204, METHODS[path], b"")
    else:
        assert (answer.status, answer.error["code"]) == (404, "not_found")


@pytest.mark.gen_test
async def test_a_body_to_an_unknown_path_is_404(both_ways: Site) -> None:
    """A misspelt address, with a file or an endless stream of lines as the body."""
    for path in ("/topic/app", "/topics/a/b"):
        reader, writer = await both_ways.connect()
        for method in ("GET", "POST", "PUT", "GET"):  # It keeps its connection.
            body = b"x" * 1000 if method != "GET" else b""
            writer.write(both_ways.head(method, path, len(body)) + body)
            assert (await Answer.read(reader)).status == 404
        assert (await both_ways.request("POST", path, "x" * 5_000_000)).status == 404
        upload = await Upload.open(both_ways, path)
        await upload.send(b"one\n")
        assert (await upload.answer()).status == 404
