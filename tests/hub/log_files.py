"""Logs in real files, for the tests of what keeps messages: opened, filled, and looked into from outside."""

import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, closing
from pathlib import Path

from hub.config import LogConfig
from hub.history import History, HistoryPage
from hub.log.limits import Deletion
from hub.log.protocol import Receipt
from hub.log.sqlite import SqliteLog
from hub.log.tuning import DEFAULT, Tuning
from hub.log.writer import Writer
from hub.message import Message
from hub.search.find import SearchRange
from hub.search.index import SearchIndex
from tests.hub.parts import EPOCH, draft
from tests.waiting import until

Open = Callable[..., SqliteLog]
"""Takes what `open_log` takes; the log is stopped when the test ends."""

NOON = EPOCH / 1000  # Seconds since 1970 at which a Time begins.


class Time:
    """A clock that stands still until a test moves it: by changing `now` time passes."""

    def __init__(self) -> None:
        self.now = NOON
        self._jumped = 0.0

    def __call__(self) -> float:
        return self.now

    def jump(self, seconds: float) -> None:
        """Set the clock: no time passes."""
        self.now += seconds
        self._jumped += seconds

    def monotonic(self) -> float:
        return self.now - self._jumped


class Delivered(list[Message]):
    """What a hub would have been given, in the order in which it was."""

    def __call__(self, messages: Sequence[Message]) -> None:
        self.extend(messages)

    @property
    def texts(self) -> list[str]:
        return [message.message for message in self]

    @property
    def seqs(self) -> list[int]:
        return [int(message.id.partition("-")[2]) for message in self]


async def say(log: SqliteLog, *texts: str) -> Receipt:
    return await log.append([draft(text) for text in texts])


@asynccontextmanager
async def held(writer: Writer) -> AsyncIterator[list[str]]:
    """The writer does nothing until the block ends, so that all appends in it wait together.

    Gives the SQL that the writer's connection runs from then on.
    """
    entered, go_on = threading.Event(), threading.Event()
    statements: list[str] = []

    def wait(connection: sqlite3.Connection) -> None:
        entered.set()
        go_on.wait(60)
        connection.set_trace_callback(statements.append)

    writer.call(wait)
    try:
        await until(entered.is_set)
        yield statements
    finally:
        go_on.set()


async def queued(log: SqliteLog, count: int) -> None:
    """Wait until so many publishers wait for the writer."""
    await until(lambda: log.writer.queue_size >= count)


async def read_page(log: SqliteLog, after: int, limit: int) -> list[Message]:
    found = await log.read(after, limit)
    messages = [message for message in found if isinstance(message, Message)]
    assert len(messages) == len(found), "damaged"
    return messages


def rows(path: Path, query: str = "SELECT seq, message FROM message ORDER BY seq") -> list[tuple[object, ...]]:
    """What another program would see in the file at this moment."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


async def page_of(
    history: History, search: SearchRange, *, after: str | None = None, before: str | None = None
) -> HistoryPage:
    """Return the first page of an answer."""
    async with aclosing(history.pages(search, after=after, before=before)) as pages:
        return await anext(pages)


async def in_writer(log: SqliteLog, statement: str) -> list[tuple[object, ...]]:
    """Run a statement on the writing connection."""
    found = await log.writer.call(lambda connection: connection.execute(statement).fetchall())
    assert isinstance(found, list)
    return found


def config(**settings: object) -> LogConfig:
    return LogConfig.model_validate(settings)


def open_log(
    path: Path | str,
    clock: Time | None = None,
    *,
    tuning: Tuning = DEFAULT,
    announce: Callable[[Deletion | None], None] = lambda _: None,
    **settings: object,
) -> SqliteLog:
    clock, index = clock or Time(), SearchIndex()
    return SqliteLog(
        str(path), config(**settings), clock, clock.monotonic, index=index, announce=announce, tuning=tuning
    )


async def started(log: SqliteLog) -> Delivered:
    delivered = Delivered()
    await log.start([delivered])
    return delivered


async def one_run(opened: Open, path: Path, *texts: str, clock: Time | None = None) -> SqliteLog:
    """One run of a server that says something, and its orderly end."""
    log = opened(path, clock)
    await started(log)
    for text in texts:
        await say(log, text)
    await log.stop()
    return log
