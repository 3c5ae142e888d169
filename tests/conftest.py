"""What every test shares: the right Tornado, a loop of its own, servers to start, patient property tests."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import tornado
from tornado.ioloop import IOLoop

from hub.loop import MonotonicLoop
from tests.wall import StartWall, Wall, walls

# A busy machine is slow, not wrong; and a fixture shared by all examples is what a server is.
hypothesis.settings.register_profile(
    "eyewall",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("eyewall")


def pytest_sessionstart() -> None:
    """Some tools pull Tornado back to an older version when they are installed beside it."""
    if tornado.version_info < (6, 6, 1):
        pytest.exit(f"Tornado {tornado.version} is installed, 6.6.1 is needed: run `make dev`", returncode=2)


@pytest.fixture
def io_loop() -> Iterator[IOLoop]:
    """One loop a test, ended with everything the test left on it.

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
    """Starts servers, real processes, with settings of the test's own."""
    with walls(tmp_path) as start:
        yield start


@pytest.fixture
def wall(start_wall: StartWall) -> Wall:
    """A server with the defaults, on any free port, and nothing on it that publishes by itself."""
    return start_wall()
