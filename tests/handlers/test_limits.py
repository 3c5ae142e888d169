"""How many may come, and how much they may leave unfinished here."""

import asyncio
import socket

import pytest
from tornado.iostream import IOStream

from hub.config import Config
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site, Upload
from tests.handlers.wire import Answer
from tests.hub.log_files import held
from tests.waiting import until

KIB = 1024


async def half_a_post(site: Site) -> Upload:
    """A publisher whose body has begun."""
    upload = await Upload.open(site, "/topics/a", "POST")
    await upload.send(b"x")
    return upload


@pytest.mark.gen_test
async def test_publishers_have_places_too_and_the_newest_is_turned_away_with_a_reason(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections": 3, "max_connections_per_address": 50})
    uploads = [await half_a_post(site) for _ in range(3)]
    await until(lambda: site.wall.places.count == 3)
    for method, body in (("GET", b""), ("POST", b"x" * 10), ("PUT", b"x" * 1_000_000)):
        received = await site.raw(site.head(method, "/topics/a", len(body)) + body[: 64 * KIB])
        answer = Answer(received)
        assert (answer.status, answer.error["code"]) == (503, "overloaded")
        assert answer.error["message"] == "all 3 connections besides streams are in use"
        assert "server.max_connections " in answer.error["hint"]
        assert answer.headers["Retry-After"] == "30"
    for upload in uploads:  # Who was here before has lost nothing.
        assert (await upload.finish()).status == 201
        upload.writer.close()
    await until(lambda: site.door.open == 0)
    await site.say("there is room again")


@pytest.mark.gen_test
async def test_one_address_cannot_take_all_places_of_publishers(start_site: StartSite) -> None:
    site = await start_site(server={"max_connections_per_address": 2})
    uploads = [await half_a_post(site) for _ in range(2)]
    await until(lambda: site.wall.places.count == 2)
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
async def test_every_place_is_given_back_however_somebody_goes(both_ways: Site) -> None:
    site = both_ways
    await site.request("PUT", "/topics/a", ("x" * 500_000 + "\n") * 8)
    for _ in range(3):
        await site.say("a publisher")
        stream = await site.open_stream()
        await stream.close()
        await site.raw(b"nonsense\r\n\r\n")
        await site.raw(site.head("GET", "/healthz", headers={"Cookie": "x" * 20_000}))
        reader, writer = await site.connect()  # An answer larger than the socket takes at once, and nobody reads it.
        writer.write(site.head("GET", "/messages?limit=8"))
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()
        upload = await half_a_post(site)
        upload.writer.transport.abort()
    await site.close()
    await until(lambda: site.door.open == 0 and site.wall.registry.count == 0)
    assert site.wall.uploads.kept_bytes == 0


@pytest.mark.gen_test
async def test_a_place_is_given_back_to_its_address_also_when_an_answer_cannot_be_sent(site: Site) -> None:
    """Its socket did not take all of it, and broke: Tornado does not say any more whose it was."""
    _, writer = await site.connect()
    async with held(site.wall.log.writer):
        writer.write(site.head("POST", "/topics/a", 1) + b"x")
        (peer,) = await until(lambda: tuple(site.door.lane._everyone))
        peer._stream = IOStream(peer.socket)
        peer._stream.close()
    await until(lambda: site.door.open == 0)
    assert not site.wall.places._by_address


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
    assert alone.status == 201  # One alone always fits, if it is no larger than a body may be.


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
async def test_what_goes_wrong_with_one_newcomer_strands_no_other(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(*arguments: object) -> object:
        monkeypatch.undo()
        raise ZeroDivisionError(arguments)

    monkeypatch.setattr(site.wall.front, "start_request", fail_once)
    sockets = [connected(site, site.head("GET", "/events")) for _ in range(5)]
    await until(lambda: site.wall.registry.count == 4)
    await until(lambda: site.door.open == 0)
    for one in sockets:
        one.close()
    assert "unexpected error with 127.0.0.1" in caplog.text
    caplog.clear()  # It was expected.


@pytest.mark.gen_test
async def test_who_comes_behind_a_herd_need_not_wait_for_all_of_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.lane.TURN_SECONDS", 1e-6)
    herd = [connected(site, site.head("GET", "/events")) for _ in range(200)]
    publisher = connected(site, site.head("POST", "/topics/a", 2) + b"hi")
    while not site.wall.hub._publishing:  # Asked each turn. When the log answers is its thread's to say.
        await asyncio.sleep(0)
    assert site.wall.registry.count < 100
    await until(lambda: site.wall.log.head == 1 and site.wall.registry.count == 200)
    for one in (*herd, publisher):
        one.close()


def connected(site: Site, request: bytes) -> socket.socket:
    """A connection that the server has not accepted yet: its loop, which is ours, has had no turn."""
    one = socket.create_connection(("127.0.0.1", site.port))
    one.sendall(request)
    return one


@pytest.mark.gen_test
async def test_a_body_that_nobody_reads_is_not_counted_behind_the_answer(site: Site) -> None:
    """Several requests in one go: one is refused before its body is asked for, and the next is under way by then."""
    refused = site.head("POST", "/topics/a", 20_000, {"Origin": "http://elsewhere"}) + b"x" * 20_000
    reader, writer = await site.connect()
    writer.write(refused + refused + site.head("POST", "/topics/a", 1) + b"x")
    statuses = [(await Answer.read(reader)).status for _ in range(3)]
    assert statuses == [403, 403, 201]
    assert site.wall.uploads.kept_bytes == 0
