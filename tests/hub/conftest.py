"""Logs of their own for the tests of the core, of which none is left open."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from hub.log.sqlite import SqliteLog
from tests.hub.kept import Kept
from tests.hub.log_files import Open, Time, open_log
from tests.hub.written import Written


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "eyewall.db"


@pytest.fixture
def opened(io_loop: IOLoop) -> Iterator[Open]:
    """Opens logs, of which none is left open at the end."""
    logs: list[SqliteLog] = []

    def opening(where: Path | str, clock: Time | None = None, **options: Any) -> SqliteLog:
        log = open_log(where, clock, **options)
        logs.append(log)
        return log

    yield opening
    for log in logs:
        io_loop.run_sync(log.stop)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    made = Written(tmp_path / "eyewall.db")
    yield made
    made.writer.stop()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    made = Kept(str(tmp_path / "eyewall.db"))
    yield made
    made.connection.close()
