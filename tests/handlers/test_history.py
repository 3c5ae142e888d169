"""GET /messages: pages, exports, gaps and errors."""

import csv
import io
import json
from typing import Any

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import Answer


def texts(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [message["message"] for message in answer.json["messages"]]


def numbered(count: int) -> list[str]:
    return [f"m{number}" for number in range(1, count + 1)]


@pytest.mark.gen_test
async def test_the_newest_come_first_and_the_head_is_where_a_stream_continues(site: Site) -> None:
    ids = await site.say(*numbered(5))
    answer = await site.get("/messages?limit=3")
    assert texts(answer) == ["m5", "m4", "m3"]
    assert answer.json["head"] == ids[-1]
    assert answer.json["first"]["id"] == ids[0]
    assert answer.json["next"] == ids[2]
    assert "gap" not in answer.json
    stream = await site.open_stream(f"/events?last_event_id={answer.json['head']}")
    await site.say("m6")
    assert await stream.messages(1) == ["m6"]


@pytest.mark.gen_test
async def test_an_empty_log_has_a_head_too(site: Site) -> None:
    answer = (await site.get("/messages")).json
    assert (answer["messages"], answer["first"], answer["next"]) == ([], None, None)
    stream = await site.open_stream(f"/events?last_event_id={answer['head']}")
    await site.say("the first")
    assert await stream.messages(1) == ["the first"]
    assert "gap" not in stream.names


@pytest.mark.gen_test
async def test_pages_follow_each_other_in_both_directions(site: Site) -> None:
    said = numbered(7)
    await site.say(*said)
    backwards: list[str] = []
    path = "/messages?limit=3"
    while path:
        answer = await site.get(path)
        backwards += texts(answer)
        await site.say("later")  # Does not shift the pages.
        path = f"/messages?limit=3&before={answer.json['next']}" if answer.json["next"] else ""
    assert backwards == said[::-1]
    first = await site.get("/messages?order=asc&limit=4")
    assert texts(first) == said[:4]
    rest = await site.get(f"/messages?after={first.json['next']}&before={(await site.say('end'))[0]}")
    assert texts(rest)[:3] == said[4:]
    assert rest.json["next"] is None


@pytest.mark.gen_test
async def test_history_takes_the_same_filters_as_streams(site: Site) -> None:
    await site.say("disk full", "disk fine", topic="db", level="error")
    await site.say("disk full", topic="api.eu", level="warning")
    await site.say("ok", topic="api.us")
    assert texts(await site.get("/messages?topic=api.*")) == ["ok", "disk full"]
    assert texts(await site.get("/messages?topic=api.*&topic=db&level=error")) == ["disk fine", "disk full"]
    assert texts(await site.get("/messages?q=disk+-fine+level:%3E=warn")) == ["disk full", "disk full"]
    assert texts(await site.get("/messages?q=nowhere")) == []


@pytest.mark.gen_test
async def test_a_range_of_time_is_a_duration_a_time_or_a_number(site: Site) -> None:
    await site.say("now")
    time = (await site.get("/messages")).json["messages"][0]["time"]
    for since in ("15m", time, "2020-01-01", "1700000000"):
        assert texts(await site.get(f"/messages?since={since}")) == ["now"], since
    assert texts(await site.get("/messages?since=2999-01-01")) == []
    assert texts(await site.get(f"/messages?until={time}")) == []
    assert texts(await site.get("/messages?until=2999-01-01")) == ["now"]


@pytest.mark.gen_test
async def test_pruned_messages_after_a_cursor_are_a_gap(start_site: StartSite) -> None:
    site = await start_site()
    ids = await site.say(*numbered(6))
    site.wall.log.first = 4  # As after pruning.
    answer = await site.get(f"/messages?after={ids[0]}")
    assert answer.json["gap"] == {"after": ids[0], "before": ids[3], "missing": 2, "reason": "expired"}
    assert texts(answer) == ["m4", "m5", "m6"]


@pytest.mark.gen_test
async def test_an_id_of_another_log_is_a_gap_of_unknown_size(site: Site) -> None:
    ids = await site.say("a", "b")
    after = await site.get("/messages?after=1-1")
    assert texts(after) == ["a", "b"]
    assert after.json["gap"] == {"after": "1-1", "before": ids[0], "missing": None, "reason": "new_log"}
    before = await site.get("/messages?before=1-1")
    assert texts(before) == []
    assert before.json["gap"]["reason"] == "new_log"
    assert before.json["next"] is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("after=yesterday", "after: invalid id 'yesterday'"),
        ("before=12", "before: invalid id '12'"),
        ("since=soon", "since: invalid time 'soon'"),
        ("until=", "until: invalid time ''"),
        ("limit=0", "limit: invalid number of messages '0'"),
        ("limit=many", "limit: invalid number of messages 'many'"),
        ("limit=1001", "limit: 1001 messages exceed the limit of one JSON page"),
        ("order=up", "order: unknown order 'up'"),
        ("format=xml", "format: unknown format 'xml'"),
        ("level=loud", "level: unknown level 'loud'"),
        ("topic=a/b", "topic: invalid topic 'a/b'"),
        ("q=%00", "q: column 1: a query cannot contain a NUL character"),
        ("q=a%20%00", "q: column 3: a query cannot contain a NUL character"),
        ("q=a%ff", "q: byte 2 is not UTF-8"),
        ("q=" + "+".join("x" * 25), "q: column 49: a query has at most 24 words, phrases and data. terms in all"),
        ("q=/x/", "q: column 1: regular expressions work in the page only"),
        ("format=csv&q=(a", "q: column 1: this bracket is never closed"),
        ("format=csv&after=x", "after: invalid id 'x'"),
    ],
)
@pytest.mark.gen_test
async def test_an_invalid_parameter_is_rejected_by_name(site: Site, query: str, message: str) -> None:
    answer = await site.get(f"/messages?{query}")
    assert answer.status == 400
    assert answer.error["message"] == message
    assert answer.error["hint"]


@pytest.mark.parametrize(("asked", "headers"), [("?format=ndjson", {}), ("", {"Accept": "application/x-ndjson"})])
@pytest.mark.gen_test
async def test_an_export_has_one_message_per_line(site: Site, asked: str, headers: dict[str, str]) -> None:
    batch = "\n".join(json.dumps({"topic": "t", "message": f"m{number}\n"}) for number in range(2500))
    assert (await site.post("/messages", batch, "application/x-ndjson")).status == 201
    answer = await site.get(f"/messages{asked}", headers)
    assert answer.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    lines = answer.body.decode().split("\n")
    assert lines.pop() == ""
    assert [json.loads(line)["message"] for line in lines] == [f"m{number}\n" for number in reversed(range(2500))]


@pytest.mark.gen_test
async def test_an_export_can_be_limited_and_oldest_first(site: Site) -> None:
    ids = await site.say(*numbered(4))
    answer = await site.get("/messages?format=ndjson&order=asc&limit=2")
    assert [json.loads(line)["id"] for line in answer.body.split(b"\n")[:-1]] == ids[:2]


@pytest.mark.gen_test
async def test_csv_cells_are_not_formulas(site: Site) -> None:
    said = [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\ttab",
        "\rreturn",
        "\n=1",
        "\uff1d1",
        " =1",
        "\0=1",
        "\xa0\ufeff@x",
        'plain, "quoted"\nand long',
        "'=kept",
        "a=b",
    ]
    for text in said:
        fields: dict[str, Any] = {"topic": "-t", "source": "=s", "message": text, "data": -5}
        assert (await site.post("/messages", json.dumps(fields), "application/json")).status == 201
    answer = await site.get("/messages?format=csv&order=asc")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["message"] for row in rows] == [f"'{text}" for text in said[:11]] + said[11:]
    assert {(row["topic"], row["source"], row["data"], row["level"]) for row in rows} == {("'-t", "'=s", "'-5", "info")}


@pytest.mark.gen_test
async def test_an_export_begins_with_its_gap(site: Site) -> None:
    ids = await site.say("a")
    lines = (await site.get("/messages?format=ndjson&after=1-1")).body.split(b"\n")
    assert json.loads(lines[0])["gap"]["reason"] == "new_log"
    assert json.loads(lines[1])["id"] == ids[0]
    rows = list(csv.reader(io.StringIO((await site.get("/messages?format=csv&after=1-1")).body.decode())))
    assert rows[1][0] == ids[0]
    assert rows[1][5] == "an unknown number of messages before this id are missing: new_log"
    assert len(rows) == 3


@pytest.mark.gen_test
async def test_the_same_path_accepts_posts(site: Site) -> None:
    assert (await site.post("/messages", '{"topic":"t","message":"x"}', "application/json")).status == 201
    answer = await site.request("DELETE", "/messages")
    assert answer.status == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.gen_test
async def test_a_page_of_another_site_cannot_start_a_search(start_site: StartSite) -> None:
    site = await start_site(server={"cors_origins": ["https://ops.example.com"]})
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    refused = await site.get("/messages", foreign)
    assert (refused.status, refused.error["code"]) == (403, "cross_origin")
    assert refused.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    for more in (
        {"Sec-Fetch-Mode": "navigate"},
        {"Origin": "https://ops.example.com", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert (await site.get("/messages", foreign | more)).status == 200


@pytest.mark.gen_test
async def test_no_line_of_an_answer_ends_inside_a_message(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    await both_ways.say("one\u2028two\x85three")
    assert await stream.messages(1) == ["one\u2028two\x85three"]
    for form in ("json", "ndjson"):
        answer = await both_ways.get(f"/messages?format={form}")
        assert len(answer.body.decode().splitlines()) == 1
