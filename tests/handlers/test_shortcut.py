"""handlers/shortcut.py: what needs no handler is answered as a handler would; all else is left to one."""

import asyncio
from itertools import product
from typing import Any

import pytest

from handlers.plain import parse
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.handlers.wire import Answer
from tests.hub.log_files import held
from tests.waiting import until

# A header that the short cut does not know leaves a request to the handlers; one with TE is read by Tornado, too.
WAYS: tuple[dict[str, str], ...] = ({}, {"X-Other": "1"}, {"TE": "trailers"})
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
    """What the short cut says to these bytes; None if it leaves them to a handler."""
    plain = parse(data)
    assert plain is not None
    answer = site.wall.front.answer(plain)
    return None if answer is None else await answer


async def seen(site: Site, path: str, body: bytes, fields: dict[str, str]) -> tuple[Any, ...]:
    """All of an answer and of what is in the log afterwards, but for what differs each time."""
    before = site.wall.log.head
    answer = await site.request("POST", path, body, fields)
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in ("Date", "Content-Length"))
    told = {name: value for name, value in answer.json.items() if name not in ("id", "time", "first", "last")}
    kept = [
        (said.topic, said.level, said.source, said.message, said.data and bytes(said.data))
        for said in await site.wall.log.read(before, 10)
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
        "X-Level: loud\r\n",
    ],
)
async def test_what_may_mean_something_else_is_left_to_a_handler(site: Site, fields: str) -> None:
    assert await answered(site, request("/topics/db", b"x", KNOWN + fields)) is None
    assert await answered(site, request("/topics/db", b"x", KNOWN.replace("localhost", "else.where"))) is None
    assert site.wall.log.head == 0


@pytest.mark.gen_test
async def test_a_log_that_fails_is_said_in_the_handlers_words(site: Site) -> None:
    await site.wall.log.stop()
    for way in WAYS:
        refused = await site.request("POST", "/topics/db", b"x", way)
        assert (refused.status, refused.error["code"]) == (503, "not_stored")
        assert refused.headers["Retry-After"]


@pytest.mark.gen_test
async def test_requests_that_were_sent_at_once_are_answered_in_their_order(site: Site) -> None:
    """Whoever pipelines on one connection: the short cut and the handlers take turns."""
    said = [request("/topics/db", b"m%d" % number, KNOWN + "X-Other: 1\r\n" * (number % 2)) for number in range(20)]
    reader, writer = await site.connect()
    writer.write(b"".join(said))
    heads = [await asyncio.wait_for(reader.readuntil(b"\n\r\n"), 20) + await reader.readline() for _ in said]
    ids = [head.partition(b'"id":"')[2].partition(b'"')[0].decode() for head in heads]
    assert ids == [f"{site.wall.log.epoch}-{number}" for number in range(1, 21)]
    assert [said.message for said in await site.wall.log.read(0, 20)] == [f"m{number}" for number in range(20)]


@pytest.mark.gen_test
async def test_whoever_is_answered_while_the_server_ends_is_told_that_it_was_the_last_time(site: Site) -> None:
    reader, writer = await site.connect()
    async with held(site.wall.log.writer):
        writer.write(request("/topics/db", b"x"))
        await until(lambda: bool(site.wall.hub._publishing))
        site.door.stop()
    answer = await Answer.read(reader)
    assert (answer.status, answer.headers["Connection"]) == (201, "close")
