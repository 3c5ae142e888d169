"""Large requests are processed in parts, with turns of the loop for other clients in between."""

import pytest

from hub.ingest import decode
from hub.ingest.publisher import LINES_PER_TURN, MAX_MESSAGES
from tests.handlers.site import Site
from tests.turns import Turns


@pytest.mark.gen_test
async def test_short_lines_are_published_some_at_a_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece of 64 KiB may hold 65,536 lines, which would block the loop for 0.25 s (measured)."""
    drafts = Turns(monkeypatch, decode, "guess_level")
    answer = await site.request("PUT", "/topics/app", "x\n" * 70_000)
    assert answer.json["accepted"] == site.wall.log.head == 70_000
    assert drafts.most == LINES_PER_TURN


@pytest.mark.gen_test
async def test_lines_that_are_refused_are_read_some_at_a_time_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them waits for the log, which would give other clients a turn."""
    drafts = Turns(monkeypatch, decode, "parse_object")
    answer = await site.post("/messages", "?\n" * 20_000, "application/x-ndjson")
    assert answer.json["rejected_count"] == 20_000
    assert drafts.most == LINES_PER_TURN


@pytest.mark.gen_test
async def test_an_array_is_read_in_parts_and_stored_in_one_go(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts, commits = Turns(monkeypatch, decode, "parse_object"), Turns(monkeypatch, site.wall.log, "append")
    answer = await site.post(
        "/messages", "[" + ",".join(['{"topic":"a","message":""}'] * MAX_MESSAGES) + "]", "application/json"
    )
    assert answer.json["accepted"] == MAX_MESSAGES
    assert drafts.most == LINES_PER_TURN
    assert commits.all == 1
