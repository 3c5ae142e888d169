"""Small logs to search, and the index as the writer builds it."""

import json
import sqlite3
from functools import partial
from random import Random
from typing import Any

import msgspec

from hub.message import RANK, Draft, Level
from hub.search.find import Bounds, find
from hub.search.index import SearchIndex

# With the usual time limit, a search on a busy machine may not complete even in a small log.
find_in_peace = partial(find, bounds=Bounds(seconds=600))

WORDS = [
    "timeout",
    "Über",
    "disk",
    "full",
    "a",
    "ok",
    "Straße",
    "ΟΔΟΣ",
    "x\0y",  # A query cannot contain the NUL, but the texts beside it.
    "\ue001db\ue002",
    '"quoted"',
    "-1",
    "line\nend",
]
TOPICS = ["api", "api.auth", "db", "d", "Web.A"]


def a_draft(random: Random) -> Draft:
    data: dict[str, Any] = {
        "status": random.choice([200, 404, 500, 500.0, "500"]),
        "user": {"name": random.choice(["ana", "Ana Maria", "bob", "null"])},
        "ok": random.choice([True, False, "true"]),
        "list": random.choice([["one", "two"], [], {"0": "one"}]),
        "http.code": random.choice([7, 8, "7"]),
        "long": [*range(100), random.choice(["end", 5])],
    } | random.choice([{}, {"note": None}, {"note": "null"}, {"É": "\n\u2028"}])
    return Draft(
        random.choice(TOPICS),
        random.choice(list(Level)),
        random.choice(["", "web-1", "Web"]),
        " ".join(random.choices(WORDS, k=random.randint(0, 4))),
        msgspec.Raw(json.dumps(data).encode()) if random.random() < 0.5 else None,
    )


def fill(connection: sqlite3.Connection, seq: int, draft: Draft, time: int) -> None:
    """Insert one message. If its time is earlier than that of the one before, `note_clock` must follow."""
    data = bytes(draft.data).decode() if draft.data is not None else None
    row = (seq, time, draft.topic, RANK[draft.level], draft.source, draft.message, data)
    connection.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def note_clock(connection: sqlite3.Connection) -> None:
    """Note where times fall, as the log does with each commit."""
    pairs = "SELECT seq, lag(time) OVER (ORDER BY seq) AS before, time FROM message"
    connection.execute(f"INSERT OR IGNORE INTO clock_set_back SELECT seq, before FROM ({pairs}) WHERE time < before")


FULL_SIZE = SearchIndex()
SMALL = SearchIndex(segment=64, step_rows=24)
"""Segments and steps of a few messages, so that a small log has many of each."""


def index(connection: sqlite3.Connection, search_index: SearchIndex = FULL_SIZE) -> None:
    """Do all that the idle writer would do."""
    for step in search_index.steps:
        while step(connection):
            pass
