"""What is sent means the same by POST and by PUT: levels, records, encodings."""

import pytest

from tests.handlers.site import Site

JSON = "application/json"


@pytest.mark.gen_test
async def test_a_text_and_a_logger_s_record_mean_by_post_what_they_mean_by_put(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    record = '{"level":"WARN","msg":"slow","took":3}'
    for path, body, kind in (
        ("/topics/a", "[ERROR] disk full", ""),
        ("/topics/a", record, JSON),
        ("/topics/a", f"[{record}]", JSON),
        ("/topics/a?level=loud", "x", ""),
        ("/topics/a", '{"message":"m","level":"loud"}', JSON),
    ):
        assert (await both_ways.post(path, body, kind)).status == 201
    assert await stream.messages(5) == ["[ERROR] disk full", "slow", "slow", "x", "m"]
    said = [(data["level"], data.get("data")) for name, data in stream.events if name == "message"]
    warning, loud = ("warning", {"took": 3}), ("info", {"level": "loud"})
    assert said == [("error", None), warning, warning, loud, loud]


@pytest.mark.gen_test
async def test_a_body_in_another_encoding_is_read_or_refused_with_the_position(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    sent = "\ufeff[ERROR] k\xe4se\r\nzwei\r\n".encode("utf-16-le")
    for method, path, body, kind in (
        ("POST", "/topics/a", "k\xe4se".encode("utf-16-le"), "text/plain; charset=utf-16le"),
        ("POST", "/topics/a", "k\xe4se".encode("latin-1"), "text/plain; charset=latin-1"),
        ("POST", "/topics/a", '\ufeff{"message":"bom"}'.encode(), JSON),
        ("PUT", "/topics/a", sent, "text/plain"),
    ):
        answer = await both_ways.request(method, path, body, {"Content-Type": kind})
        assert answer.status == 201
    assert await stream.messages(5) == ["k\xe4se", "k\xe4se", "bom", "[ERROR] k\xe4se", "zwei"]
    refused = await both_ways.post("/topics/a", b"a\0b", "text/plain; charset=utf-16le")
    assert (refused.status, refused.error["message"]) == (400, "body: byte 3 is not utf-16-le")
    refused = await both_ways.post("/topics/a", b"a", "text/plain; charset=klingon")
    assert (refused.status, refused.error["message"]) == (415, "Content-Type: unknown charset 'klingon'")


@pytest.mark.gen_test
async def test_a_stack_trace_by_put_is_one_message_unless_multiline_is_off(site: Site) -> None:
    stream = await site.open_stream()
    trace = "Traceback (most recent call last):\n  File 'a.py', line 1\nValueError: bad"
    for query, key in (("", ""), ("?multiline=off", ""), ("", "k")):
        headers = {"Content-Type": "text/plain"} | ({"Idempotency-Key": key} if key else {})
        answer = await site.request("PUT", f"/topics/a{query}", f"{trace}\nnext\n", headers)
        assert answer.json["lines"] == 4
    assert await stream.messages(8) == [trace, "next", *trace.split("\n"), "next", trace, "next"]
    levels = [data["level"] for name, data in stream.events if name == "message"]
    assert levels[:2] == ["error", "info"]


@pytest.mark.gen_test
async def test_a_progress_bar_by_put_is_what_a_terminal_shows_in_the_end(site: Site) -> None:
    stream = await site.open_stream()
    bar = b"Downloading 10%\rDownloading 50%\rDownloading 100%\r\n\rdone  \rok\n"
    await site.request("PUT", "/topics/a", bar)
    assert await stream.messages(2) == ["Downloading 100%", "okne  "]


@pytest.mark.gen_test
async def test_each_kind_of_json_is_json(both_ways: Site) -> None:
    event = b'{"specversion":"1.0","type":"paid","source":"/shop","id":"1"}'
    one = await both_ways.post("/messages", event, "application/cloudevents+json; charset=utf-8")
    several = await both_ways.post("/topics/a", b"[%b,%b]" % (event, event), "application/cloudevents-batch+json")
    assert (one.status, several.status, several.json["accepted"]) == (201, 201, 2)
