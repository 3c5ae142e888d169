"""The list of connections, and how to disconnect one."""

import asyncio
import re

import pytest

from tests.handlers.site import Site
from tests.turns import Turns
from tests.waiting import until


@pytest.mark.gen_test
async def test_all_readers_are_listed(both_ways: Site) -> None:
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
async def test_a_disconnected_reader_is_sent_the_reason_and_removed(site: Site, version: str) -> None:
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
async def test_an_unknown_connection_is_404(site: Site, connection_id: str) -> None:
    answer = await site.request("DELETE", f"/connections/{connection_id}")
    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert len(answer.error["message"]) < 200


@pytest.mark.gen_test
async def test_the_list_has_pages_also_behind_a_connection_that_is_gone(both_ways: Site) -> None:
    streams = [await both_ways.open_stream() for _ in range(5)]
    ids = [stream.events[0][1]["connection"] for stream in streams]
    first = (await both_ways.get("/connections?limit=2")).json
    assert ([one["id"] for one in first["connections"]], first["count"], first["next"]) == (ids[:2], 5, ids[1])
    await streams[1].close()
    await until(lambda: both_ways.wall.registry.count == 4)
    second = (await both_ways.get(f"/connections?limit=2&after={first['next']}")).json
    assert ([one["id"] for one in second["connections"]], second["next"]) == (ids[2:4], ids[3])
    last = (await both_ways.get(f"/connections?limit=2&after={second['next']}")).json
    assert ([one["id"] for one in last["connections"]], last["next"]) == (ids[4:], None)


@pytest.mark.gen_test
async def test_a_page_ends_when_its_answer_is_large(site: Site) -> None:
    """900 readers with large filters made one answer of 6 MB, and 300 clients that did not read it took 1.7 GB."""
    topics = "&".join(f"topic={number:064}" for number in range(64))
    for number in range(200):
        await site.open_stream(f"/events?{topics}&q={number}{'%C3%A9' * 900}")
    seen, path, pages = [], "/connections", 0
    while path:
        answer = await site.get(path)
        assert len(answer.body) < (1 << 20) + (16 << 10)
        seen += [one["id"] for one in answer.json["connections"]]
        path = f"/connections?after={answer.json['next']}" if answer.json["next"] else ""
        pages += 1
    assert (len(set(seen)), pages) == (200, 2)


@pytest.mark.gen_test
@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "after=x", "after=12345678x"])
async def test_a_wrong_page_is_refused_by_name(site: Site, query: str) -> None:
    answer = await site.get(f"/connections?{query}")
    assert (answer.status, answer.error["message"].partition(":")[0]) == (400, query.partition("=")[0])


@pytest.mark.gen_test
async def test_answers_that_are_not_read_count_as_searches(site: Site) -> None:
    site.wall.history.answering = site.wall.history.limits.answers
    assert (await site.get("/connections")).status == 503
    site.wall.history.answering = 0
    assert (await site.get("/connections")).status == 200
    assert site.wall.history.answering == 0


@pytest.mark.gen_test
async def test_a_turn_of_the_loop_makes_one_page(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """64 pages in one turn, of 1 MB each, delayed every other request by 3 s on a busy machine (measured)."""
    await site.open_stream()
    pages = Turns(monkeypatch, site.wall.registry, "counts")
    answers = await asyncio.gather(*(site.get("/connections") for _ in range(30)))
    assert [answer.status for answer in answers] == [200] * 30
    assert (pages.all, pages.most) == (30, 1)
