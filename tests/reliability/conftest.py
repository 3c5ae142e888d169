"""Real processes for the tests in this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wall import StartWall, Wall, walls


@pytest.fixture
def start_wall(tmp_path: Path) -> Iterator[StartWall]:
    """Starts servers with settings of the test's own."""
    with walls(tmp_path) as start:
        yield start


@pytest.fixture
def wall(start_wall: StartWall) -> Wall:
    """A server with the defaults, on any free port, and nothing on it that publishes by itself."""
    return start_wall()
