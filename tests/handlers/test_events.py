"""GET /events: the opening events, the messages, and the position at a reconnect."""

import re

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import Answer
from tests.waiting import until


@pytest.mark.gen_test
async def test_a_stream_has_the_headers_that_proxies_and_browsers_need(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    assert stream.status == 200
    assert stream.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert stream.headers["Cache-Control"] == "no-store, no-transform"
    assert stream.headers["X-Accel-Buffering"] == "no"
    assert stream.headers["Incremental"] == "?1"
    assert stream.headers["X-Content-Type-Options"] == "nosniff"
    assert not {"Connection", "Content-Encoding", "Content-Length", "Server"} & set(stream.headers)


@pytest.mark.gen_test
async def test_a_stream_opens_with_retry_a_heartbeat_and_the_count(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    assert 2000 <= stream.retry <= 6000
    assert stream.names == ["heartbeat", "connections"]
    beat = stream.events[0][1]
    assert re.fullmatch(r"\d+-0", beat["head"])
    assert beat["version"] == both_ways.wall.version
    assert [reader.id for reader in both_ways.wall.registry] == [beat["connection"]]
    assert stream.events[1][1] == {"count": 1, "peak": 1}


@pytest.mark.gen_test
async def test_a_message_arrives_with_all_its_fields(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    body = '{"topic":"db","level":"error","source":"srv 1","message":"disk\\nfull","data":{"free": 1.50}}'
    answer = await both_ways.post("/messages", body)
    said = await stream.event("message")
    assert said == {
        "id": answer.json["id"],
        "time": answer.json["time"],
        "topic": "db",
        "level": "error",
        "source": "srv 1",
        "message": "disk\nfull",
        "data": {"free": 1.5},
    }


@pytest.mark.gen_test
async def test_a_reader_gets_only_what_matches_its_filter(both_ways: Site) -> None:
    stream = await both_ways.open_stream("/events?topic=api.*&topic=db&level=warning&q=full")
    await both_ways.say("disk full", topic="other", level="error")
    await both_ways.say("disk full", topic="db", level="info")
    await both_ways.say("disk fine", topic="db", level="error")
    await both_ways.say("DISK FULL", topic="db", level="warning")
    await both_ways.say("queue full", topic="api.eu", level="critical")
    assert await stream.messages(2) == ["DISK FULL", "queue full"]


@pytest.mark.gen_test
async def test_the_header_of_the_browser_counts_before_the_address(both_ways: Site) -> None:
    ids = await both_ways.say("one", "two", "three")
    stream = await both_ways.open_stream(f"/events?last_event_id={ids[0]}", {"Last-Event-ID": ids[1]})
    assert await stream.messages(1) == ["three"]
    stream = await both_ways.open_stream(f"/events?last_event_id={ids[0]}")
    assert await stream.messages(2) == ["two", "three"]
    assert stream.ids == ids[1:]


@pytest.mark.gen_test
async def test_an_empty_id_is_no_id(both_ways: Site) -> None:
    """The cursor of a client without a message yet (WHATWG HTML, "the last event ID string")."""
    await both_ways.say("before")
    for where, headers in (("/events?last_event_id=", {}), ("/events", {"Last-Event-ID": ""})):
        stream = await both_ways.open_stream(where, headers)
        assert "gap" not in stream.names
        await stream.close()


@pytest.mark.gen_test
async def test_the_last_so_many_or_those_since_then_come_first(both_ways: Site) -> None:
    await both_ways.say("one", "two", "three")
    assert await (await both_ways.open_stream("/events?last=2")).messages(2) == ["two", "three"]
    assert await (await both_ways.open_stream("/events?since=15m")).messages(3) == ["one", "two", "three"]
    assert "message" not in (await both_ways.open_stream("/events")).names


@pytest.mark.gen_test
@pytest.mark.parametrize("last_id", ["garbage", "1-1", "99999999999999-1", "-", "1-1;drop", "\xff", "9" * 500, "%00"])
async def test_a_cursor_that_is_none_is_a_gap_and_then_all_there_is(both_ways: Site, last_id: str) -> None:
    ids = await both_ways.say("one")
    stream = await both_ways.open_stream("/events", {"Last-Event-ID": last_id})
    assert await stream.messages(1) == ["one"]
    [gap] = [data for name, data in stream.events if name == "gap"]
    assert (gap["before"], gap["missing"], gap["reason"]) == (ids[0], None, "new_log")
    assert stream.names.index("gap") < stream.names.index("message")


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("topic=a%20b", "topic"),
        ("topic=", "topic"),
        ("topic=a%0A", "topic"),
        ("topic=%00a", "topic"),
        ("topic=a%0Db", "topic"),
        ("topic=%FF", ""),
        ("q=%00", "q"),  # Tornado would make a blank of it: a query that matches all messages.
        ("level=loud", "level"),
        ("level=info%0A", "level"),
        ("last=-1", "last"),
        ("last=1e3", "last"),
        ("since=tomorrow", "since"),
        ("since=", "since"),
        ("since=tomorrow&last_event_id=1-1", "since"),
        ("q=" + "x" * 5000, "q"),
    ],
)
async def test_a_wrong_query_is_refused_by_name(both_ways: Site, query: str, field: str) -> None:
    for method in ("GET", "HEAD"):
        answer = await both_ways.request(method, f"/events?{query}")
        assert answer.status == 400
        if method == "GET":
            assert answer.error["message"].startswith(field)
            assert answer.error["hint"]
    assert both_ways.wall.registry.count == 0


@pytest.mark.gen_test
async def test_head_and_options_answer_at_once_and_hold_no_place(both_ways: Site) -> None:
    head = await both_ways.request("HEAD", "/events")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    options = await both_ways.request("OPTIONS", "/events")
    assert (options.status, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert both_ways.wall.registry.count == 0


@pytest.mark.parametrize("q", ["", "%20", "%09%0A%20", "%E2%80%83", "%22%22"])
@pytest.mark.gen_test
async def test_a_blank_query_matches_everything(both_ways: Site, q: str) -> None:
    stream = await both_ways.open_stream(f"/events?q={q}")
    await both_ways.say("hello")
    assert await stream.messages(1) == ["hello"]
    (connection,) = (await both_ways.get("/connections")).json["connections"]
    assert connection["filter"] == {}


@pytest.mark.gen_test
async def test_the_page_path_is_a_stream_for_an_event_stream_accept_header(both_ways: Site) -> None:
    stream = await both_ways.open_stream("/", {"Accept": "text/event-stream"})
    await both_ways.say("hello")
    assert await stream.messages(1) == ["hello"]
    assert "Accept" in stream.headers["Vary"]


@pytest.mark.gen_test
async def test_an_http_1_0_reader_gets_no_chunks(both_ways: Site) -> None:
    stream = await both_ways.open_stream(version="1.0")
    assert stream.headers["Transfer-Encoding"] is None
    await both_ways.say("one", "two")
    assert await stream.messages(2) == ["one", "two"]
    both_ways.wall.hub.dismiss(next(iter(both_ways.wall.registry)), "disconnected")
    await stream.end()
    assert stream.names[-1] == "bye"


@pytest.mark.gen_test
async def test_the_newest_is_turned_away_when_all_places_are_taken(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections": 2, "max_connections_per_address": 5})
    streams = [await site.open_stream() for _ in range(2)]
    for method in ("GET", "HEAD"):
        answer = await site.request(method, "/events")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert "server.max_connections " in (await site.get("/events")).error["hint"]
    await streams[0].close()
    await until(lambda: site.wall.registry.count == 1)
    assert (await site.open_stream()).status == 200
    await site.say("still here")
    assert await streams[1].messages(1) == ["still here"]


@pytest.mark.gen_test
async def test_one_address_cannot_take_every_place(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections_per_address": 1})
    await site.open_stream()
    answer: Answer = await site.get("/events")
    assert (answer.status, answer.error["code"], answer.headers["Retry-After"]) == (429, "too_many_connections", "30")


@pytest.mark.gen_test
async def test_the_count_reaches_every_page_within_a_second_or_so(both_ways: Site) -> None:
    first = await both_ways.open_stream()
    other = await both_ways.open_stream()
    while (await first.event("connections"))["count"] != 2:
        pass
    await other.close()
    while (await first.event("connections"))["count"] != 1:
        pass


@pytest.mark.gen_test
async def test_a_config_is_rejected_until_it_is_corrected(both_ways: Site) -> None:
    early = await both_ways.open_stream()
    both_ways.wall.hub.announce("config", {"status": "rejected", "errors": ["config.yaml:5:3: no"]})
    late = await both_ways.open_stream()
    for stream in (early, late):
        if "config" not in stream.names:
            await stream.event("config")
        assert dict(stream.events)["config"]["errors"] == ["config.yaml:5:3: no"]


@pytest.mark.gen_test
async def test_a_page_of_another_site_cannot_start_a_stream(both_ways: Site) -> None:
    """An image with this address would have the server replay and search. EventSource sends its origin."""
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    for target in ("/events", "/events?last=1000", "/events?since=1h"):
        refused = await both_ways.get(target, foreign)
        assert (refused.status, refused.error["code"]) == (403, "cross_origin")
    assert (await both_ways.request("HEAD", "/events", headers=foreign)).status == 403
    for more in ({"Sec-Fetch-Mode": "navigate"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        stream = await both_ways.open_stream(headers=foreign | more)
        assert stream.status == 200
        await stream.close()
