"""PUT: a stream of lines, each delivered as soon as it is written."""

import asyncio
import json
import subprocess

import pytest

from hub.config import Config
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site, Upload
from tests.waiting import until


@pytest.mark.gen_test
async def test_each_line_arrives_the_moment_it_is_written(site: Site) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/app")
    for number in range(3):
        await upload.send(b"line %d\n" % number)
        assert await stream.messages(number + 1) == [f"line {seen}" for seen in range(number + 1)]
    answer = await upload.finish()
    assert answer.status == 201
    assert (answer.json["accepted"], answer.json["first"], answer.json["last"]) == (3, stream.ids[0], stream.ids[2])
    assert (answer.json["rejected"], answer.json["rejected_count"]) == ([], 0)


@pytest.mark.gen_test
async def test_a_line_may_come_in_pieces_and_the_last_one_without_its_end(site: Site) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/app")
    await upload.send(b"a", b"b\nc", b"d\r\ne", b"\xe2\x82", b"\xac")
    assert (await upload.finish()).json["accepted"] == 3
    assert await stream.messages(3) == ["ab", "cd", "e€"]


@pytest.mark.gen_test
async def test_a_body_of_known_length_is_a_stream_of_lines_too(both_ways: Site) -> None:
    stream = await both_ways.open_stream()
    answer = await both_ways.request("PUT", "/topics/app", "one\ntwo\r\n\nfour")
    assert (answer.json["accepted"], answer.json["lines"]) == (3, 4)
    assert await stream.messages(3) == ["one", "two", "four"]


@pytest.mark.gen_test
async def test_empty_and_blank_lines_are_no_messages(both_ways: Site) -> None:
    """A megabyte of line ends would be a million messages, and prune the default history."""
    answer = await both_ways.request("PUT", "/topics/app", b"\r\n" * 500_000 + b" \t\n\n")
    assert (answer.status, answer.json["accepted"], answer.json["lines"]) == (201, 0, 500_002)
    assert both_ways.wall.log.head == 0


@pytest.mark.gen_test
async def test_what_is_not_utf_8_is_replaced_and_what_is_too_long_is_cut(start_site: StartSite) -> None:
    site = await start_site(publish={"max_message_bytes": "1KiB"})
    stream = await site.open_stream()
    answer = await site.request("PUT", "/topics/app", b"caf\xe9\n" + b"x" * 5000 + b"\nnext\n")
    assert (answer.status, answer.json["accepted"]) == (201, 3)
    replaced, cut, following = await stream.messages(3)
    assert (replaced, following) == ("caf\ufffd", "next")
    assert cut.endswith(" … [cut: 5,000 bytes]")
    assert len(cut.encode()) == 1024


@pytest.mark.gen_test
async def test_a_running_stream_sees_changed_limits(start_site: StartSite) -> None:
    """Also in the middle of a line."""
    site = await start_site(publish={"max_message_bytes": "1KiB", "max_unfinished_bytes": "64KiB"})
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/app")
    await upload.send(b"x" * 5000 + b"\nnext\n" + b"y" * 1000)
    assert [len(text) for text in await stream.messages(2)] == [1022, 4]
    publish = {"max_message_bytes": "1MiB", "max_unfinished_bytes": "256MiB"}
    site.wall.apply(Config.model_validate({"publish": publish}))
    await upload.send(b"y" * 4000 + b"\n")
    assert (await stream.messages(3))[2] == "y" * 5000
    other = await Upload.open(site, "/topics/app")
    await other.send(b"z" * 100_000)
    await upload.send(b"z" * 100_000)
    await until(lambda: site.wall.uploads.kept_bytes == 200_000)
    site.wall.apply(Config.model_validate({"publish": {"max_unfinished_bytes": "64KiB"}}))
    await upload.send(b"z")
    assert (await upload.answer()).status == 503


@pytest.mark.gen_test
async def test_levels_are_guessed_and_json_lines_give_their_fields(site: Site) -> None:
    stream = await site.open_stream()
    lines = ["all is well", "ERROR: disk full", json.dumps({"level": "warn", "msg": "slow", "took": 3}), "{broken"]
    await site.request("PUT", "/topics/app", "\n".join(lines), {"X-Source": "srv"})
    await stream.messages(4)
    said = [data for name, data in stream.events if name == "message"]
    assert [data["level"] for data in said] == ["info", "error", "warning", "info"]
    assert [data["message"] for data in said] == ["all is well", "ERROR: disk full", "slow", "{broken"]
    assert said[2]["data"] == {"took": 3}
    assert {data["source"] for data in said} == {"srv"}


@pytest.mark.gen_test
async def test_a_level_that_is_given_is_not_guessed(site: Site) -> None:
    stream = await site.open_stream()
    await site.request("PUT", "/topics/app?level=debug", "ERROR: x")
    assert (await stream.event("message"))["level"] == "debug"


@pytest.mark.gen_test
async def test_a_stream_may_be_larger_than_any_body(start_site: StartSite) -> None:
    site = await start_site(publish={"max_message_bytes": "1KiB", "max_body_bytes": "1KiB"})
    upload = await Upload.open(site, "/topics/app")
    for _ in range(40):
        await upload.send((b"x" * 63 + b"\n") * 1000)
    assert (await upload.finish()).json["accepted"] == 40_000
    assert site.wall.log.head == 40_000


@pytest.mark.gen_test
async def test_a_stream_outlives_the_time_that_a_body_has(start_site: StartSite) -> None:
    site = await start_site(options={"body_timeout": 0.2, "header_timeout": 0.2})
    upload = await Upload.open(site, "/topics/app")
    for number in range(5):
        await upload.send(b"line\n")
        await until(lambda wanted=number + 1: site.wall.log.head == wanted)  # type: ignore[misc]  # bound now, not later
        await asyncio.sleep(0.1)  # The silence is under test.
    assert (await upload.finish()).json["accepted"] == 5


@pytest.mark.gen_test
async def test_ndjson_of_known_length_has_the_time_limit_of_a_body(start_site: StartSite) -> None:
    site = await start_site(options={"body_timeout": 0.2})
    reader, writer = await site.connect()
    head = site.head("POST", "/topics/app", 1000, {"Content-Type": "application/x-ndjson"})
    writer.write(head + b'{"message":"one"}\n')
    assert await reader.read(-1) == b""
    await until(lambda: site.acceptor.open == 0)
    assert site.wall.log.head == 1


@pytest.mark.gen_test
@pytest.mark.parametrize("path", ["/topics/a%20b", "/topics/a?strict=1&level=loud", "/topics/a?source=%00"])
async def test_an_invalid_topic_is_answered_before_the_lines_are_read(site: Site, path: str) -> None:
    upload = await Upload.open(site, path)
    answer = await upload.answer()
    assert answer.status == 400
    assert answer.error["hint"]
    assert site.wall.log.head == 0


@pytest.mark.gen_test
async def test_whole_lines_are_published_when_the_client_disconnects(site: Site) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/app")
    await upload.send(b"one\ntwo\nthr")
    assert await stream.messages(2) == ["one", "two"]
    upload.writer.transport.abort()
    await until(lambda: site.acceptor.open == 0)
    assert site.wall.log.head == 2


@pytest.mark.gen_test
async def test_a_body_with_broken_framing_harms_no_other_request(site: Site) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/app")
    await upload.send(b"one\n")
    await stream.messages(1)
    upload.writer.write(b"zz\r\nnonsense\r\n")
    await upload.reader.read(-1)
    await until(lambda: site.acceptor.open == 0)
    await site.say("still here")
    assert await stream.messages(2) == ["one", "still here"]


@pytest.mark.gen_test
async def test_ndjson_is_read_as_it_comes_too(site: Site) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/messages", "POST", Content_Type="application/x-ndjson")
    await upload.send(b'{"topic":"a","message":"one"}\n{"topic":"a"')
    assert await stream.messages(1) == ["one"]
    await upload.send(b',"message":"two"}\nnonsense\n{"topic":"a","message":"four"}')
    answer = await upload.finish()
    assert answer.json["accepted"] == 3
    assert [found["line"] for found in answer.json["rejected"]] == [3]
    assert await stream.messages(3) == ["one", "two", "four"]


def start_curl(site: Site, path: str) -> subprocess.Popen[bytes]:
    command = ["curl", "-sS", "-T", "-", f"http://127.0.0.1:{site.port}{path}"]
    return subprocess.Popen(command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.gen_test
async def test_a_real_curl_ships_what_it_reads(site: Site) -> None:
    stream = await site.open_stream()
    with start_curl(site, "/topics/app") as curl:
        assert curl.stdin is not None
        curl.stdin.write(b"first\n")
        assert await stream.messages(1) == ["first"]
        said, _ = await asyncio.to_thread(curl.communicate, b"second", 60)
    assert json.loads(said)["accepted"] == 2
    assert await stream.messages(2) == ["first", "second"]


@pytest.mark.gen_test
async def test_a_real_curl_is_told_at_once_what_is_wrong(site: Site) -> None:
    """Its standard input stays open, so that no read ends the wait."""
    with start_curl(site, "/topics/app?strict=1&level=loud") as curl:
        assert curl.stdin is not None
        assert curl.stdout is not None
        curl.stdin.write(b"first\n")
        said = await asyncio.to_thread(curl.stdout.readline)
        curl.terminate()
    assert "unknown level 'loud'" in json.loads(said)["error"]["message"]
