"""Idempotency-Key: a repeated request gets the first answer again, and is stored once."""

import asyncio
from typing import Any

import pytest

from hub.config import PublishConfig
from hub.ingest.publisher import Batch
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site, Upload
from tests.turns import Turns
from tests.waiting import until

JSON = "application/json"
NDJSON = "application/x-ndjson"


@pytest.mark.gen_test
async def test_a_key_with_another_body_is_a_conflict_even_for_equal_messages(both_ways: Site) -> None:
    """Rejected messages are part of the digest and of the answer."""
    good, bad, worse = '{"topic":"a","message":"1"}', '{"topic":"","message":"2"}', '{"topic":"","message":"3"}'
    first = await both_ways.post("/messages", f"[{good},{bad}]", JSON, idempotency_key="k")
    again = await both_ways.post("/messages", f"[{good},{bad}]", JSON, idempotency_key="k")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    for other in (f"[{good},{worse}]", good):
        assert (await both_ways.post("/messages", other, JSON, idempotency_key="k")).status == 409


@pytest.mark.gen_test
async def test_a_key_belongs_to_its_path_and_headers_too(both_ways: Site) -> None:
    body = '{"message":"1"}'
    first = await both_ways.post("/topics/a?level=error", body, idempotency_key="k")
    again = await both_ways.post("/topics/a", body, idempotency_key="k", x_level="error")
    assert {"id": first.json["id"], "time": first.json["time"]} == again.json
    for path, kind in (("/topics/a", ""), ("/topics/b?level=error", ""), ("/topics/a?level=error", JSON)):
        assert (await both_ways.post(path, body, kind, idempotency_key="k")).status == 409
    assert both_ways.wall.log.head == 1


BIG = "x" * 2000
REPEATED: list[tuple[str, str, str, str]] = [
    ("POST", "/messages", JSON, f'[{{"topic":"a","message":"1"}},{{"topic":"a","message":"{BIG}"}}]'),
    ("POST", "/messages", JSON, f'[{{"topic":"a","message":"{BIG}"}}]'),
    ("POST", "/messages", JSON, f'{{"topic":"a","message":"{BIG}"}}'),
    ("POST", "/messages", NDJSON, f'{{"topic":"a","message":"1"}}\n{{"topic":"a","message":"{BIG}"}}\nnonsense'),
    ("POST", "/topics/a", JSON, f'{{"message":"{BIG}"}}'),
    ("POST", "/topics/a", "text/plain", BIG),
    ("PUT", "/topics/a", NDJSON, f'{{"message":"1"}}\n{BIG}\n'),
]


@pytest.mark.gen_test
@pytest.mark.parametrize("is_narrower", [True, False])
@pytest.mark.parametrize(("method", "path", "kind", "body"), REPEATED)
async def test_a_retry_is_answered_as_the_first_time_though_a_limit_has_changed(
    start_site: StartSite, method: str, path: str, kind: str, body: str, is_narrower: bool
) -> None:
    sizes = ["64KiB", "1KiB"] if is_narrower else ["1KiB", "64KiB"]
    site = await start_site(publish={"max_message_bytes": sizes[0]})
    headers = {"Idempotency-Key": "k", "Content-Type": kind}
    first = await site.request(method, path, body, headers)
    limits = PublishConfig.model_validate({"max_message_bytes": sizes[1]})
    site.wall.apply(site.wall.live.current.model_copy(update={"publish": limits}))
    head = site.wall.log.head
    again = await site.request(method, path, body, headers)
    if first.status == 201:
        assert (again.status, site.wall.log.head) == (201, head)
        names = ("id", "time", "accepted", "lines", "first", "last", "rejected_count")
        assert {name: again.json.get(name) for name in names} == {name: first.json.get(name) for name in names}
        assert len(again.json.get("rejected", ())) in (0, again.json.get("rejected_count", 0))
    else:  # Nothing was stored, so no key was used.
        assert (first.status in (400, 413), again.status, site.wall.log.head) == (True, 201, head + 1)


async def begin(site: Site, path: str, body: str) -> asyncio.StreamWriter:
    """Publish with the key "k" through Tornado without waiting for the answer."""
    _, writer = await site.connect()
    writer.write(site.head("POST", path, len(body), {"Idempotency-Key": "k", "TE": "trailers"}) + body.encode())
    return writer


@pytest.mark.gen_test
async def test_a_client_that_disconnects_while_an_array_is_read_may_repeat_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest is taken before the body is released."""
    body = "[" + ",".join(['{"topic":"a","message":"1"}'] * 10_000) + "]"
    was_held: list[int] = []
    read = Batch.read

    def read_and_hang_up(*arguments: Any) -> list[Any]:
        writer.transport.abort()
        was_held.append(site.wall.limits.count)
        return read(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr("hub.ingest.publisher.LINES_PER_TURN", 1)  # Thousands of turns, to notice the disconnect.
        patch.setattr(Batch, "read", read_and_hang_up)
        writer = await begin(site, "/messages", body)
        await until(lambda: site.wall.log.head == 10_000, 60)
    assert (was_held[0], was_held[-1]) == (1, 0)
    again = await site.post("/messages", body, idempotency_key="k")
    assert (again.status, again.json["accepted"]) == (201, 10_000)
    assert site.wall.log.head == 10_000


@pytest.mark.gen_test
@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_batch_of_lines_with_a_length_can_be_repeated(
    both_ways: Site, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A shipper that did not read the answer repeats the batch: nothing is stored twice."""
    body, headers = '{"message":"1"}\n{"message":"2"}\n3', {"Idempotency-Key": "k", "Content-Type": NDJSON}
    commits = Turns(monkeypatch, both_ways.wall.log, "append")
    first = await both_ways.request(method, "/topics/a", body, headers)
    again = await both_ways.request(method, "/topics/a", body, headers)
    assert (first.status, first.json["accepted"], first.json["lines"]) == (201, 3, 3)
    assert (again.status, again.json) == (201, first.json)
    assert (both_ways.wall.log.head, commits.all) == (3, 2)
    other = await both_ways.request(method, "/topics/a", body + "4", headers)
    assert (other.status, other.error["code"]) == (409, "conflict")


@pytest.mark.gen_test
async def test_what_is_rejected_of_a_batch_is_the_same_again(site: Site) -> None:
    body = '{"topic":"a","message":"1"}\nnonsense\n\n{"topic":"a","message":"4"}\n'
    first, again = [await site.post("/messages", body, NDJSON, idempotency_key="k") for _ in range(2)]
    assert (first.json["accepted"], first.json["lines"], first.json["rejected_count"]) == (2, 4, 1)
    assert first.json == again.json


@pytest.mark.gen_test
async def test_the_same_bytes_as_lines_and_as_one_text_are_two_requests(site: Site) -> None:
    assert (await site.post("/topics/a", "1\n2", idempotency_key="k")).status == 201
    assert (await site.request("PUT", "/topics/a", "1\n2", {"Idempotency-Key": "k"})).status == 409


@pytest.mark.gen_test
async def test_a_batch_without_a_length_or_over_a_limit_is_refused(start_site: StartSite) -> None:
    site = await start_site(publish={"max_body_bytes": "32KiB"})
    for method in ("PUT", "POST"):
        stream = await Upload.open(site, "/topics/a", method, Idempotency_Key="k", Content_Type=NDJSON)
        answer = await stream.answer()
        assert (answer.status, answer.error["hint"]) == (400, "send a body with a Content-Length, or leave the key out")
        for body, problem in (("x" * 33_000, "32,768 bytes"), ("x\n" * 10_001, "more than 10,000 messages")):
            headers = {"Idempotency-Key": "k", "Content-Type": NDJSON}
            answer = await site.request(method, "/topics/a", body, headers)
            assert (answer.status, problem in answer.error["message"]) == (413, True)
    bad = await site.request("PUT", "/topics/a", "x", {"Idempotency-Key": "\x80"})
    assert (bad.status, site.wall.log.head) == (400, 0)
