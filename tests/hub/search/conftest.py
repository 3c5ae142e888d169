import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hub.log.database import open_writer
from hub.search import index as search_index
from tests.hub.parts import EPOCH
from tests.hub.search.logs import a_draft, fill


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments and steps of a few messages, so that a small log has many of each."""
    monkeypatch.setattr(search_index, "SEGMENT", 64)
    monkeypatch.setattr(search_index, "STEP_ROWS", 24)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The writing connection of a log with 500 messages, without the writer's thread."""
    connection = open_writer(str(tmp_path / "log.db"), "full", EPOCH)
    connection.execute("PRAGMA synchronous = OFF")  # Each row is a transaction here, and none has to be durable.
    random = Random(7)
    for seq in range(1, 501):
        fill(connection, seq, a_draft(random), time=EPOCH + random.randint(0, 500))
    connection.execute("UPDATE log SET head = 500")
    yield connection
    connection.close()
