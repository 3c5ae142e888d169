"""A search finds what `Filter.matches` accepts: with the index, without it, and while the log changes."""

import json
import sqlite3
from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.filter import Filter
from hub.log.rows import ROWS, DamagedRow, as_message, reread
from hub.message import Draft, Level, Message
from hub.query.match_context import MatchContext
from hub.search import index as search_index
from hub.search.find import EVER, FIRST_ROWS, Bounds, SearchRange, find
from hub.search.index import SearchIndex
from tests.hub.kept import Kept
from tests.hub.log_files import NOON
from tests.hub.parts import EPOCH, GENERATIONS, draft
from tests.hub.search.logs import SMALL, a_draft, fill, find_in_peace, index, note_clock

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


def everything(connection: sqlite3.Connection) -> list[tuple[int, int, Message]]:
    """Return seq, time and message of all rows."""
    return [(row[0], row[1], as_message(GENERATIONS, row)) for row in connection.execute(f"{ROWS} ORDER BY seq")]


def expected(messages: list[tuple[int, int, Message]], search: SearchRange) -> list[str]:
    """Return the ids that a search must find, by evaluating every message."""
    ids = [
        message.id
        for seq, time, message in messages
        if search.low <= seq <= search.high
        and search.span[0] <= time <= search.span[1]
        and search.filter.matches(MatchContext(message))
    ]
    return ids[::-1] if search.newest_first else ids


def found_in_pages(connection: sqlite3.Connection, search: SearchRange) -> list[str]:
    ids: list[str] = []
    while True:
        found = find(connection, GENERATIONS, search)
        ids += [message.id for message in found.messages]
        assert len(found.messages) <= search.limit
        if found.reached is None:
            return ids
        search = search.after(found.reached, 0)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("state", ["not indexed", "indexed", "pruned in between", "indexed further"])
def test_the_result_does_not_depend_on_the_state_of_the_index(connection: sqlite3.Connection, state: str) -> None:
    if state != "not indexed":
        index(connection, SMALL)
        assert connection.execute("SELECT count(*) FROM segment").fetchone()[0] == 8
    if state in ("pruned in between", "indexed further"):
        connection.execute("DELETE FROM message WHERE seq <= 141")
    if state == "indexed further":
        random = Random(8)
        for seq in range(501, 571):
            fill(connection, seq, a_draft(random), time=EPOCH + random.randint(0, 600))
        connection.execute("UPDATE log SET head = 570")
        note_clock(connection)
        index(connection, SMALL)
        numbers = [row[0] for row in connection.execute("SELECT number FROM segment ORDER BY number")]
        assert numbers == list(range(2, 9))
    filters = [Filter.parse(q=query) for query in QUERIES]
    filters += [
        Filter.parse(["api*", "?"], "warning"),
        Filter.parse(["db"], q="ok"),
        Filter.parse(level="critical", q="a"),
    ]
    messages, some = everything(connection), 0
    for filter_ in filters:
        for newest_first in (True, False):
            for low, high, span in ((1, 600, EVER), (130, 333, EVER), (1, 600, (EPOCH + 100, EPOCH + 130))):
                search = SearchRange(filter_, low, high, 40, newest_first, span)
                ids = expected(messages, search)
                assert found_in_pages(connection, search) == ids, search
                some += len(ids)
    assert some > 10_000


def test_a_message_too_long_to_index_is_found(connection: sqlite3.Connection) -> None:
    fill(connection, 501, Draft("t", Level.INFO, "", "x" * search_index.LONGEST + " needle", None), EPOCH)
    connection.execute("UPDATE log SET head = 501")
    for seq in range(502, 2000):
        fill(connection, seq, draft("hay"), EPOCH)
    connection.execute("UPDATE log SET head = 1999")
    index(connection)
    assert rows_indexed(connection) > 1000
    found = find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q="needle"), 1, 1999, 10, True))
    assert [message.id for message in found.messages] == [f"{EPOCH}-501"]


def test_characters_that_the_index_does_not_distinguish_are_found(connection: sqlite3.Connection) -> None:
    """FTS5 ends a text at NUL, and replaces U+FFFE and U+FFFF by U+FFFD."""
    for seq, letter in enumerate("\ufffd\ufffe\uffff\0", 501):
        fill(connection, seq, draft(f"ab{letter}cd"), EPOCH)
    for seq in range(505, 1000):
        fill(connection, seq, draft("hay"), EPOCH)
    connection.execute("UPDATE log SET head = 999")
    index(connection)
    assert rows_indexed(connection) > 505
    for seq, letter in enumerate("\ufffd\ufffe\uffff", 501):
        for text in (f"ab{letter}cd", f"{letter}c", letter):
            found = find_in_peace(connection, GENERATIONS, SearchRange(Filter.parse(q=text), 1, 999, 10, True))
            assert [message.id for message in found.messages] == [f"{EPOCH}-{seq}"]


def rows_indexed(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT max(indexed) FROM segment").fetchone()[0])


def test_long_messages_make_short_steps(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE message SET message = ?", ("long " * 4000,))
    for seq in range(501, 1100):
        fill(connection, seq, draft("x"), EPOCH)
    connection.execute("UPDATE log SET head = 1099")
    assert SearchIndex().extend(connection)
    assert rows_indexed(connection) == 16  # Two blocks of 20 kB each message.


without_codes = st.characters(exclude_characters="\x1b")


@given(st.text(without_codes, max_size=20), st.text(without_codes, max_size=20), st.text(without_codes, min_size=1))
def test_every_text_in_a_message_is_in_its_document(before: str, after: str, text: str) -> None:
    """fold() works character by character, so no part of a text can be folded in two ways."""
    for encoded in (before + text + after, (before + text + after).upper()):
        row = (1, 0, "t", 0, "", encoded, json.dumps({"k": [encoded]}))
        document = search_index.document(row)
        assert document.count(search_index.folded(encoded)) >= 2


@pytest.mark.parametrize(("q", "step"), [("-nowhere", 1), ("nowhere", FIRST_ROWS)])
def test_a_search_ends_in_time_and_continues_where_it_stopped(
    connection: sqlite3.Connection, q: str, step: int
) -> None:
    """The clock is read after each message that SQL accepts, and after each statement."""
    connection.execute("UPDATE message SET message = 'hay', data = NULL")
    search = SearchRange(Filter.parse(q=q), 1, 500, 10)
    reached: list[int] = []
    while True:
        found = find(connection, GENERATIONS, search, Bounds(seconds=-1, clock_bytes=0))
        if found.reached is None:
            break
        reached.append(found.reached)
        search = search.after(found.reached, 0)
    assert reached == list(range(501 - step, 1, -step))


def test_a_page_is_bounded_in_bytes(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE message SET message = ? WHERE seq <= 10", ("x" * 1000,))
    search = SearchRange(Filter.parse(), 1, 500, 100, newest_first=False)
    found = find(connection, GENERATIONS, search, Bounds(seconds=600, page_bytes=4000))
    assert len(found.messages) == 4
    assert found.reached == 4


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_search_begins_at_its_time(kept: Kept, newest_first: bool) -> None:
    """However long the log is: the first message that is evaluated is in the span."""
    kept.fill(3000, apart=1)
    kept.fill(1000, time=NOON + 900, apart=1)  # The clock was set back.
    span = (int(1000 * (NOON + 1000)), int(1000 * (NOON + 1010)))
    search = SearchRange(Filter.parse(), newest_first=newest_first, span=span)
    found = find(kept.connection, GENERATIONS, search, Bounds(seconds=-1, clock_bytes=0))
    assert [message.id for message in found.messages] == [f"{EPOCH}-{3110 if newest_first else 1000}"]


def test_a_damaged_time_does_not_mislead_a_search(kept: Kept) -> None:
    kept.fill(400, apart=1)
    for seq in range(100, 400, 20):
        kept.connection.execute("UPDATE message SET time = 'soon' WHERE seq = ?", (seq,))
    span = (int(1000 * (NOON + 150)), int(1000 * (NOON + 250)))
    search = SearchRange(Filter.parse(), limit=1000, span=span)
    with pytest.raises(DamagedRow):
        find_in_peace(kept.connection, GENERATIONS, search)
    ids = []
    while True:  # Each part ends at a damaged message.
        found = reread(partial(find_in_peace, generations=GENERATIONS, search=search), kept.connection)
        ids += [message.id for message in found.messages]
        if found.reached is None:
            break
        search = search.after(found.reached, 0)
    assert ids == [f"{EPOCH}-{seq}" for seq in range(250, 149, -1) if seq % 20]
