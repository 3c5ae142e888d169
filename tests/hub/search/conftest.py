import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.hub.log_files import open_log
from tests.hub.parts import EPOCH
from tests.hub.search.logs import a_draft, fill, note_clock


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments and steps of a few messages, so that a small log has many of each."""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The writing connection of a log with 500 messages, without the writer's thread."""
    log = open_log(tmp_path / "log.db")
    connection = log.writer.connection
    connection.execute("PRAGMA synchronous = OFF")  # Each row is a transaction here, and none has to be durable.
    random = Random(7)
    for seq in range(1, 501):
        fill(connection, seq, a_draft(random), time=EPOCH + random.randint(0, 500))
    connection.execute("UPDATE log SET head = 500")
    note_clock(connection)
    yield connection
    log.writer.stop()
    asyncio.run(log.stop())
