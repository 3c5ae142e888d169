"""POST: a message is in the log before the answer, and an error names the field."""

import asyncio

import pytest

from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.waiting import until

JSON = "application/json"
NDJSON = "application/x-ndjson"


@pytest.mark.gen_test
async def test_a_text_is_a_message(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    answer = await both_ways.post("/topics/demo", "Hello & goodbye = 1", "application/x-www-form-urlencoded")
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json.keys() == {"id", "time", "receivers"}
    assert answer.json["receivers"] == 1
    said = await stream.event("message")
    assert (said["id"], said["message"], said["topic"]) == (answer.json["id"], "Hello & goodbye = 1", "demo")
    assert "source" not in said


@pytest.mark.gen_test
async def test_what_curl_sends_as_a_form_is_text_however_many_fields_it_has(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    await both_ways.post("/topics/demo", "a=1&" * 5000, "application/x-www-form-urlencoded")
    assert await stream.messages(1) == ["a=1&" * 5000]


@pytest.mark.gen_test
async def test_level_and_source_are_read_from_headers_or_query(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    await both_ways.post("/topics/a", "x", x_level="ERROR", x_source="srv 1")
    await both_ways.post("/topics/a?level=warn&source=srv%202", "x")
    await both_ways.post("/topics/a?level=debug", "x", x_level="error", x_source="caf\xc3\xa9")  # UTF-8, byte by byte
    await stream.messages(3)
    said = [(data["level"], data.get("source")) for name, data in stream.events if name == "message"]
    assert said == [("error", "srv 1"), ("warning", "srv 2"), ("error", "café")]


@pytest.mark.gen_test
async def test_hostile_texts_arrive_as_they_are(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    texts = ["a\r\nb\rc\n\nid: 9\nevent: x\n", "\u2028\u2029\x85\x0b", "bom\ufeff", "\0", "😀", " ", "x" * 1_000_000]
    await both_ways.say(*texts)
    assert await stream.messages(len(texts)) == texts


@pytest.mark.gen_test
async def test_json_says_everything_and_the_address_may_name_the_topic(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    for path, body in (
        ("/messages", '{"topic":"a","message":"one","level":"error"}'),
        ("/topics/b", '{"message":"two","data":{"x":[1]}}'),
        ("/topics/b", '{"message":"three","topic":"c"}'),
        ("/topics/b", '[{"message":"four"},{"message":"five","topic":"c"}]'),
    ):
        assert (await both_ways.post(path, body, JSON)).status == 201
    assert await stream.messages(5) == ["one", "two", "three", "four", "five"]
    assert [data["topic"] for name, data in stream.events if name == "message"] == ["a", "b", "c", "b", "c"]


@pytest.mark.gen_test
async def test_of_an_array_the_good_ones_are_published_and_the_bad_ones_named(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    answer = await both_ways.post(
        "/messages", '[{"topic":"a","message":"1"},{"topic":"b/b","message":"2"},3,{"topic":"a","message":"4"}]', JSON
    )
    assert await stream.messages(2) == ["1", "4"]
    assert answer.status == 201
    assert (answer.json["accepted"], answer.json["first"], answer.json["last"]) == (2, *stream.ids)
    assert answer.json["lines"] == 4
    assert answer.json["rejected_count"] == 2
    assert [found["line"] for found in answer.json["rejected"]] == [2, 3]
    assert "invalid topic 'b/b'" in answer.json["rejected"][0]["error"]


@pytest.mark.gen_test
async def test_of_ndjson_each_bad_line_is_named_by_its_number(both_ways: Site) -> None:
    lines = ['{"topic":"a","message":"1"}', "", '{"topic":"a"}', "\r", "nonsense", '{"topic":"a","message":"6"}']
    answer = await both_ways.post("/messages", "\n".join(lines), NDJSON)
    assert (answer.status, answer.json["accepted"], answer.json["lines"]) == (201, 2, 6)
    assert [found["line"] for found in answer.json["rejected"]] == [3, 5]


@pytest.mark.gen_test
@pytest.mark.parametrize("path", ["/messages", "/topics/a"])
async def test_a_line_of_ndjson_that_is_not_utf_8_is_refused_like_a_body(site: Site, path: str) -> None:
    lines = b'{"topic":"a","message":"caf\xe9"}\n{"topic":"a","message":"2"}\n'
    answer = await site.post(path, lines, NDJSON)
    assert (answer.status, answer.json["accepted"], answer.json["lines"]) == (201, 1, 2)
    (rejected,) = answer.json["rejected"]
    assert rejected["line"] == 1
    assert "byte 28 is not UTF-8" in rejected["error"]
    alone = await site.post(path, lines[: lines.index(b"\n")], JSON)
    assert (alone.status, alone.error["message"]) == (400, "body: byte 28 is not UTF-8")


@pytest.mark.gen_test
async def test_a_batch_without_one_good_message_is_refused(both_ways: Site) -> None:
    for body, kind in (("[1, 2]", JSON), ("1\n2\n", NDJSON)):
        answer = await both_ways.post("/messages", body, kind)
        assert answer.status == 400
        assert answer.json["rejected_count"] == 2
        assert "none of its 2 messages" in answer.error["message"]


@pytest.mark.gen_test
async def test_many_mistakes_are_counted_and_the_first_hundred_shown(both_ways: Site) -> None:
    answer = await both_ways.post("/messages", "[" + "1," * 499 + "1]", JSON)
    assert answer.json["rejected_count"] == 500
    assert len(answer.json["rejected"]) == 100


@pytest.mark.gen_test
async def test_a_batch_of_nothing_is_refused_in_whatever_form(both_ways: Site) -> None:
    """201 would claim a stored message. (A PUT may end without a line: its source had none.)"""
    for path, body, kind in (
        ("/messages", "[]", JSON),
        ("/topics/a", " [ ]\n", JSON),
        ("/messages", "", NDJSON),
        ("/messages", "\n \r\n", NDJSON),
        ("/topics/a", "", NDJSON),
    ):
        answer = await both_ways.post(path, body, kind)
        assert (answer.status, answer.error["message"]) == (400, "body: holds no message")
        assert answer.json["accepted"] == 0
    assert (await both_ways.request("PUT", "/topics/a", "")).json["accepted"] == 0


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("path", "body", "kind", "said"),
    [
        ("/topics/demo", "", "", "body: is empty"),
        ("/messages", "", JSON, "body: is empty"),
        ("/messages", " \n", JSON, "body: is empty"),
        ("/messages", "{", JSON, "body: invalid JSON at line 1 column 2"),
        ("/messages", '{"message":"m"}', JSON, "topic: is missing"),
        ("/messages", '{"topic":"a","message":3}', JSON, "body: Expected `str`, got `int` - at `$.message`"),
        ("/messages?strict=1", '{"topic":"a","message":"m","level":"loud"}', JSON, "level: unknown level 'loud'"),
        ("/messages?strict=1", '{"topic":"a","message":"m","n":1}', JSON, "unknown field `n`"),
        ("/messages", '{"topic":"a","message":"m","data":NaN}', JSON, "body: invalid JSON at line 1 column 35"),
        ("/messages", '{"topic":"a","message":"\\ud800"}', JSON, "body: half a surrogate pair"),
        ("/messages", '{"topic":"a","message":"m","data":' + "[" * 10_000 + "]" * 10_000 + "}", JSON, "nested too"),
        ("/messages", '{"topic":"a\\u0000","message":"m"}', JSON, "topic: "),
        ("/messages", '{"topic":"a\\r\\n","message":"m"}', JSON, "topic: "),
        ("/messages", b'{"topic":"a","message":"\xff"}', JSON, "body: byte 25 is not UTF-8"),
        ("/topics/demo", b"caf\xe9", "", "body: byte 4 is not UTF-8"),
        ("/topics/a%0Ab", "x", "", "topic: "),
        ("/topics/a%00", "x", "", "topic: "),
        ("/topics/a%0D", "x", "", "topic: "),
        ("/topics/a%20b", "x", "", "topic: "),
        ("/topics/%FF", "x", "", ""),
        ("/topics/a?source=b%0Ac", "x", "", "source: "),
        ("/topics/a?source=b%0A", "x", "", "source: "),
        ("/topics/a?strict=1&level=loud", "x", "", "level: "),
        ("/topics/" + "a" * 65, "x", "", "topic: "),
    ],
)
async def test_what_cannot_be_a_message_is_refused_and_disturbs_nothing(
    both_ways: Site, path: str, body: str | bytes, kind: str, said: str
) -> None:
    stream = await both_ways.open_stream()
    answer = await both_ways.post(path, body, kind)
    assert answer.status == 400
    assert said in answer.error["message"]
    assert answer.error["code"] in ("invalid_input", "bad_request")
    await both_ways.say("still here")
    assert await stream.messages(1) == ["still here"]


@pytest.mark.gen_test
async def test_an_unknown_media_type_is_415(both_ways: Site) -> None:
    for path, headers in (
        ("/messages", {"Content-Type": "application/xml"}),
        ("/topics/a", {"Content-Type": "multipart/form-data; boundary=x"}),
        ("/topics/a", {"Content-Type": "image/png"}),
        ("/topics/a", {"Content-Encoding": "gzip"}),
    ):
        answer = await both_ways.request("POST", path, "x", headers)
        assert (answer.status, answer.error["code"]) == (415, "unknown_type")
        assert answer.error["hint"]


@pytest.mark.gen_test
async def test_what_is_too_large_is_413_and_names_the_limit(start_site: StartSite) -> None:
    site = await start_site(publish={"max_message_bytes": "1KiB", "max_body_bytes": "4KiB"})
    for path, size, setting in (
        ("/topics/a", 1025, "publish.max_message_bytes"),
        ("/topics/a", 4097, "publish.max_body_bytes"),
        ("/topics/a", 3_000_000, "publish.max_body_bytes"),
    ):
        answer = await site.post(path, "x" * size)
        assert (answer.status, answer.error["code"]) == (413, "too_large")
        assert setting in answer.error["hint"]
    assert (await site.post("/topics/a", "x" * 1024)).status == 201
    batch = await site.post("/messages", '[{"topic":"a","message":"' + "x" * 1025 + '"}]', JSON)
    assert "over the limit of 1,024" in batch.json["rejected"][0]["error"]


@pytest.mark.gen_test
async def test_a_line_of_ndjson_that_is_too_large_is_refused_with_the_limit_by_name(start_site: StartSite) -> None:
    """It is truncated, and would otherwise be reported as invalid JSON."""
    site = await start_site(publish={"max_message_bytes": "1KiB", "max_body_bytes": "4KiB"})
    line = '{"topic":"a","message":"%s"}\n'
    lines = [line % "one", line % ("x" * 1025), line % ("x" * 5000), line % "four"]
    answer = await site.post("/messages", "".join(lines), NDJSON)
    assert (answer.status, answer.json["accepted"]) == (201, 2)
    assert [(found["line"], found["error"]) for found in answer.json["rejected"]] == [
        (2, "message: 1,025 bytes are over the limit of 1,024"),
        (3, "line: over the limit of 4,096 bytes (publish.max_body_bytes)"),
    ]


@pytest.mark.gen_test
async def test_an_answer_means_that_the_message_is_in_the_log(both_ways: Site) -> None:
    """Ids have no hole with any number of concurrent publishers."""
    answers = await asyncio.gather(*(both_ways.post("/topics/a", f"m{number}") for number in range(50)))
    seqs = sorted(int(answer.json["id"].partition("-")[2]) for answer in answers)
    assert seqs == list(range(1, 51))
    assert both_ways.wall.log.head == 50


@pytest.mark.gen_test
async def test_a_publisher_that_disconnects_at_once_leaves_nothing_behind(both_ways: Site) -> None:
    for _ in range(10):
        _, writer = await both_ways.connect()
        writer.write(both_ways.head("POST", "/topics/a", 2) + b"hi")
        await writer.drain()
        writer.transport.abort()
    await both_ways.say("after")
    await until(lambda: both_ways.acceptor.open == 0)


@pytest.mark.gen_test
async def test_an_array_over_the_limit_is_refused_whole(both_ways: Site) -> None:
    """To check and deliver it at once would block the loop. A stream of lines has no such limit."""
    item = '{"topic":"a","message":""}'
    most = await both_ways.post("/messages", f"[{','.join([item] * 10_000)}]", JSON)
    assert (most.status, most.json["accepted"]) == (201, 10_000)
    more = await both_ways.post("/messages", f"[{','.join([item] * 10_001)}]", JSON)
    assert more.status == 413
    assert "10,000" in more.error["message"]
    assert both_ways.wall.log.head == 10_000
