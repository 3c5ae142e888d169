"""Lines that cannot be published to their end: whoever sends them hears how far they got."""

import asyncio
from typing import Any

import pytest

from hub.errors import LogFull, NotStored
from hub.log.protocol import Receipt
from tests.handlers.site import Site, Upload
from tests.hub.log_files import held
from tests.waiting import until


@pytest.mark.gen_test
async def test_an_error_in_the_middle_says_what_is_published_already(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/app")
    await upload.send(b"one\ntwo\n")
    await stream.messages(2)

    async def append(*_: object) -> None:
        raise LogFull("the disk is full", hint="make room")

    monkeypatch.setattr(site.wall.log, "append", append)
    await upload.send(b"three\n")
    answer = await upload.answer()
    assert (answer.status, answer.error["code"]) == (507, "log_full")
    assert (answer.json["accepted"], answer.json["last"]) == (2, stream.ids[1])
    await until(lambda: site.door.open == 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_an_error_at_the_last_line_which_has_no_end_says_so_too(
    both_ways: Site, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """As `printf | curl --data-binary @-` sends it: all at once."""
    append, called = both_ways.wall.log.append, 0

    async def append_once(*arguments: Any) -> Receipt:
        nonlocal called
        called += 1
        if called > 1:
            raise LogFull("the disk is full", hint="make room")
        return await append(*arguments)

    monkeypatch.setattr(both_ways.wall.log, "append", append_once)
    kind = {"Content-Type": "application/x-ndjson"}
    answer = await both_ways.request(method, "/topics/app", '{"message":"one"}\n{"message":"two"}', kind)
    assert (answer.status, answer.error["code"]) == (507, "log_full")
    assert (answer.json["accepted"], both_ways.wall.log.head) == (1, 1)


@pytest.mark.gen_test
async def test_when_the_server_ends_a_stream_hears_exactly_what_is_in_the_log(site: Site) -> None:
    """Also of the lines that the log is being given at that moment: who sends the rest again says nothing twice."""
    upload = await Upload.open(site, "/topics/a")
    async with held(site.wall.log.writer):
        # Not drained: what neither the server nor the kernel takes before the log goes on may stay here.
        upload.writer.write(b"%x\r\n%b\r\n" % (100_000, b"line\n" * 20_000))
        await until(lambda: bool(site.wall.hub._publishing))
        site.wall.uploads.stop()
    answer = await upload.answer()
    assert (answer.status, answer.error["code"]) == (503, "overloaded")
    assert answer.json["accepted"] == site.wall.log.head > 0


@pytest.mark.gen_test
@pytest.mark.parametrize("end", ["\n", ""])
async def test_lines_that_wait_for_the_log_do_not_keep_the_server_from_ending(
    site: Site, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """A last line without an end waits when all has been read."""
    tried = asyncio.Event()

    async def append(*_: object) -> None:
        tried.set()
        raise NotStored("the log cannot be written", retry_seconds=3600)

    monkeypatch.setattr(site.wall.log, "append", append)
    upload = await Upload.open(site, "/topics/a")
    await upload.send(f"line{end}".encode())
    upload.writer.write(b"0\r\n\r\n")
    await tried.wait()
    site.wall.uploads.stop()
    answer = await upload.answer()
    assert (answer.status, answer.json["accepted"]) == (503, 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_lines_that_begin_when_the_server_ends_are_sent_away(site: Site, method: str) -> None:
    """Nobody would tell them that the end has come: that is done."""
    site.wall.uploads.stop()
    kinds = {"Content_Type": "application/x-ndjson"} if method == "POST" else {}
    upload = await Upload.open(site, "/topics/a", method, **kinds)
    answer = await upload.answer()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert (await upload.reader.read()) == b""
    known = await site.request(method, "/topics/a", '{"message":"m"}\n', {"Content-Type": kinds.get("Content_Type")})
    assert known.status == 503
    assert site.wall.log.head == 0
