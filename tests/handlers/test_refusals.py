"""Refused requests: the reason in the log, a metric by code, and a notice for operators."""

import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub.line_limit import LINES_PER_SECOND
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import Answer
from tests.waiting import until


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "eyewall.http"]


async def refused(site: Site) -> dict[str, float]:
    text = (await site.get("/metrics")).body.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {sample.labels["code"]: sample.value for sample in samples if sample.name == "eyewall_refused_total"}


@pytest.mark.gen_test
async def test_a_line_has_the_reason_and_a_short_path(both_ways: Site, caplog: pytest.LogCaptureFixture) -> None:
    await both_ways.post("/messages?strict=1", '{"topic":"db","message":"m","receiver":"x"}', "application/json")
    await both_ways.get("/" + "x" * 5000)
    first, second = lines(caplog)
    assert first.startswith("400 POST /messages ")
    assert first.endswith("ms: body: Object contains unknown field `receiver`")
    assert len(second) < 260


@pytest.mark.gen_test
async def test_a_flood_of_refused_requests_is_a_few_lines(both_ways: Site, caplog: pytest.LogCaptureFixture) -> None:
    reader, writer = await both_ways.connect()
    writer.write(both_ways.head("GET", "/nowhere") * 200)
    for _ in range(200):
        await Answer.read(reader)
    shown = [line for line in lines(caplog) if line.startswith("404")]
    assert LINES_PER_SECOND <= len(shown) < 200 / 2
    assert both_ways.wall.refusals.counts["not_found"] == 200


@pytest.mark.gen_test
async def test_malformed_requests_are_counted_and_a_few_lines(
    both_ways: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """Tornado answers them, and would write a line for each."""
    for _ in range(40):
        assert b" 400 " in await both_ways.raw(both_ways.head("GET", "/healthz").replace(b"HTTP/1.1", b"HTTP/2.0"))
    assert (await refused(both_ways))["invalid_input"] == 40
    assert "Malformed" not in caplog.text
    shown = [line for line in lines(caplog) if line.startswith("400 ")]
    assert 0 < len(shown) < 40
    assert shown[0] == "400 malformed request from 127.0.0.1: Unexpected HTTP version 'HTTP/2.0'"


@pytest.mark.gen_test
async def test_refusals_are_counted_by_code(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections_per_address": 3})
    await site.get("/events?topics=a")
    await site.post("/topics/a%20b", "x")
    await site.get("/nowhere")
    await site.get("/healthz", {"X-Long": "x" * 20_000})
    held = [await site.connect() for _ in range(3)]
    await until(lambda: site.acceptor.open == 3)
    await site.raw(b"")
    for _, writer in held:
        writer.close()
    await until(lambda: site.acceptor.open == 0)
    expected = {"unknown_parameter": 1, "invalid_input": 1, "not_found": 1, "too_large": 1, "too_many_connections": 1}
    assert await refused(site) == expected


@pytest.mark.gen_test
async def test_operators_are_told_which_messages_were_refused(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    bad = '{"topic":"db","message":"m","receiver":"x"}'
    await both_ways.post("/messages?strict=1", "\n".join([bad] * 12), "application/x-ndjson")
    notice = await stream.event("notice")
    reason = "body: Object contains unknown field `receiver`"
    assert notice == {"kind": "refused", "text": f"12 messages from 127.0.0.1 were refused: {reason}", "count": 12}
    late = await both_ways.open_stream()
    assert ("notice", notice) in late.events


@pytest.mark.gen_test
async def test_notices_are_few_and_count_on(both_ways: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.refusals.NOTICE_SECONDS", 0.3)
    stream = await both_ways.open_stream()
    for _ in range(20):
        assert (await both_ways.post("/topics/a?strict=1&level=loud", "x")).status == 400
    notices: list[int] = []
    while not notices or notices[-1] < 20:
        await stream.event("notice")
        notices = [data["count"] for name, data in stream.events if name == "notice"]
    assert len(notices) < 20


@pytest.mark.gen_test
async def test_a_valid_message_is_no_notice(both_ways: Site, caplog: pytest.LogCaptureFixture) -> None:
    await both_ways.say("hello")
    stream = await both_ways.open_stream()
    assert "notice" not in stream.names
    assert not [line for line in lines(caplog) if not line.startswith("201")]
    assert caplog.records == [] or caplog.records[0].levelno == logging.DEBUG
