"""Limits of connections, headers and unfinished bodies."""

import pytest

from hub.config import Config
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site, Upload
from tests.handlers.wire import Answer
from tests.waiting import until

KIB = 1024


async def half_a_post(site: Site) -> Upload:
    """A publisher that has sent a part of its body."""
    upload = await Upload.open(site, "/topics/a", "POST")
    await upload.send(b"x")
    return upload


@pytest.mark.gen_test
async def test_publishers_have_places_too_and_the_newest_is_turned_away_with_a_reason(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections": 3, "max_connections_per_address": 50})
    uploads = [await half_a_post(site) for _ in range(3)]
    await until(lambda: site.wall.limits.count == 3)
    for method, body in (("GET", b""), ("POST", b"x" * 10), ("PUT", b"x" * 1_000_000)):
        received = await site.raw(site.head(method, "/topics/a", len(body)) + body[: 64 * KIB])
        answer = Answer(received)
        assert (answer.status, answer.error["code"]) == (503, "overloaded")
        assert answer.error["message"] == "all 3 connections besides streams are in use"
        assert "server.max_connections " in answer.error["hint"]
        assert answer.headers["Retry-After"] == "30"
    for upload in uploads:  # Publishers that came before are not affected.
        assert (await upload.finish()).status == 201
        upload.writer.close()
    await until(lambda: site.acceptor.open == 0)
    await site.say("there is room again")


@pytest.mark.gen_test
async def test_one_address_cannot_take_all_places_of_publishers(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections_per_address": 2})
    uploads = [await half_a_post(site) for _ in range(2)]
    await until(lambda: site.wall.limits.count == 2)
    answer = Answer(await site.raw(site.head("POST", "/topics/a", 1) + b"x"))
    assert (answer.status, answer.error["code"]) == (429, "too_many_connections")
    assert answer.error["message"] == "127.0.0.1 already has 2 connections besides streams"
    site.wall.apply(Config.model_validate({"server": {"max_connections_per_address": 3}}))
    await site.say("a new limit counts at once")
    for upload in uploads:
        assert (await upload.finish()).status == 201


@pytest.mark.gen_test
async def test_readers_leave_publishers_their_places(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections": 3, "max_connections_per_address": 3})
    streams = [await site.open_stream() for _ in range(3)]
    assert (await site.get("/events")).status == 503
    await site.say("heard by all")
    for stream in streams:
        assert await stream.messages(1) == ["heard by all"]


@pytest.mark.gen_test
async def test_every_slot_is_released_however_a_connection_ends(both_ways: Site) -> None:
    site = both_ways
    await site.request("PUT", "/topics/a", ("x" * 500_000 + "\n") * 8)
    for _ in range(3):
        await site.say("a publisher")
        stream = await site.open_stream()
        await stream.close()
        await site.raw(b"nonsense\r\n\r\n")
        await site.raw(site.head("GET", "/healthz", headers={"Cookie": "x" * 20_000}))
        reader, writer = await site.connect()  # Its answer is larger than the socket takes at once.
        writer.write(site.head("GET", "/messages?limit=8"))
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        upload = await half_a_post(site)
        upload.writer.transport.abort()
    await site.close()
    await until(lambda: site.acceptor.open == 0 and site.wall.registry.count == 0)
    assert site.wall.uploads.kept_bytes == 0


@pytest.mark.gen_test
@pytest.mark.parametrize("size", [17 * KIB, 60 * KIB])
async def test_a_header_that_is_too_large_is_answered(site: Site, size: int) -> None:
    request = site.head("GET", "/healthz", headers={"Cookie": "x" * size})
    for pieces in ([request], [request[:1000], request[1000:12_000], request[12_000:]]):
        answer = Answer(await site.raw(*pieces))
        assert (answer.status, answer.error["code"]) == (431, "too_large")
        assert "over the limit of 16,384 bytes" in answer.error["message"]
    assert (await site.get("/healthz", {"Cookie": "x" * 15 * KIB})).status == 200


@pytest.mark.gen_test
async def test_unfinished_bodies_share_one_limit(start_site: StartSite) -> None:
    site = await start_site(publish={"max_unfinished_bytes": "1MiB"})
    first = await Upload.open(site, "/topics/a", "POST")
    await first.send(b"x" * 700 * KIB)
    await until(lambda: site.wall.uploads.kept_bytes == 700 * KIB)
    second = await Upload.open(site, "/topics/a", "POST")
    await second.send(b"x" * 700 * KIB)
    refused = await second.finish()
    assert (refused.status, refused.error["code"], refused.headers["Retry-After"]) == (503, "overloaded", "5")
    assert "publish.max_unfinished_bytes" in refused.error["hint"]
    assert site.wall.uploads.kept_bytes == 700 * KIB
    await site.say("what is small needs no room")
    assert (await first.finish()).status == 201
    assert site.wall.uploads.kept_bytes == 0
    alone = await site.post("/topics/a", b'[{"message":"1"}' + b" " * 2048 * KIB + b"]", "application/json")
    assert alone.status == 201  # A single body always fits, up to the limit of one body.


@pytest.mark.gen_test
async def test_a_line_without_an_end_counts_like_a_body(start_site: StartSite) -> None:
    site = await start_site(publish={"max_unfinished_bytes": "1MiB"})
    first = await Upload.open(site, "/topics/a", "POST")
    await first.send(b"x" * 700 * KIB)
    await until(lambda: site.wall.uploads.kept_bytes == 700 * KIB)
    lines = await Upload.open(site, "/topics/b")
    await lines.send(b"one\n", b"y" * 700 * KIB)
    answer = await lines.answer()
    assert (answer.status, answer.json["accepted"]) == (503, 1)
    first.writer.transport.abort()
    await until(lambda: site.wall.uploads.kept_bytes == 0)


@pytest.mark.gen_test
async def test_the_body_of_a_request_refused_by_its_header_is_not_counted(site: Site) -> None:
    """Tornado answers before the body is read, and then closes the connection."""
    refused = site.head("POST", "/topics/a", 20_000, {"Origin": "http://elsewhere"}) + b"x" * 20_000
    reader, writer = await site.connect()
    writer.write(refused)
    assert (await Answer.read(reader)).status == 403
    await until(lambda: site.acceptor.open == 0)
    assert site.wall.uploads.kept_bytes == 0
