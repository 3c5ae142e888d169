"""The list of connections, and how to disconnect one."""

import re

import pytest

from tests.handlers.site import Site
from tests.waiting import until


@pytest.mark.gen_test
async def test_everybody_who_reads_is_listed(both_ways: Site) -> None:
    stream = await both_ways.open_stream("/events?topic=demo&level=error&q=disk", {"User-Agent": "curl/8"})
    await both_ways.open_stream()
    await both_ways.say("disk full", level="error")
    await stream.messages(1)
    shown = (await both_ways.get("/connections")).json
    assert (shown["count"], shown["peak"], len(shown["connections"])) == (2, 2, 2)
    first = shown["connections"][0]
    assert first["id"] == stream.events[0][1]["connection"]
    assert (first["address"], first["client"], first["state"], first["sent"]) == ("127.0.0.1", "curl/8", "live", 1)
    assert first["filter"] == {"topics": ["demo"], "level": "error", "q": "disk"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["since"])
    assert shown["connections"][1]["filter"] == {}


@pytest.mark.gen_test
async def test_a_name_that_would_break_a_list_is_shown_without_its_control_characters(both_ways: Site) -> None:
    await both_ways.open_stream(headers={"User-Agent": "a\tb\x85c" + "x" * 500})
    client = (await both_ways.get("/connections")).json["connections"][0]["client"]
    assert client.startswith("a b cxxx")
    assert len(client) == 200


@pytest.mark.gen_test
@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_who_is_disconnected_hears_why_and_is_gone(site: Site, version: str) -> None:
    stream = await site.open_stream(version=version)
    answer = await site.request("DELETE", f"/connections/{stream.events[0][1]['connection']}")
    assert (answer.status, answer.body) == (204, b"")
    assert site.wall.registry.count == 0
    bye = await stream.event("bye")
    assert bye["reason"] == "disconnected"
    assert 2000 <= bye["retry_ms"] <= 6000
    await stream.end()
    assert stream.terminated is (version == "1.1")
    await until(lambda: site.acceptor.open == 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("connection_id", ["unknown", "%00", "a%0Ab", "x" * 5000])
async def test_nobody_is_404(site: Site, connection_id: str) -> None:
    answer = await site.request("DELETE", f"/connections/{connection_id}")
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert len(answer.error["message"]) < 200
