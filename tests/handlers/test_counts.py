"""GET /counts and GET /fields: shapes, parameters and limits, in both tiers."""

import json
from typing import Any

import pytest

from hub.history import HistoryLimits
from hub.search.find import Bounds
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site


async def published(site: Site) -> list[str]:
    """Publish some messages and return their times."""
    await site.say("one", "two", topic="api.eu", level="error")
    await site.say("three", topic="api.us")
    await site.say("four", topic="db", level="debug")
    return [message["time"] for message in (await site.get("/messages?order=asc")).json["messages"]]


@pytest.mark.gen_test
async def test_counts_are_by_step_level_and_topic(both_ways: Site) -> None:
    times = await published(both_ways)
    answer = await both_ways.get("/counts?step=1h")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json; charset=utf-8")
    found = answer.json
    assert found["since"] == times[0]
    assert found["until"] > times[-1]
    assert (found["step"], found["total"], found["complete"], found["reached"]) == (3600, 4, True, None)
    assert found["levels"] == {"debug": 1, "info": 1, "warning": 0, "error": 2, "critical": 0}
    assert found["topics"] == {"api.eu": [0, 0, 0, 2, 0], "api.us": [0, 1, 0, 0, 0], "db": [1, 0, 0, 0, 0]}
    assert next(iter(found["topics"])) == "api.eu"
    assert all(start % 3600 == 0 for start, _ in found["steps"])
    assert sum(sum(counts) for _, counts in found["steps"]) == 4


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("topic=api.*", 3),
        ("level=error", 2),
        ("q=t", 2),
        ("q=one+OR+four&level=info", 1),
        ("topic=db&topic=api.us&since=15m", 2),
        ("until=15m", 0),
        ("from=yesterday&to=2999-01-01", 4),
        ("since=2999-01-01", 0),
        ("until=1970-01-02T00:00Z&since=1h", 0),
    ],
)
async def test_counts_take_the_filters_and_times_of_history(both_ways: Site, query: str, total: int) -> None:
    await published(both_ways)
    for path in (f"/counts?{query}", f"/counts?{query}&step=1d"):
        found = (await both_ways.get(path)).json
        assert (found["total"], found["complete"]) == (total, True)
        assert sum(map(sum, found["topics"].values())) == total
    head = await both_ways.request("HEAD", f"/counts?{query}")
    assert (head.status, head.body) == (200, b"")


@pytest.mark.gen_test
async def test_an_empty_log_has_no_counts_and_no_fields(both_ways: Site) -> None:
    assert (await both_ways.get("/counts")).json == {
        "since": None,
        "until": None,
        "step": 5,
        "steps": [],
        "topics": {},
        "all_topics": True,
        "total": 0,
        "levels": dict.fromkeys(("debug", "info", "warning", "error", "critical"), 0),
        "complete": True,
        "reached": None,
    }
    assert (await both_ways.get("/fields")).json == {"fields": [], "messages": 0, "complete": True, "reached": None}


@pytest.mark.gen_test
async def test_the_names_and_usual_values_of_fields(both_ways: Site) -> None:
    for status, user in ((504, "ana"), (504, "bob"), (200, "ana")):
        message = {
            "topic": "api",
            "message": "m",
            "source": "web-1",
            "data": {"status": status, "user": {"name": user}},
        }
        assert (await both_ways.post("/messages", json.dumps(message), "application/json")).status == 201
    await both_ways.say("without", topic="db")
    found = (await both_ways.get("/fields")).json
    assert (found["messages"], found["complete"]) == (4, True)
    assert {field["name"]: (field["count"], field["values"]) for field in found["fields"]} == {
        "source": (3, [["web-1", 3]]),
        "data.status": (3, [["504", 2], ["200", 1]]),
        "data.user.name": (3, [["ana", 2], ["bob", 1]]),
    }
    for query, messages in (("topic=db", 1), ("q=data.status:504", 2), ("since=2999-01-01", 0), ("level=error", 0)):
        assert (await both_ways.get(f"/fields?{query}")).json["messages"] == messages


@pytest.mark.gen_test
@pytest.mark.parametrize("path", ["/counts", "/fields"])
async def test_an_answer_without_time_is_incomplete_and_says_how_far_it_came(site: Site, path: str) -> None:
    times = await published(site)
    site.wall.history.limits = HistoryLimits(answer_seconds=-1, bounds=Bounds(seconds=-1, clock_bytes=0))
    found = (await site.get(f"{path}?q=-x")).json
    assert (found["complete"], found["reached"]) == (False, times[-1])
    assert found.get("total", found.get("messages")) == 1  # At least one slice.


@pytest.mark.gen_test
@pytest.mark.parametrize("path", ["/counts", "/fields"])
async def test_the_rules_of_history_apply(start_site: StartSite, path: str) -> None:
    site = await start_site(server={"cors_origins": ["https://ops.example.com"]})
    for query, code in (
        ("levels=error", "unknown_parameter"),
        ("since=soon", "invalid_input"),
        ("q=(a", "invalid_input"),
    ):
        answer = await site.get(f"{path}?{query}")
        assert (answer.status, answer.error["code"]) == (400, code)
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert (await site.get(path, foreign)).error["code"] == "cross_origin"
    listed = await site.get(path, foreign | {"Origin": "https://ops.example.com"})
    assert (listed.status, listed.headers["Access-Control-Allow-Origin"]) == (200, "https://ops.example.com")
    assert (await site.get(path, {"Host": "evil.example.com"})).status == 421
    site.wall.history.limits = HistoryLimits(answers=0)
    full = await site.get(path)
    assert (full.status, full.error["message"]) == (503, "too many searches at once")


@pytest.mark.gen_test
@pytest.mark.parametrize("step", ["", "0", "-5", "5+m", "1w", "999999999", "soon"])
async def test_an_invalid_step_is_rejected(site: Site, step: str) -> None:
    answer = await site.get(f"/counts?step={step}")
    assert (answer.status, answer.error["message"]) == (400, f"step: invalid duration {step.replace('+', ' ')!r}")


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("step", "used"), [("7", 10), ("30s", 30), ("7m", 600), ("25h", 172_800), ("", 86_400), ("1", 10_800)]
)
async def test_a_step_is_a_round_one_and_the_answer_names_it(site: Site, step: str, used: int) -> None:
    """100 days in 1000 steps at most, or about 200."""
    since = "90s" if step in ("7", "30s", "7m", "25h") else "100d"
    query: Any = f"/counts?since={since}&until=0s" + (f"&step={step}" if step else "")
    assert (await site.get(query)).json["step"] == used
