"""Readers who are catching up: each is a cursor that moves through the log, a page at a time.

Replay after a reconnect, `?last=`, and a socket that is full all end up here, and leave the same
way: when the cursor reaches what has been flushed, the reader joins its group in that very turn of
the loop, so that nothing can fall between. Readers take turns within a time budget.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from tornado.ioloop import IOLoop

from hub.delivery import sse
from hub.delivery.connection import NOTHING, Connection
from hub.delivery.control_events import ControlEvents
from hub.delivery.cursor import Gap
from hub.delivery.replay_pages import Pages, ReplayPage
from hub.delivery.transports import Sockets
from hub.errors import LogFailed
from hub.filter import Filter
from hub.log.protocol import Log

logger = logging.getLogger("eyewall.hub")

# What one turn of the loop gives to all of them together. A request needs some three turns: with 5 ms its lag was
# 27–30 ms while 1,000 readers replayed 100,000 messages (measured).
TURN_SECONDS: Final = 0.002


class CatchUp:
    """Owns every reader that is not live and has a socket."""

    def __init__(
        self,
        log: Log,
        pages: Pages,
        sockets: Sockets,
        notices: ControlEvents,
        io_loop: IOLoop,
        *,
        goal: Callable[[], int],
        join: Callable[[Connection], bool],
        heartbeat_seconds: Callable[[], float],
        disconnect: Callable[[Connection], None],
    ) -> None:
        self._log = log
        self._pages = pages
        self._sockets = sockets
        self._notices = notices
        self._loop = io_loop
        self._goal = goal  # Seq where live readers are.
        self._join = join
        self._heartbeat_seconds = heartbeat_seconds
        self._disconnect = disconnect
        self._ready: deque[Connection] = deque()
        self._full: dict[Connection, None] = {}  # Their sockets take nothing now.
        self._ahead: list[Connection] = []  # They wait for the next flush: what it sends they know, or cannot join for.
        self._waiting: dict[tuple[Filter, bool, int], list[Connection]] = {}  # For a page from storage.
        self._tasks: set[asyncio.Task[None]] = set()  # The loop itself keeps only weak references.
        self._scheduled = False

    def add(self, connection: Connection) -> None:
        """Let it go on from its cursor. Its turn comes in this turn of the loop or a later one."""
        self._ready.append(connection)
        if not self._scheduled:
            self._scheduled = True
            self._loop.add_callback(self._take_turns)

    def add_full(self, connection: Connection) -> None:
        """Its socket did not take `connection.rest`: go on when there is room."""
        self._full[connection] = None
        self._sockets.watch_writable(connection)

    def writable(self, connection: Connection) -> None:
        """There is room again. An edge that comes late, for a reader who went on already, is ignored."""
        if connection in self._full:
            del self._full[connection]
            self._sockets.unwatch_writable(connection)
            self.add(connection)

    def remove(self, connection: Connection) -> None:
        """It hung up. Whatever still names it finds its socket gone."""
        self._full.pop(connection, None)

    def flushed(self) -> None:
        """The goal has moved."""
        ahead, self._ahead = self._ahead, []
        for connection in ahead:
            self.add(connection)

    def stalled(self, since: float) -> list[Connection]:
        """Who has been full and has taken nothing since that loop time."""
        return [connection for connection in self._full if connection.progress_at <= since]

    def stop(self) -> None:
        """Fetch nothing more. Safe to call twice."""
        for task in self._tasks:
            task.cancel()

    def _take_turns(self) -> None:
        until = self._loop.time() + TURN_SECONDS
        while self._ready and self._loop.time() < until:
            connection = self._ready.popleft()
            if connection.socket is not None:
                try:
                    self._advance(connection)
                except Exception:  # Whatever it is, the others have their turns.
                    logger.exception("cannot serve %s, who is cut and will resume", connection.id)
                    self._disconnect(connection)
        self._scheduled = bool(self._ready)
        if self._scheduled:
            self._loop.add_callback(self._take_turns)

    def _advance(self, connection: Connection) -> None:
        """One page, or one step towards it."""
        if connection.rest and not self._push(connection):
            self.add_full(connection)
        elif connection.cursor > self._goal():
            self._ahead.append(connection)
        elif connection.cursor < self._goal():
            if self._loop.time() - connection.progress_at > self._heartbeat_seconds():
                # Of a million messages its filter may want none: a proxy would take so long a silence for the end.
                self._send(connection, self._notices.heartbeat())
            else:
                self._turn_page(connection)
        elif connection.notices != self._notices.number:
            # It was away when these were announced to the live ones.
            missed = self._notices.missed(connection.notices)
            connection.notices = self._notices.number
            self._send(connection, missed)
        elif not self._join(connection):
            self._ahead.append(connection)

    def _push(self, connection: Connection) -> bool:
        """Hand the rest to the socket; True if it took all of it."""
        taken = self._sockets.send(connection, connection.rest)
        if taken:
            connection.progress_at = self._loop.time()
        # Not an empty view of the bytes that were sent: it would keep them alive for as long as the reader is here.
        connection.rest = connection.rest[taken:] if taken < len(connection.rest) else NOTHING
        return connection.rest is NOTHING

    def _send(self, connection: Connection, blocks: bytes) -> None:
        if blocks:
            connection.rest = memoryview(sse.chunk(blocks) if connection.chunked else blocks)
        self.add(connection)

    def _turn_page(self, connection: Connection) -> None:
        key = (connection.filter, connection.chunked, connection.cursor)
        page = self._pages.recent(*key, self._goal())
        if page is not None:
            self._read(connection, page)
        elif connection.cursor < self._log.first - 1:
            gap = Gap.expired(self._log, connection.cursor)
            connection.cursor = self._log.first - 1
            self._send(connection, sse.event("gap", gap.as_json()))
        elif key in self._waiting:
            self._waiting[key].append(connection)
        else:
            self._waiting[key] = [connection]
            task = asyncio.ensure_future(self._fetch(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _read(self, connection: Connection, page: ReplayPage) -> None:
        connection.rest = memoryview(page.payload)
        connection.cursor = page.cursor
        connection.base_sent += page.count
        self.add(connection)

    async def _fetch(self, key: tuple[Filter, bool, int]) -> None:
        """Get a page once for all who wait for it; among the recent ones it may not be kept until their turn comes."""
        try:
            page = await self._pages.fetch(*key, self._goal())
        except Exception as error:  # Whatever it is, they are cut, and will resume.
            if not isinstance(error, LogFailed):  # That the log has said itself, once a minute.
                logger.exception("cannot make a page")
            for connection in self._waiting.pop(key):
                self._disconnect(connection)
        else:
            for connection in self._waiting.pop(key):
                if page is None:  # Pruned meanwhile: it is told so in its turn.
                    self.add(connection)
                else:
                    self._read(connection, page)
