"""Small logs to search in, and the index as the writer would make it."""

import json
import sqlite3
from functools import partial
from random import Random
from typing import Any

import msgspec

from hub.message import RANK, Draft, Level
from hub.search import find as search
from hub.search.index import SearchIndex

# In a slice of its usual time a busy machine does not come to the end of even a small log.
find_in_peace = partial(search.find, seconds=600)

WORDS = [
    "timeout",
    "Über",
    "disk",
    "full",
    "a",
    "ok",
    "Straße",
    "ΟΔΟΣ",
    "x\0y",  # Nobody can look for the NUL, but for what stands beside it.
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


def fill(connection: sqlite3.Connection, seq: int, said: Draft, time: int) -> None:
    data = bytes(said.data).decode() if said.data is not None else None
    row = (seq, time, said.topic, RANK[said.level], said.source, said.message, data)
    connection.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", row)


FULL_SIZE = SearchIndex()
SMALL = SearchIndex(segment=64, step_rows=24)
"""Segments and steps of a few messages, so that a small log has many of each."""


def index(connection: sqlite3.Connection, search_index: SearchIndex = FULL_SIZE) -> None:
    """Do all that the idle writer would do."""
    for task in search_index.tasks:
        while task.step(connection):
            pass
