"""The three lines of JavaScript that are promised to be enough, in a real Chromium, on a page of another origin."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.reliability.chromium import open_page
from tests.reliability.client import CLIENTS
from tests.waiting import block_until
from tests.wall import StartWall, Wall

EXPECTED = "Server Message: Hello from the server"
# What config.yaml has, so that this is what a new wall says.
GREETING = "sources: [{kind: greeting}]"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        pass


@pytest.fixture
def other_origin(tmp_path: Path) -> Iterator[str]:
    """A third-party web server that serves tmp_path."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def write_page(folder: Path, wall: Wall) -> Path:
    """The smallest client, but for the port: tests take any that is free."""
    page = folder / "page.html"
    page.write_text((CLIENTS / "smallest.html").read_text().replace("localhost:3030", f"localhost:{wall.port}"))
    return page


def lives_and_survives_a_restart(address: str, wall: Wall) -> None:
    with open_page(address, "li") as page:
        # 6 seconds are promised from when the page is there; starting a browser on a busy machine is not in it.
        block_until(lambda: EXPECTED in page.shown, 100)
        wall.restart()
        before = len(page.shown)
        block_until(lambda: len(page.shown) > before, 100)
        assert set(page.shown) == {EXPECTED}


def test_it_shows_the_greeting_on_a_page_of_another_origin(
    start_wall: StartWall, other_origin: str, tmp_path: Path
) -> None:
    """And goes on by itself when the server was restarted."""
    wall = start_wall(f"server: {{drain_seconds: 0, cors_origins: ['{other_origin}']}}\n{GREETING}")
    write_page(tmp_path, wall)
    lives_and_survives_a_restart(f"{other_origin}/page.html", wall)


def test_it_shows_the_greeting_on_a_page_that_was_opened_as_a_file(start_wall: StartWall, tmp_path: Path) -> None:
    wall = start_wall(f"server: {{drain_seconds: 0, cors_origins: ['null']}}\n{GREETING}")
    lives_and_survives_a_restart(write_page(tmp_path, wall).as_uri(), wall)


def test_it_shows_nothing_on_a_page_of_an_origin_that_is_not_listed(
    start_wall: StartWall, other_origin: str, tmp_path: Path
) -> None:
    """Once it is listed, without a restart, the same page has it."""
    wall = start_wall(GREETING)
    write_page(tmp_path, wall)
    with open_page(f"{other_origin}/page.html", "li") as page:
        block_until(lambda: "CORS policy" in "".join(page.console), 100)
        assert page.shown == []
        wall.config.write_text(f"server: {{cors_origins: ['*']}}\n{GREETING}")
        block_until(lambda: "config.yaml applied" in wall.log, 100)
    with open_page(f"{other_origin}/page.html", "li") as page:
        block_until(lambda: EXPECTED in page.shown, 100)
