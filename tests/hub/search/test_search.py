"""Searching finds what `Filter.matches` finds: with the index, without it, and while both change."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.filter import Filter
from hub.log.sqlite import as_message
from hub.message import RANK, Draft, Level, Message
from hub.query.seen import Seen
from hub.search import candidates
from hub.search import index as search_index
from hub.search.find import EVER, Search, find
from tests.hub.log_files import open_log
from tests.hub.parts import EPOCH, draft

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
QUERIES = [
    "", "timeout", "IME", "ab", "a", '"disk full"', "disk full", "disk OR ok", "-timeout", "ok -(a OR full)", "über",
    "οδοσ", "straße", "strasse", '"x y"', "y", "level:warn", "level:>=error", "level:<info", "-level:info",
    "topic:db", "topic:d", "topic:api.*", "topic:*auth", "topic:a*i", "source:web", "source:web-*", "source:*1",
    'source:""', "data.user.name:ana", "data.user.name:a*", "data.status:500", "data.status:>=500", "data.ok:true",
    "data.ok:t*",
    "data.note:null", "data.list.0:one", "data.long.100:end", "data.http.code:7", "data.missing:*",
    "data.user:*", "data.status:500 timeout",
    "ana", "name", "(timeout OR data.status:404) -level:debug", "nowhere", '\'"quoted"', '-1', "quoted",
]  # fmt: skip


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


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments and steps of a few messages, so that a small log has many of each."""
    monkeypatch.setattr(search_index, "SEGMENT", 64)
    monkeypatch.setattr(search_index, "STEP_ROWS", 24)
    monkeypatch.setattr(candidates, "SCAN_ROWS", 10)


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The writing connection of a log that holds 500 messages and runs no thread."""
    log = open_log(tmp_path / "log.db")
    connection = log._writer.connection
    random = Random(7)
    for seq in range(1, 501):
        fill(connection, seq, a_draft(random), time=EPOCH + random.randint(0, 500))
    connection.execute("UPDATE log SET head = 500")
    yield connection
    log._writer.stop()
    asyncio.run(log.stop())


def fill(connection: sqlite3.Connection, seq: int, said: Draft, time: int) -> None:
    data = bytes(said.data).decode() if said.data is not None else None
    row = (seq, time, said.topic, RANK[said.level], said.source, said.message, data)
    connection.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def index(connection: sqlite3.Connection) -> None:
    """All that the writer would do while nobody publishes."""
    for chore in search_index.CHORES:
        while chore(connection, False):
            pass


def everything(connection: sqlite3.Connection) -> list[tuple[int, int, Message]]:
    """Seq, time and message of all rows."""
    return [(row[0], row[1], as_message(EPOCH, row)) for row in connection.execute(f"{search_index.ROWS} ORDER BY seq")]


def expected(messages: list[tuple[int, int, Message]], search: Search) -> list[str]:
    """The same by looking at everything."""
    ids = [
        message.id
        for seq, time, message in messages
        if search.low <= seq <= search.high
        and search.span[0] <= time <= search.span[1]
        and search.wanted.matches(Seen(message))
    ]
    return ids[::-1] if search.newest_first else ids


def found_in_pages(connection: sqlite3.Connection, search: Search) -> list[str]:
    ids: list[str] = []
    while True:
        found = find(connection, EPOCH, search)
        ids += [message.id for message in found.messages]
        assert len(found.messages) <= search.limit
        if found.reached is None:
            return ids
        search = search.behind(found.reached, 0)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("state", ["not indexed", "indexed", "pruned in between", "indexed further"])
def test_whatever_the_index_has_the_same_is_found(connection: sqlite3.Connection, state: str) -> None:
    if state != "not indexed":
        index(connection)
        assert connection.execute("SELECT count(*) FROM segment").fetchone()[0] == 8
    if state in ("pruned in between", "indexed further"):
        connection.execute("DELETE FROM message WHERE seq <= 141")
    if state == "indexed further":
        random = Random(8)
        for seq in range(501, 571):
            fill(connection, seq, a_draft(random), time=EPOCH + random.randint(0, 600))
        connection.execute("UPDATE log SET head = 570")
        index(connection)
        numbers = [row[0] for row in connection.execute("SELECT number FROM segment ORDER BY number")]
        assert numbers == list(range(2, 9))
    filters = [Filter.parse(q=query) for query in QUERIES]
    filters += [
        Filter.parse(["api*", "?"], "warning"),
        Filter.parse(["db"], q="ok"),
        Filter.parse(level="critical", q="a"),
    ]
    messages, some = everything(connection), 0
    for wanted in filters:
        for newest_first in (True, False):
            for low, high, span in ((1, 600, EVER), (130, 333, EVER), (1, 600, (EPOCH + 100, EPOCH + 130))):
                search = Search(wanted, low, high, 40, newest_first, span)
                ids = expected(messages, search)
                assert found_in_pages(connection, search) == ids, search
                some += len(ids)
    assert some > 10_000


@pytest.mark.usefixtures("small")
def test_the_index_is_asked_and_not_only_kept(connection: sqlite3.Connection) -> None:
    """Or the test above would prove nothing of it."""
    index(connection)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert not find(connection, EPOCH, Search(Filter.parse(q="nowhere"), 1, 447, 10, True)).messages
    looked_at = [statement for statement in seen if statement.startswith(search_index.ROWS)]
    assert sum("MATCH" in statement for statement in seen) == 7
    assert not looked_at


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("q", ["qz", "ж", "timeout qz", "qz OR jq", "source:j", "data.jq:*", "topic:q*"])
def test_what_is_shorter_than_the_index_has_it_is_looked_up_too(connection: sqlite3.Connection, q: str) -> None:
    """In a log of a million messages a rare word of two letters took 5 s."""
    index(connection)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert not find(connection, EPOCH, Search(Filter.parse(q=q), 1, 447, 10, True)).messages
    assert not any(statement.startswith(search_index.ROWS) for statement in seen)


@pytest.mark.usefixtures("small")
def test_a_segment_that_was_begun_without_a_list_of_trigrams_is_looked_through(connection: sqlite3.Connection) -> None:
    index(connection)
    everywhere = find(connection, EPOCH, Search(Filter.parse(q="an"), 1, 500, 500, True))
    for number in range(1, 8):
        connection.execute(f"DROP TABLE trigram_{number}")
    assert find(connection, EPOCH, Search(Filter.parse(q="an"), 1, 500, 500, True)) == everywhere
    connection.execute("DELETE FROM message WHERE seq <= 447")
    index(connection)
    assert connection.execute("SELECT count(*) FROM segment").fetchone()[0] == 1


@pytest.mark.usefixtures("small")
def test_a_text_that_many_trigrams_begin_with_is_not_worth_the_asking(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "MOST_BEGINNINGS", 1)
    index(connection)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    assert find(connection, EPOCH, Search(Filter.parse(q="a"), 1, 447, 10, True)).messages
    assert not any(statement.startswith("SELECT rowid FROM search_") for statement in seen)


@pytest.mark.usefixtures("small")
def test_a_segment_of_another_time_is_not_looked_into(connection: sqlite3.Connection) -> None:
    index(connection)
    seen: list[str] = []
    connection.set_trace_callback(seen.append)
    span = (EPOCH + 10_000, EPOCH + 20_000)
    assert not find(connection, EPOCH, Search(Filter.parse(q="timeout"), 1, 448, 10, True, span)).messages
    assert not any("MATCH" in statement for statement in seen)


def test_a_message_too_long_to_index_is_found_all_the_same(connection: sqlite3.Connection) -> None:
    fill(connection, 501, Draft("t", Level.INFO, "", "x" * search_index.LONGEST + " needle", None), EPOCH)
    connection.execute("UPDATE log SET head = 501")
    for seq in range(502, 2000):
        fill(connection, seq, draft("hay"), EPOCH)
    connection.execute("UPDATE log SET head = 1999")
    index(connection)
    assert rows_indexed(connection) > 1000
    found = find(connection, EPOCH, Search(Filter.parse(q="needle"), 1, 1999, 10, True))
    assert [message.id for message in found.messages] == [f"{EPOCH}-501"]


def rows_indexed(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT max(indexed) FROM segment").fetchone()[0])


def test_long_messages_make_short_steps(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE message SET message = ?", ("long " * 4000,))
    for seq in range(501, 1100):
        fill(connection, seq, draft("x"), EPOCH)
    connection.execute("UPDATE log SET head = 1099")
    assert search_index.extend(connection, False)
    assert rows_indexed(connection) == 16  # Two blocks of 20 kB each message.


def test_nothing_is_indexed_while_publishers_wait(connection: sqlite3.Connection) -> None:
    for chore in search_index.CHORES:
        assert not chore(connection, True)
    assert not connection.execute("SELECT * FROM segment").fetchall()


@given(st.text(max_size=20), st.text(max_size=20), st.text(min_size=1, max_size=5))
def test_every_text_in_a_message_is_in_its_document(before: str, after: str, text: str) -> None:
    """Character by character, so that no part of a text can be folded in two ways."""
    for encoded in (before + text + after, (before + text + after).upper()):
        row = (1, 0, "t", 0, "", encoded, json.dumps({"k": [encoded]}))
        document = search_index.document(row)
        assert document.count(search_index.folded(encoded)) >= 2


def test_a_search_ends_in_time_and_goes_on_where_it_stopped(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.search.find.LOOK_BYTES", 0)
    search = Search(Filter.parse(q="nowhere"), 1, 500, 10, True)
    reached: list[int] = []
    while True:
        found = find(connection, EPOCH, search, seconds=-1)
        if found.reached is None:
            break
        reached.append(found.reached)
        search = search.behind(found.reached, 0)
    assert reached == list(range(500, 1, -1))


def test_a_page_is_bounded_in_bytes(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE message SET message = ?", ("x" * (1 << 20),))
    found = find(connection, EPOCH, Search(Filter.parse(), 1, 500, 100, False))
    assert len(found.messages) == 4
    assert found.reached == 4
