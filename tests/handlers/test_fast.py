"""The fast tier answers as a handler does, or leaves the connection to one."""

import logging
import re
import socket
from itertools import product
from typing import Any

import pytest

from handlers.fast import FastTier, parse
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import RST_ON_CLOSE, Answer
from tests.hub.log_files import held, read_page
from tests.turns import Turns
from tests.waiting import until

# The fast tier leaves a request with an unknown header to the handlers.
WAYS: tuple[dict[str, str], ...] = ({}, {"X-Other": "1"})
PATHS = ("/topics/db", "/topics/" + "a" * 64, "/topics/" + "a" * 65, "/topics/a?level=error", "/messages")
TYPES = (None, "text/plain; charset=latin-1", "application/x-www-form-urlencoded", "Application/JSON", "text/csv", "x")
BODIES = (
    b"disk full",
    b"a=1&b=2",
    b"",
    b" ",
    "caf\u00e9 \u2028 \0".encode(),
    b"\xff",
    b'{"message":"m"}',
    b' {"message":"m"}',
    b'{"message":"m","topic":"t","level":"crit","source":"s","data":{"a": [1,\n2.50]}}',
    b'{"message":"m","data":NaN}',
    b'{"message":',
    b'[{"message":"m","topic":"t"}]',
    b"x" * 2001,
)
FIELDS: tuple[dict[str, str], ...] = (
    {},
    {"X-Level": "Err", "X-Source": "srv 1"},
    {"X-Level": "loud"},
    {"X-Source": "x" * 129},
    {"Origin": "http://elsewhere"},
    {"Host": "elsewhere"},
    {"Content-Encoding": "gzip"},
)
KNOWN = "Connection: keep-alive\r\nUser-Agent: curl/8\r\nAccept: */*\r\nHost: localhost\r\n"


def request(path: str, body: bytes, fields: str = KNOWN) -> bytes:
    return f"POST {path} HTTP/1.1\r\n{fields}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def answered(site: Site, data: bytes) -> bytes | None:
    """Return the fast tier's answer to these bytes; None if it leaves them to a handler."""
    simple = parse(data)
    assert simple is not None
    answer = FastTier(site.wall.hub, site.wall.log, site.wall.live, site.wall.refusals).publish(simple)
    return None if answer is None else await answer


async def seen(site: Site, path: str, body: bytes, fields: dict[str, str]) -> tuple[Any, ...]:
    """Return an answer and the new messages of the log, without the values that differ each time."""
    before = site.wall.log.head
    answer = await site.request("POST", path, body, fields)
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in ("Date", "Content-Length"))
    told = {name: value for name, value in answer.json.items() if name not in ("id", "time", "first", "last")}
    kept = [
        (stored.topic, stored.level, stored.source, stored.message, stored.data and bytes(stored.data))
        for stored in await read_page(site.wall.log, before, 10)
    ]
    return answer.status, headers, answer.json.keys(), told, kept


@pytest.mark.gen_test
@pytest.mark.parametrize("origins", [[], ["http://else.where"]])
async def test_each_way_says_the_same_and_keeps_the_same(start_site: StartSite, origins: list[str]) -> None:
    site = await start_site(server={"cors_origins": origins}, publish={"max_message_bytes": 2000})
    shapes = [*product(PATHS, TYPES, BODIES, FIELDS[:1]), *product(PATHS[::4], TYPES[::3], BODIES[:8:3], FIELDS[1:])]
    for path, kind, body, more in shapes:
        fields = ({"Content-Type": kind} if kind else {}) | more
        ways = [await seen(site, path, body, fields | way) for way in WAYS]
        assert ways.count(ways[0]) == len(ways), (path, fields, body)


@pytest.mark.gen_test
@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/topics/db", b"disk full", KNOWN),
        ("/topics/db", b"disk full", KNOWN + "Content-Type: application/x-www-form-urlencoded\r\n"),
        ("/topics/db", b"disk full", KNOWN + "X-Level: error\r\nX-Source: srv\r\n"),
        ("/topics/db", b'{"message":"m"}', KNOWN + "Content-Type: application/json\r\n"),
        ("/messages", b'{"message":"m","topic":"db"}', KNOWN),
    ],
)
async def test_a_plain_message_needs_no_handler(site: Site, path: str, body: bytes, fields: str) -> None:
    answer = await answered(site, request(path, body, fields))
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 201 Created\r\n")
    assert site.wall.log.head == 1


@pytest.mark.gen_test
@pytest.mark.parametrize(
    "fields",
    [
        "Origin: http://localhost\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Idempotency-Key: k\r\n",
        "Content-Encoding: gzip\r\n",
        "Content-Type: application/x-ndjson\r\n",
        "X-Anything: else\r\n",
    ],
)
async def test_what_may_mean_something_else_is_left_to_a_handler(site: Site, fields: str) -> None:
    assert await answered(site, request("/topics/db", b"x", KNOWN + fields)) is None
    assert await answered(site, request("/topics/db", b"x", KNOWN.replace("localhost", "else.where"))) is None
    assert site.wall.log.head == 0


@pytest.mark.gen_test
async def test_a_failed_append_is_answered_as_the_handler_answers_it_and_never_repeated(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    appends = Turns(monkeypatch, site.wall.log, "append")
    await site.wall.log.stop()
    answers = [await site.request("POST", "/topics/db", b"x", way) for way in WAYS]
    assert appends.all == len(WAYS)
    for refused in answers:
        assert (refused.status, refused.error["code"]) == (503, "not_stored")
        assert refused.json == answers[0].json
        assert sorted(refused.headers) == sorted(answers[0].headers)


@pytest.mark.gen_test
async def test_an_unexpected_error_is_answered_once_and_logged(
    both_ways: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = 0

    async def broken(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError

    monkeypatch.setattr(both_ways.wall.log, "append", broken)
    answer = await both_ways.request("POST", "/topics/db", b"x")
    assert (answer.status, answer.error["code"], calls) == (500, "internal_error", 1)
    assert "unexpected error in POST /topics/db" in caplog.text
    caplog.clear()


@pytest.mark.gen_test
async def test_a_debug_log_has_a_line_for_each_publish(both_ways: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "eyewall.http")
    await both_ways.request("POST", "/topics/db", b"x")
    (line,) = await until(lambda: [r.getMessage() for r in caplog.records if "POST" in r.getMessage()])
    assert re.fullmatch(r"201 POST /topics/db \d+\.\d ms", line)


@pytest.mark.gen_test
async def test_pipelined_requests_are_answered_in_order(both_ways: Site) -> None:
    """The fast tier answers first; Tornado takes over at the first request that is not simple."""
    requests = [request("/topics/db", b"m%d" % number, KNOWN + "X-Other: 1\r\n" * (number > 9)) for number in range(20)]
    reader, writer = await both_ways.connect()
    writer.write(b"".join(requests))
    ids = [(await Answer.read(reader)).json["id"] for _ in requests]
    assert ids == [f"{both_ways.wall.log.epoch}-{number}" for number in range(1, 21)]
    stored = await read_page(both_ways.wall.log, 0, 20)
    assert [one.message for one in stored] == [f"m{number}" for number in range(20)]


@pytest.mark.gen_test
async def test_an_answer_during_the_shutdown_closes_the_connection(site: Site) -> None:
    reader, writer = await site.connect()
    async with held(site.wall.log.writer):
        writer.write(request("/topics/db", b"x"))
        await until(lambda: site.wall.limits.count == 1 and bool(site.wall.hub.publishing))
        site.acceptor.stop_accepting()
    answer = await Answer.read(reader)
    assert (answer.status, answer.headers["Connection"]) == (201, "close")
    assert await reader.read(-1) == b""


@pytest.mark.gen_test
@pytest.mark.parametrize("how", ["close", "reset"])
async def test_a_publisher_that_disconnects_while_it_waits_gives_back_its_slot(both_ways: Site, how: str) -> None:
    async with held(both_ways.wall.log.writer):
        for _ in range(5):
            _, writer = await both_ways.connect()
            writer.write(request("/topics/db", b"x"))
            await until(lambda: bool(both_ways.wall.hub.publishing))
            if how == "reset":
                reset_on_close = writer.get_extra_info("socket").setsockopt
                reset_on_close(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            writer.close()
        await until(lambda: both_ways.wall.limits.count == 0)
    await until(lambda: both_ways.acceptor.open == 0)
