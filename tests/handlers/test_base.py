"""Host check, CORS, and the form of errors."""

import json

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.test_methods import METHODS

OURS = ["localhost", "LocalHost", "localhost.", "127.0.0.1", "10.1.2.3", "[::1]", "[fe80::1]", "wall.example.com"]
FOREIGN = [
    "localhost.evil",
    "evil.localhost",
    "evil",
    "wall.example.com.evil",
    "xwall.example.com",
    "127.0.0.1.evil",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "[::1",
    "::1",
    "a@localhost",
    "localhost:80:80",
    "localhost:x",
    "localhost/",
    "",
]


@pytest.mark.gen_test
async def test_a_name_that_is_ours_is_answered_and_any_other_refused(start_site: StartSite) -> None:
    """DNS rebinding: another site could bind its own name to this machine and read all messages."""
    site = await start_site(server={"allowed_hosts": ["wall.example.com"]})
    for host in OURS:
        for port in ("", ":3030", ":80"):
            assert (await site.get("/healthz", {"Host": host + port})).status == 200, host + port
    for host in FOREIGN:
        answer = await site.get("/healthz", {"Host": host})
        assert answer.status in (421, 400), host


@pytest.mark.gen_test
@pytest.mark.parametrize("path", [*METHODS, "/nothing/here"])
async def test_a_wrong_host_is_refused_on_every_path(both_ways: Site, path: str) -> None:
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        body = '{"topic":"a","message":"m"}' if method in ("POST", "PUT", "PATCH") else ""
        answer = await both_ways.request(method, path, body, {"Host": "localhost.evil"})
        assert answer.status == 421, method
        if method != "HEAD":
            assert answer.error["code"] == "wrong_host"
            assert "server.allowed_hosts" in answer.error["hint"]
    assert both_ways.wall.log.head == 0
    assert both_ways.wall.registry.count == 0


@pytest.mark.gen_test
async def test_a_rebound_name_cannot_publish_from_its_own_page(both_ways: Site) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}
    assert (await both_ways.request("POST", "/topics/a", "x", headers)).status == 421


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    ],
)
async def test_a_page_of_another_origin_may_not_publish(both_ways: Site, headers: dict[str, str]) -> None:
    for method, path in (
        ("POST", "/topics/a"),
        ("PUT", "/topics/a"),
        ("POST", "/messages"),
        ("DELETE", "/connections/x"),
    ):
        answer = await both_ways.request(method, path, "x" * 10, headers)
        assert (answer.status, answer.error["code"]) == (403, "cross_origin")
        assert "server.cors_origins" in answer.error["hint"]
    assert both_ways.wall.log.head == 0


@pytest.mark.gen_test
async def test_our_own_page_a_listed_one_and_a_program_may_publish(start_site: StartSite) -> None:
    site = await start_site(server={"cors_origins": ["https://ops.example.com", "null", "*"]})
    own = f"http://127.0.0.1:{site.port}"
    for headers in (
        {},
        {"Origin": own},
        {"Origin": own, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "https://ops.example.com"},
        {"Origin": "https://ops.example.com", "Sec-Fetch-Site": "cross-site"},
    ):
        assert (await site.request("POST", "/topics/a", "x", headers)).status == 201, headers
    for origin in ("null", "https://other.example.com"):  # "*" and "null" may only read.
        assert (await site.request("POST", "/topics/a", "x", {"Origin": origin})).status == 403


@pytest.mark.gen_test
async def test_our_own_page_may_publish_whatever_a_proxy_made_of_host(start_site: StartSite) -> None:
    """Without Sec-Fetch-Site, which browsers send to https and localhost only, the name of the origin decides."""
    site = await start_site(server={"allowed_hosts": ["wall.example.com"]})
    for headers, status in (
        ({"Origin": "http://wall.example.com:8080"}, 201),
        ({"Origin": "http://WALL.example.com"}, 201),
        ({"Origin": "https://wall.example.com", "Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "https://wall.example.com:8443", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://wall.example.com", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://wall.example.com.evil.example"}, 403),
        ({"Origin": "http://wall.example.com@evil.example"}, 403),
        ({"Origin": "http://other.example.com"}, 403),
    ):
        answer = await site.request("POST", "/topics/a", "x", {"Host": f"127.0.0.1:{site.port}", **headers})
        assert answer.status == status, headers


@pytest.mark.gen_test
async def test_no_other_origin_may_read_unless_it_is_listed(both_ways: Site) -> None:
    stream = await both_ways.open_stream(headers={"Origin": "https://ops.example.com"})
    answer = await both_ways.get("/connections", {"Origin": "https://ops.example.com"})
    for headers in (stream.headers, answer.headers):
        assert not [name for name in headers if name.startswith("Access-Control")]


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("listed", "origin", "allowed"),
    [
        (["https://ops.example.com"], "https://ops.example.com", "https://ops.example.com"),
        (["https://ops.example.com"], "https://evil.example", None),
        (["https://ops.example.com"], "https://ops.example.com.evil", None),
        (["*"], "https://any.example", "*"),
        (["null"], "null", "null"),
        (["null"], "https://any.example", None),
    ],
)
async def test_a_listed_origin_may_read_the_stream_and_the_errors(
    start_site: StartSite, listed: list[str], origin: str, allowed: str | None
) -> None:
    site = await start_site(server={"cors_origins": listed})
    headers = {"Origin": origin}
    streams = [
        await site.open_stream(headers=headers),
        await site.open_stream("/", headers | {"Accept": "text/event-stream"}),
    ]
    answers = [
        await site.get("/events?level=loud", headers),
        await site.get("/nothing/here", headers),
        await site.get("/static/app.js", headers),
        await site.request("OPTIONS", "/events", headers=headers),
    ]
    for said in [*(stream.headers for stream in streams), *(answer.headers for answer in answers)]:
        assert said["Access-Control-Allow-Origin"] == allowed
        assert "Origin" in ", ".join(said.get_all("Vary") or [])
        assert said["Access-Control-Allow-Credentials"] is None


@pytest.mark.gen_test
async def test_a_preflight_is_answered_with_what_is_allowed(start_site: StartSite) -> None:
    site = await start_site(server={"cors_origins": ["https://ops.example.com"]})
    answer = await site.request("OPTIONS", "/topics/a", headers={"Origin": "https://ops.example.com"})
    assert answer.headers["Access-Control-Allow-Methods"] == "POST, PUT, OPTIONS"
    assert {"Content-Type", "Last-Event-ID", "X-Level", "X-Source", "Idempotency-Key"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )


@pytest.mark.gen_test
async def test_an_unknown_error_tells_the_caller_nothing_and_the_log_everything(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def counts() -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(site.wall.registry, "counts", counts)
    answer = await site.get("/connections?token=hush")
    assert answer.status == 500
    assert answer.error == {
        "code": "internal_error",
        "message": "internal server error",
        "hint": "see the server's log",
    }
    [record] = [record for record in caplog.records if record.exc_info]
    assert isinstance(record.exc_info[1] if record.exc_info else None, ZeroDivisionError)
    assert "hush" not in caplog.text
    caplog.clear()  # Expected.


@pytest.mark.gen_test
async def test_every_answer_has_a_type_and_no_server_header(both_ways: Site) -> None:
    for path in ("/healthz", "/connections", "/nothing/here", "/messages", "/static/app.js", "/"):
        answer = await both_ways.get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Server"] is None
        if answer.headers["Content-Type"].startswith("application/json"):
            json.loads(answer.body)
