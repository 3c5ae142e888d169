"""Readers that are catching up: the cursor of each moves through the log one page at a time.

When it reaches the last flush, the reader joins its group in the same turn of the loop, so that no message is lost.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from tornado.ioloop import IOLoop

from hub.delivery import sse
from hub.delivery.connection import Connection
from hub.delivery.control_events import ControlEvents
from hub.delivery.cursor import Gap
from hub.delivery.fan_out import FanOut
from hub.delivery.group import GroupKey
from hub.delivery.replay_pages import Pages, ReplayPage
from hub.delivery.settings import Settings
from hub.delivery.transports import Transports
from hub.delivery.unsent import UnsentBytes
from hub.errors import LogFailed
from hub.log.protocol import Log

logger = logging.getLogger("eyewall.hub")

PROGRESS_BYTES: Final = 16 << 10  # A reader that takes fewer in stream.stall_seconds, and has more to take, is stalled.

FETCHES: Final = 4  # Pages made at once: one may be a message of 6 MB. The log has two threads.


class CatchUp:
    """Owns every reader that has a transport and is not live. Loop thread only."""

    def __init__(
        self,
        log: Log,
        pages: Pages,
        fan_out: FanOut,
        control: ControlEvents,
        transports: Transports,
        unsent: UnsentBytes,
        settings: Settings,
        io_loop: IOLoop,
        *,
        disconnect: Callable[[Connection], None],
    ) -> None:
        self._log = log
        self._pages = pages
        self._fan_out = fan_out
        self._control = control
        self._transports = transports
        self._unsent = unsent
        self._settings = settings
        self._loop = io_loop
        self._disconnect = disconnect
        self._ready: deque[Connection] = deque()
        self._blocked: dict[Connection, None] = {}
        # Ahead of the last flush, or their group cannot be built before the next one.
        self._awaiting_flush: list[Connection] = []
        self._awaiting_page: dict[tuple[GroupKey, int], list[Connection]] = {}
        self._fetching = asyncio.Semaphore(FETCHES)
        self._tasks: set[asyncio.Task[None]] = set()  # The event loop keeps weak references.
        self._scheduled = False

    def add(self, connection: Connection) -> None:
        """Continue from the reader's cursor."""
        self._ready.append(connection)
        if not self._scheduled:
            self._scheduled = True
            self._loop.add_callback(self._take_turns)

    def add_blocked(self, connection: Connection) -> None:
        """Continue when the transport accepts bytes again."""
        self._blocked[connection] = None
        self._transports.watch_writable(connection)

    def is_blocked(self, connection: Connection) -> bool:
        return connection in self._blocked

    def writable(self, connection: Connection) -> None:
        """Continue a blocked reader. Ignore a late edge for another."""
        if connection in self._blocked:
            del self._blocked[connection]
            self._transports.watch_writable(connection, on=False)
            self.add(connection)

    def remove(self, connection: Connection) -> None:
        """Idempotent. The queues check the reader's transport."""
        self._blocked.pop(connection, None)

    def flushed(self) -> None:
        waiting, self._awaiting_flush = self._awaiting_flush, []
        for connection in waiting:
            self.add(connection)

    def stalled(self, since: float) -> list[Connection]:
        return [connection for connection in self._blocked if connection.last_progress <= since]

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _take_turns(self) -> None:
        end = self._loop.time() + self._settings.replay_turn_seconds
        while self._ready and self._loop.time() < end:
            connection = self._ready.popleft()
            if connection.transport is not None:
                try:
                    self._advance(connection)
                except Exception:  # The other readers must get their turns.
                    logger.exception("disconnected %s, which can resume by id: cannot replay", connection.id)
                    self._disconnect(connection)
        self._scheduled = bool(self._ready)
        if self._scheduled:
            self._loop.add_callback(self._take_turns)

    def _advance(self, connection: Connection) -> None:
        live_seq = self._fan_out.flushed
        if connection.unsent and not self._push(connection):
            self.add_blocked(connection)
        elif connection.cursor > live_seq:
            self._awaiting_flush.append(connection)
        elif connection.cursor < live_seq:
            if self._loop.time() - connection.last_progress > self._settings.stream.heartbeat_seconds:
                # The filter may match nothing for long. A proxy would close a silent connection.
                self._send(connection, self._control.heartbeat(self._log.generations.format_id(connection.cursor)))
            else:
                self._turn_page(connection, live_seq)
        elif connection.control_cursor != self._control.head:
            events = self._control.since(connection.control_cursor, self._log.generations.format_id(connection.cursor))
            connection.control_cursor = self._control.head
            self._send(connection, events)
        elif not self._fan_out.go_live(connection):
            self._awaiting_flush.append(connection)

    def _push(self, connection: Connection) -> bool:
        accepted = self._transports.send(connection, connection.unsent)
        is_done = accepted == len(connection.unsent)
        connection.taken += accepted
        if is_done or connection.taken >= PROGRESS_BYTES:
            connection.last_progress, connection.taken = self._loop.time(), 0
        if is_done:
            self._unsent.release(connection)
        else:
            connection.unsent = connection.unsent[accepted:]
        return is_done

    def _send(self, connection: Connection, blocks: bytes) -> None:
        self._unsent.hold(connection, memoryview(sse.framed(blocks, chunked=connection.key.chunked)))
        self.add(connection)

    def _turn_page(self, connection: Connection, live_seq: int) -> None:
        key = (connection.key, connection.cursor)
        if connection.cursor < self._log.first - 1:  # Checked first: memory may still hold deleted messages.
            gap = Gap.expired(self._log, connection.cursor)
            connection.cursor = self._log.first - 1
            self._send(connection, sse.event("gap", gap.as_json()))
        elif (page := self._pages.recent(*key, live_seq)) is not None:
            self._read(connection, page)
        elif key in self._awaiting_page:
            self._awaiting_page[key].append(connection)
        else:
            self._awaiting_page[key] = [connection]
            task = asyncio.ensure_future(self._fetch(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _read(self, connection: Connection, page: ReplayPage) -> None:
        self._unsent.hold(connection, memoryview(page.payload))
        connection.cursor = page.cursor
        connection.sent_before_group += page.count
        self.add(connection)

    async def _fetch(self, key: tuple[GroupKey, int]) -> None:
        # The cache may drop the page before the turns of the readers.
        try:
            async with self._fetching:
                page = await self._pages.fetch(*key, self._fan_out.flushed)
        except Exception as error:
            if not isinstance(error, LogFailed):  # The log reports its own failures.
                logger.exception("cannot make a replay page")
            for connection in self._awaiting_page.pop(key):
                self._disconnect(connection)
        else:
            for connection in self._awaiting_page.pop(key):
                if connection.transport is None:  # Disconnected: it must not hold the page.
                    continue
                if page is None:  # Pruned: the next turn reports the gap.
                    self.add(connection)
                else:
                    self._read(connection, page)
