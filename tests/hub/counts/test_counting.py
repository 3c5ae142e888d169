"""The totals of GET /counts are those of the messages kept, whatever the buckets have.

The invariant: a count is what a search for the same range finds, also when messages were deleted, buckets lag behind or
were dropped, and clocks were set back.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.counts.buckets import BUCKET_SECONDS, Buckets
from hub.counts.count import Counting
from hub.filter import Filter
from hub.log.database import MEMORY, open_writer
from hub.log.protocol import format_time
from hub.message import RANK, Level, Message
from hub.search.find import EVER, Bounds, SearchRange
from tests.hub.parts import EPOCH, GENERATIONS
from tests.hub.search.logs import find_in_peace

LEVELS = list(Level)
FILTERS = [
    Filter.parse(),
    Filter.parse(level="warning"),
    Filter.parse(["a*"]),
    Filter.parse(["a.b", "c?"], "info"),
    Filter.parse(q="x"),
    Filter.parse(["a*"], "info", "x OR topic:c"),
]
START = EPOCH // 1000 // BUCKET_SECONDS * BUCKET_SECONDS
TIMES = {format_time(1000 * second): second for second in range(START, START + 3001)}
topics = st.sampled_from(["a", "a.b", "c", "cd"])
seconds = st.sampled_from([0, 300, 600, 900]) | st.integers(0, 3000)
messages = st.lists(st.tuples(topics, st.sampled_from(LEVELS), st.sampled_from("xy")), min_size=1, max_size=9)
publish = st.tuples(st.just("publish"), seconds, messages)
delete = st.tuples(st.just("delete"), st.integers(0, 9))
count = st.tuples(st.just("count"), st.sampled_from([0, 600]))
drop = st.tuples(st.just("drop"), st.integers(0, 12))
changes = st.lists(publish | publish | publish | count | count | delete | drop, min_size=2, max_size=20)
spans = st.tuples(seconds, seconds).map(lambda ends: (1000 * (START + min(ends)), 1000 * (START + max(ends)) - 1))


def apply(
    connection: sqlite3.Connection, kind: str, number: int, messages: Sequence[tuple[str, Level, str]] = ()
) -> None:
    (head,) = connection.execute("SELECT head FROM log").fetchone()
    if kind == "publish":
        rows = [(topic, RANK[level], text) for topic, level, text in messages]
        values = [(seq, 1000 * (START + number), *row) for seq, row in enumerate(rows, head + 1)]
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, '', ?, NULL)", values)
        connection.execute("UPDATE log SET head = head + ?", (len(rows),))
    elif kind == "delete":
        last = "(SELECT min(seq) FROM message) + ?"
        connection.execute(f"DELETE FROM message WHERE seq < {last} AND seq < ?", (number, head))
    elif kind == "count":
        Buckets(bucket_rows=4, step_seconds=number).step(connection)
    else:  # The rows take too much room.
        connection.execute("UPDATE log SET keep_bytes = 32 * ?", (number,))
        Buckets(bucket_rows=4, row_bytes=1).step(connection)
        connection.execute("UPDATE log SET keep_bytes = NULL")


def counted(connection: sqlite3.Connection, search: SearchRange, step: int, bounds: Bounds) -> dict[str, Any]:
    counting = Counting(search, step, bounds)
    while not counting.part(connection):
        assert not counting.as_json()["complete"]
    return counting.as_json()


def expected(messages: list[Message], step: int) -> dict[str, Any]:
    steps: dict[int, list[int]] = defaultdict(lambda: [0] * 5)
    by_topic: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    for message in messages:
        for counts in (steps[TIMES[message.time] // step * step], by_topic[message.topic]):
            counts[LEVELS.index(message.level)] += 1
    levels = Counter(message.level for message in messages)
    return {
        "steps": [[start, counts] for start, counts in sorted(steps.items())],
        "levels": {level: levels[level] for level in LEVELS},
        "topics": by_topic,
        "all_topics": True,
        "total": len(messages),
    }


@given(changes, st.lists(spans, min_size=3, max_size=3), st.sampled_from([0, 1, 30]), st.booleans())
def test_a_count_is_the_number_of_messages_that_a_search_finds(
    changes: list[tuple[Any, ...]], some_spans: list[tuple[int, int]], small_step: int, in_slices: bool
) -> None:
    bounds = Bounds(seconds=-1, clock_bytes=0) if in_slices else Bounds(seconds=600)
    with closing(open_writer(MEMORY, "full", EPOCH)) as connection:
        for change in changes:
            apply(connection, *change)
        for filter_, span, step in product(FILTERS, [EVER, *some_spans], [small_step, 300]):
            search = SearchRange(filter_, limit=1000, span=span)
            messages = find_in_peace(connection, GENERATIONS, search).messages
            found = counted(connection, search, step, bounds)
            assert found["step"] >= step
            assert (found.pop("complete"), found.pop("reached")) == (True, None)
            since, until = found.pop("since"), found.pop("until")
            if messages:
                assert since <= min(message.time for message in messages)
                assert until > max(message.time for message in messages)
            assert found == expected(messages, found.pop("step"))
