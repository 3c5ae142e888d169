"""Walls behind real proxies, with the files of docs/proxies: nginx, Caddy, HAProxy, Apache."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import InBrowser
from tests.browser.parts import role, rows
from tests.chromium import CHROMIUM
from tests.proxies import NAME, PATH, PROGRAMS, Proxy, proxy_before, settings_of
from tests.waiting import block_until
from tests.wall import StartWall, Wall

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

SILENCE_SECONDS = 125  # Longer than the idle time of every proxy that is tested: 50 to 120 seconds.
LINES_SILENCE_SECONDS = 90
RULES = [f"--host-resolver-rules=MAP {NAME} 127.0.0.1", "--ignore-certificate-errors"]
# What a page does that knows nothing of Eyewall.
PLAIN = """(url) => {
    globalThis.seen = [];
    const source = new EventSource(url);
    source.onmessage = (event) => { seen.push(JSON.parse(event.data).message); };
    return new Promise((done) => { source.onopen = done; });
}"""

kinds = pytest.mark.parametrize("kind", PROGRAMS)


@pytest.fixture
def wall(start_wall: StartWall, kind: str) -> Wall:
    return start_wall(settings_of(kind))


@pytest.fixture
def proxy(wall: Wall, kind: str, tmp_path: Path) -> Iterator[Proxy]:
    with proxy_before(wall, kind, tmp_path) as proxy:
        yield proxy


@pytest.fixture
def named_page(browser: Browser, in_browser: InBrowser) -> Iterator[Page]:
    """A page of a browser that finds the wall's name at this machine and takes any certificate."""
    one = in_browser(lambda: browser.browser_type.launch(executable_path=CHROMIUM, args=RULES))
    yield in_browser(one.new_page)
    in_browser(one.close)


@contextmanager
def requested(
    proxy: Proxy, path: str, headers: dict[str, str] | None = None, *, body: bytes | None = None, source: str = ""
) -> Iterator[HTTPResponse]:
    """The answer to a GET, or to a POST of the body, to a client at the address `source`."""
    address = (source or "127.0.0.1", 0)
    connection = HTTPConnection("127.0.0.1", proxy.http, timeout=180, source_address=address)
    try:
        host = {"Host": f"{NAME}:{proxy.http}"}
        connection.request("GET" if body is None else "POST", path, body, host | (headers or {}))
        yield connection.getresponse()
    finally:
        connection.close()


def events(stream: HTTPResponse) -> Iterator[dict[str, str]]:
    fields: dict[str, str] = {}
    while line := stream.readline().decode():
        name, _, value = line.rstrip("\n").partition(": ")
        fields[name] = value
        if not name:
            yield fields
            fields = {}


@kinds
def test_events_pass_at_once_and_a_stream_resumes(wall: Wall, proxy: Proxy) -> None:
    with requested(proxy, "/events?topic=demo") as stream:
        assert stream.status == 200
        found, one = events(stream), {}
        for n in range(20):  # Each is read before the next is published: nothing is held back.
            wall.publish(f"message {n}")
            one = next(event for event in found if event.get("event", "message") == "message")
            assert json.loads(one["data"])["message"] == f"message {n}"
    for n in range(20, 25):
        wall.publish(f"message {n}")
    with requested(proxy, "/events?topic=demo", {"Last-Event-ID": one["id"]}) as stream:
        found = events(stream)
        data = (json.loads(event["data"]) for event in found if event.get("event", "message") == "message")
        assert [next(data)["message"] for _ in range(5)] == [f"message {n}" for n in range(20, 25)]


@kinds
def test_a_silent_stream_stays_open(start_wall: StartWall, kind: str, tmp_path: Path) -> None:
    """With the longest heartbeat that the config allows."""
    server = settings_of(kind).splitlines()[0]
    wall = start_wall(f"{server}\nstream: {{heartbeat_seconds: 45}}\n")
    with proxy_before(wall, kind, tmp_path) as proxy, requested(proxy, "/events?topic=demo") as stream:
        found = events(stream)
        beats = 0
        while beats < SILENCE_SECONDS // 45 + 1:
            beats += next(found).get("event") == "heartbeat"
        wall.publish("still here")
        assert json.loads(next(found)["data"])["message"] == "still here"


@kinds
@pytest.mark.parametrize("silence", [0, LINES_SILENCE_SECONDS])
def test_lines_pass_at_once(wall: Wall, proxy: Proxy, silence: int) -> None:
    command = ["curl", "-sS", "-T", "-", "-H", f"Host: {NAME}:{proxy.http}", "-H", "Incremental: ?1"]
    shipper = subprocess.Popen(
        [*command, f"http://127.0.0.1:{proxy.http}/topics/demo?multiline=off"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert shipper.stdin is not None
    for n in range(10):
        shipper.stdin.write(f"line {n}\n".encode())
        shipper.stdin.flush()
        block_until(partial(is_newest, wall, f"line {n}"), 30)
        if n == 5 and silence:
            with pytest.raises(subprocess.TimeoutExpired):  # The shipper runs on through the silence.
                shipper.wait(silence)
    answer, _ = shipper.communicate()
    assert json.loads(answer)["accepted"] == 10


def is_newest(wall: Wall, text: str) -> bool:
    messages = wall.get_json("/messages?topic=demo&limit=1")["messages"]
    return [one["message"] for one in messages] == [text]


@kinds
def test_a_body_of_6_mb_passes(wall: Wall, proxy: Proxy) -> None:
    body = b"".join(b'{"message":"%d %s"}\n' % (n, b"x" * 600) for n in range(10_000))
    assert len(body) > 6_000_000
    with requested(proxy, "/topics/demo", {"Content-Type": "application/x-ndjson"}, body=body) as answer:
        assert (answer.status, json.load(answer)["accepted"]) == (201, 10_000)


@kinds
def test_the_page_publishes_through_it(wall: Wall, proxy: Proxy, named_page: Page, in_browser: InBrowser) -> None:
    """Over http on an odd port, and over https."""

    def publish(origin: str, text: str) -> None:
        named_page.goto(origin)
        expect(role(named_page, "connection-state")).to_have_text(re.compile("^Live"), timeout=30_000)
        role(named_page, "publish-open").click()
        role(named_page, "publish-topic").fill("demo")
        role(named_page, "publish-text").fill(text)
        role(named_page, "publish-send").click()
        expect(rows(named_page).filter(has_text=text)).to_have_count(1, timeout=30_000)

    in_browser(publish, proxy.origin, "over http")
    in_browser(publish, proxy.secure_origin, "over https")


@kinds
def test_a_path_of_its_own(wall: Wall, kind: str, tmp_path: Path, named_page: Page, in_browser: InBrowser) -> None:
    def look(origin: str) -> None:
        named_page.goto(f"{origin}{PATH}")
        expect(role(named_page, "connection-state")).to_have_text(re.compile("^Live"), timeout=30_000)
        wall.publish("under a path")
        expect(rows(named_page).filter(has_text="under a path")).to_have_count(1, timeout=30_000)

    with proxy_before(wall, kind, tmp_path, under_path=True) as proxy:
        in_browser(look, proxy.origin)


@kinds
def test_the_address_is_that_of_the_client_and_a_reader_that_leaves_is_gone(wall: Wall, proxy: Proxy) -> None:
    with requested(proxy, "/events", source="127.0.0.7") as stream:
        next(events(stream))
        assert [one["address"] for one in connections(wall)] == ["127.0.0.7"]
    block_until(lambda: not connections(wall), 15)


def connections(wall: Wall) -> list[dict[str, str]]:
    found: list[dict[str, str]] = wall.get_json("/connections")["connections"]
    return found


@pytest.mark.parametrize("kind", [kind for kind in PROGRAMS if kind != "apache"])
def test_a_plain_event_source_survives_a_restart(
    wall: Wall, proxy: Proxy, named_page: Page, in_browser: InBrowser
) -> None:
    """Apache has no way to keep it from a 503: there it takes socket activation, or the snippet of the README."""
    in_browser(named_page.goto, proxy.origin)
    in_browser(named_page.evaluate, PLAIN, f"{proxy.origin}/events?topic=demo&since=1m")
    for n in range(5):
        wall.publish(f"message {n}")
    wall.stop()
    time.sleep(4)  # The time that it is away: a plain EventSource tries again after 2 to 3 s.
    wall.start()
    for n in range(5, 13):
        wall.publish(f"message {n}")
    expected = [f"message {n}" for n in range(13)]
    block_until(lambda: in_browser(named_page.evaluate, "() => seen") == expected, 60)
