"""Streams of lines that cannot be published to their end: the publisher is held back, or gets its counts."""

from typing import Any

import pytest

from hub.errors import LogFull, NotStored, OutcomeUnknown
from hub.log.protocol import Receipt
from tests.handlers.site import Site, Upload
from tests.handlers.wire import Stream
from tests.hub.log_files import held
from tests.waiting import until

KIB = 1024
HINT = "repeat it with the same Idempotency-Key"
NDJSON = "application/x-ndjson"


class FailingAppend:
    """Replaces `append` of a log: after `good` appends it raises `errors` first."""

    def __init__(self, site: Site, monkeypatch: pytest.MonkeyPatch, *errors: Exception, good: int = 0) -> None:
        self._append = site.wall.log.append
        self._good = good
        self._errors = list(errors)
        self.calls = 0
        monkeypatch.setattr(site.wall.log, "append", self)

    async def __call__(self, *arguments: Any) -> Receipt:
        self.calls += 1
        if self.calls > self._good and self._errors:
            raise self._errors.pop(0)
        return await self._append(*arguments)


@pytest.mark.gen_test
async def test_an_unknown_outcome_ends_a_put_with_what_is_published_already(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only NotStored is retried: these lines may be in the log."""
    stream = await site.open_stream()
    failing = FailingAppend(site, monkeypatch, OutcomeUnknown("no answer within 10 s", hint=HINT), good=1)
    upload = await Upload.open(site, "/topics/app")
    await upload.send(b"one\ntwo\n")
    await stream.messages(2)
    await upload.send(b"three\n")
    answer = await upload.answer()
    assert (answer.status, answer.error["code"], answer.error["hint"]) == (503, "outcome_unknown", HINT)
    assert (answer.json["accepted"], answer.json["lines"], answer.json["last"]) == (2, 2, stream.ids[1])
    assert failing.calls == 2
    await until(lambda: site.acceptor.open == 0)


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("method", "error", "status", "code"),
    [
        ("PUT", OutcomeUnknown("no answer", hint=HINT), 503, "outcome_unknown"),
        ("POST", LogFull("the disk is full", hint="make room"), 507, "log_full"),
        ("POST", NotStored("cannot be written"), 503, "not_stored"),
    ],
)
async def test_an_error_at_the_last_line_which_has_no_end_has_the_counts_too(
    both_ways: Site, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception, status: int, code: str
) -> None:
    """As `printf | curl --data-binary @-` sends it: at once. A POST is answered, never held back."""
    FailingAppend(both_ways, monkeypatch, error, good=1)
    body = '{"message":"one"}\n{"message":"two"}'
    answer = await both_ways.request(method, "/topics/app", body, {"Content-Type": NDJSON})
    assert (answer.status, answer.error["code"]) == (status, code)
    assert (answer.json["accepted"], answer.json["lines"], both_ways.wall.log.head) == (1, 1, 1)


@pytest.mark.gen_test
@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "k"}])
async def test_a_put_is_held_back_until_the_log_stores_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, key: dict[str, str]
) -> None:
    """A full disk must not lose lines."""
    errors = [LogFull("the disk is full", retry_seconds=0), NotStored("cannot be written", retry_seconds=0)]
    failing = FailingAppend(site, monkeypatch, *errors)
    answer = await site.request("PUT", "/topics/app", "one\ntwo\n", key)
    assert (answer.status, answer.json["accepted"], answer.json["lines"]) == (201, 2, 2)
    assert (failing.calls, site.wall.log.head) == (3, 2)


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["reset", "close"])
@pytest.mark.parametrize("unread", [0, 40 * KIB])
async def test_a_put_that_is_held_back_ends_when_its_client_disconnects(
    site: Site, monkeypatch: pytest.MonkeyPatch, how: str, unread: int
) -> None:
    """Also behind unread bytes, where Tornado does not notice it. Its slot and bytes are released."""
    failing = FailingAppend(site, monkeypatch, *[NotStored("cannot be written", retry_seconds=3600)] * 2)
    upload = await Upload.open(site, "/topics/a")
    await upload.send(b"x" * 20 * KIB)
    await until(lambda: site.wall.uploads.kept_bytes == 20 * KIB)
    await upload.send(b"\n" + b"y" * unread, *([b"z" * unread] if unread else []))
    await until(lambda: failing.calls == 1)
    assert site.wall.limits.count == 1
    if how == "reset":
        Stream(upload.reader, upload.writer).reset()
    else:
        upload.writer.close()
    await until(lambda: site.acceptor.open == 0)
    assert (site.wall.uploads.kept_bytes, site.wall.limits.count, failing.calls) == (0, 0, 1)


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["half-close", "close"])
async def test_a_put_whose_client_has_ended_gives_back_its_slot_while_the_log_is_stuck(site: Site, how: str) -> None:
    """An append may take 10 s. Tornado reads nothing meanwhile."""
    upload = await Upload.open(site, "/topics/a")
    async with held(site.wall.log.writer):
        await upload.send(b"line\n")
        await until(lambda: bool(site.wall.hub.publishing))
        if how == "close":
            upload.writer.close()
        else:
            upload.writer.write_eof()
        await until(lambda: site.acceptor.open == 0)
        assert site.wall.limits.count == 0
    await until(lambda: site.wall.log.head == 1)


@pytest.mark.gen_test
async def test_when_the_server_ends_a_stream_reads_exactly_what_is_in_the_log(site: Site) -> None:
    """Lines that the log is storing at that moment are counted: a publisher that sends the rest repeats nothing."""
    upload = await Upload.open(site, "/topics/a")
    async with held(site.wall.log.writer):
        # Not drained: the rest may stay in this process until the log continues.
        upload.writer.write(b"%x\r\n%b\r\n" % (100_000, b"line\n" * 20_000))
        await until(lambda: bool(site.wall.hub.publishing))
        site.wall.uploads.stop()
    answer = await upload.answer()
    assert (answer.status, answer.error["code"]) == (503, "overloaded")
    assert answer.json["accepted"] == answer.json["lines"] == site.wall.log.head > 0


@pytest.mark.gen_test
@pytest.mark.parametrize("end", ["\n", ""])
async def test_lines_that_wait_for_the_log_do_not_keep_the_server_from_ending(
    site: Site, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """The last line has no line end and waits after the whole body is read."""
    failing = FailingAppend(site, monkeypatch, NotStored("cannot be written", retry_seconds=3600))
    upload = await Upload.open(site, "/topics/a")
    await upload.send(f"line{end}".encode())
    upload.writer.write(b"0\r\n\r\n")
    await until(lambda: failing.calls == 1)
    site.wall.uploads.stop()
    answer = await upload.answer()
    assert (answer.status, answer.json["accepted"]) == (503, 0)


@pytest.mark.gen_test
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_lines_that_begin_when_the_server_ends_are_refused(site: Site, method: str) -> None:
    """The stop callbacks have been called already."""
    site.wall.uploads.stop()
    kinds = {"Content_Type": "application/x-ndjson"} if method == "POST" else {}
    upload = await Upload.open(site, "/topics/a", method, **kinds)
    answer = await upload.answer()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert (await upload.reader.read()) == b""
    known = await site.request(method, "/topics/a", '{"message":"m"}\n', {"Content-Type": kinds.get("Content_Type")})
    assert known.status == 503
    assert site.wall.log.head == 0


@pytest.mark.gen_test
async def test_a_stack_trace_that_waits_when_the_server_ends_is_in_the_log_and_counted(site: Site) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/a")
    await upload.send(b"one\n[ERROR] boom\n\tat a\n")
    await until(lambda: site.wall.log.head == 1)
    site.wall.uploads.stop()
    answer = await upload.answer()
    assert (answer.status, answer.json["lines"], answer.json["accepted"]) == (503, 3, 2)
    assert await stream.messages(2) == ["one", "[ERROR] boom\n\tat a"]


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["reset", "close"])
async def test_a_stack_trace_that_waits_when_its_publisher_vanishes_is_in_the_log(site: Site, how: str) -> None:
    stream = await site.open_stream()
    upload = await Upload.open(site, "/topics/a")
    await upload.send(b"one\n[ERROR] boom\n\tat a\nhal")
    await until(lambda: site.wall.log.head == 1)
    if how == "reset":
        Stream(upload.reader, upload.writer).reset()
    else:
        upload.writer.close()
    assert await stream.messages(2) == ["one", "[ERROR] boom\n\tat a"]
