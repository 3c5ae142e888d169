"""A query parameter that the server does not know is refused by name; a cursor is read in each of its spellings."""

import pytest

from tests.handlers.site import Site

GETS = ("/events?", "/messages?")


@pytest.mark.gen_test
@pytest.mark.parametrize("name", ["lastEventId", "lastEventID", "Last-Event-ID", "last-event-id", "last_event_id"])
async def test_a_stream_resumes_by_each_spelling_of_the_last_event_id(both_ways: Site, name: str) -> None:
    ids = await both_ways.say("one", "two", "three")
    stream = await both_ways.open_stream(f"/events?{name}={ids[0]}")
    assert await stream.messages(2) == ["two", "three"]


@pytest.mark.gen_test
async def test_the_cursor_that_a_client_appends_counts_before_the_one_in_its_address(both_ways: Site) -> None:
    """A polyfill keeps `last_event_id` in its address: it would replay everything at each reconnect."""
    ids = await both_ways.say("one", "two", "three")
    for query in ("last_event_id={0}&lastEventId={1}", "lastEventID={1}&last_event_id={0}", "Last-Event-ID={1}&last=3"):
        stream = await both_ways.open_stream("/events?" + query.format(*ids))
        assert await stream.messages(1) == ["three"]
    stream = await both_ways.open_stream(f"/events?lastEventId={ids[0]}", {"Last-Event-ID": ids[1]})
    assert await stream.messages(1) == ["three"]


@pytest.mark.gen_test
async def test_an_empty_cursor_is_none(both_ways: Site) -> None:
    ids = await both_ways.say("one", "two")
    stream = await both_ways.open_stream(f"/events?lastEventId=&Last-Event-ID=&last_event_id={ids[0]}")
    assert await stream.messages(1) == ["two"]
    stream = await both_ways.open_stream("/events?lastEventId=&last=1")
    assert await stream.messages(1) == ["two"]


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("query", "name", "hint"),
    [
        ("topics=db", "topics", "topic"),
        ("Level=error", "Level", "level"),
        ("levle=error", "levle", "level"),
        ("sinze=1h", "sinze", "since"),
        ("service=web", "service", "topic, level, q"),
        ("t=db", "t", "topic, level, q"),
        ("v=true&v=2&v=beta", "v", "topic"),
        ("token=secret", "token", "Authorization"),
        ("Access_Token=1", "Access_Token", "Authorization"),
    ],
)
async def test_an_unknown_parameter_is_refused_with_the_nearest_known_one(
    both_ways: Site, query: str, name: str, hint: str
) -> None:
    for path in GETS:
        answer = await both_ways.get(path + query)
        assert (answer.status, answer.error["code"]) == (400, "unknown_parameter")
        assert answer.error["message"] == f"{name}: unknown parameter"
        assert hint in answer.error["hint"]
        assert "secret" not in answer.body.decode()
        assert (await both_ways.request("HEAD", path + query)).status == 400
    assert (await both_ways.get("/?" + query, {"Accept": "text/event-stream"})).status == 400
    assert both_ways.wall.registry.count == 0


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "query",
    ["_=1795400000", "t=0.8512", "ts=", "v=true", "cb=7", "nocache", "ngsw-bypass=true", "utm_source=mail", "r=1&_=2"],
)
async def test_a_cache_buster_passes(both_ways: Site, query: str) -> None:
    stream = await both_ways.open_stream(f"/events?{query}")
    assert stream.status == 200
    assert (await both_ways.get(f"/messages?{query}")).status == 200


@pytest.mark.gen_test
async def test_from_and_to_are_other_names_of_since_and_until(both_ways: Site) -> None:
    await both_ways.say("one")
    for query in ("from=-1h", "from=yesterday&to=2999-01-01T00:00Z", "since=1h&to=2999-01-01"):
        answer = await both_ways.get(f"/messages?{query}")
        assert [message["message"] for message in answer.json["messages"]] == ["one"]
        assert answer.json["complete"]
    stream = await both_ways.open_stream("/events?from=-15m")
    assert await stream.messages(1) == ["one"]
    for path in ("/events?since=1h&from=1h", "/messages?from=1h&since=2h"):
        answer = await both_ways.get(path)
        assert (answer.status, answer.error["hint"]) == (400, "use one of them")
    answer = await both_ways.get("/events?to=1h")
    assert answer.error["message"] == "to: unknown parameter"


@pytest.mark.gen_test
async def test_the_page_and_publishers_may_have_any_parameter(both_ways: Site) -> None:
    assert (await both_ways.get("/?at=1-2&levels=error&without=a")).status == 200
    assert (await both_ways.post("/topics/db?service=web", "hello")).status == 201
    assert (await both_ways.post("/messages?service=web", '{"topic":"db","message":"hello"}')).status == 201
    stream = await both_ways.open_stream("/?lastEventId=&level=info", {"Accept": "text/event-stream"})
    assert stream.status == 200
