"""The hub: publish, deliver, flush; connect and disconnect.

Everything here runs on the loop's thread, and nothing waits for a reader. A message is encoded
once, a payload is framed once a group, and the same bytes go to every socket. Whoever cannot take
them leaves the group with a cursor and catches up from the log, like everybody who resumes.
Knows nothing of HTTP; of sockets only that some take less than they were given.
"""

import asyncio
import contextlib
import logging
import random
import socket
from collections.abc import Sequence

from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.iostream import IOStream

from hub.access import ANONYMOUS, Principal
from hub.config import StreamConfig
from hub.delivery import sse
from hub.delivery.catch_up import CatchUp
from hub.delivery.connection import Connection
from hub.delivery.control_events import ControlEvents
from hub.delivery.cursor import Position
from hub.delivery.fan_out import FanOut
from hub.delivery.registry import Registry
from hub.delivery.replay_pages import Pages
from hub.delivery.transports import Sockets
from hub.filter import Filter
from hub.log.protocol import Clock, IdempotencyKey, Log, Receipt, format_id
from hub.message import Draft, Message

logger = logging.getLogger("eyewall.hub")


class Hub:
    """Owns the registry and the groups of live readers. One for a process."""

    def __init__(
        self,
        log: Log,
        registry: Registry,
        config: StreamConfig,
        *,
        version: str,
        clock: Clock,
        io_loop: IOLoop,
    ) -> None:
        self.registry = registry
        self._log = log
        self._config = config
        self._clock = clock
        self._loop = io_loop
        self._pages = Pages(log)
        self._sockets = Sockets(io_loop, self._on_writable, self.disconnect)
        self._fan_out = FanOut(
            self._pages,
            self._sockets,
            io_loop,
            config.flush_ms,
            on_short=self._fall_behind,
            on_flush=self._on_flush,
            disconnect=self.disconnect,
        )
        self._notices = ControlEvents(
            clock,
            io_loop,
            version=version,
            head=lambda: format_id(log.epoch, self._pages.head),
            every=lambda: self._config.heartbeat_seconds,
            counts=registry.counts,
            send=self._fan_out.send_to_all,
        )
        self._catch_up = CatchUp(
            log,
            self._pages,
            self._sockets,
            self._notices,
            io_loop,
            goal=lambda: self._fan_out.flushed,
            join=self._fan_out.join,
            heartbeat_seconds=lambda: self._config.heartbeat_seconds,
            disconnect=self.disconnect,
        )
        self._seconds = PeriodicCallback(self._every_second, 1000)
        self._next_beat = 0.0
        self._flushed_notices = 0  # Number of the last notice that a flush has begun to send.
        self._publishing = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def start(self) -> None:
        """Begin the heartbeat. `stop` ends it."""
        self._next_beat = self._loop.time() + self._config.heartbeat_seconds
        self._seconds.start()

    def stop(self) -> None:
        """Hang up on whoever is left. Safe to call twice."""
        self._seconds.stop()
        self._fan_out.stop()
        self._notices.stop()
        self._catch_up.stop()
        self._sockets.stop()

    def configure(self, config: StreamConfig) -> None:
        """New timing from now on; no reader notices."""
        before, self._config = self._config, config
        self._fan_out.configure(config.flush_ms)
        self._sockets.configure(config.stall_seconds)
        if config.heartbeat_seconds != before.heartbeat_seconds:
            # At once: whoever waits for the old pace would take the new one for silence.
            self._next_beat = self._loop.time() + config.heartbeat_seconds
            self._notices.change_pace()

    # Publish and deliver

    async def publish(
        self,
        drafts: Sequence[Draft],
        principal: Principal = ANONYMOUS,  # noqa: ARG002  # Rights are checked here once there are any.
        key: IdempotencyKey | None = None,
    ) -> Receipt:
        """Append the drafts to the log, all or none. Return when they are durable. Raises what `Log.append` raises."""
        self._publishing += 1
        self._quiet.clear()
        try:
            return await self._log.append(drafts, key)
        finally:
            self._publishing -= 1
            if not self._publishing:
                self._quiet.set()

    async def finish_publishing(self, seconds: float) -> None:
        """Wait until nobody waits for an answer of `publish`, but no longer than this."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), seconds)

    @property
    def group_count(self) -> int:
        """Groups of live readers; one that nobody is in any more does not exist."""
        return self._fan_out.group_count

    def deliver(self, messages: Sequence[Message]) -> None:
        """Called by the log with everything it has committed, in order, wherever it was published."""
        self._fan_out.deliver(messages)

    def announce(self, name: str, data: dict[str, object], *, standing: bool = True) -> None:
        """Tell every reader, now or when it has caught up; a standing event also opens new streams."""
        self._notices.announce(name, data, standing=standing)

    # Connect and disconnect

    def connect(
        self,
        wanted: Filter,
        *,
        address: str,
        client: str,
        chunked: bool,
        position: Position | None = None,
        head: bytes = b"",
    ) -> Connection:
        """Register a reader who goes on from `position`, or sees what comes. `head` is sent first.

        Raises Overloaded when there is no room. From here until `disconnect` it counts; `attach` lets it read.
        """
        connection = Connection(wanted, address=address, client=client, chunked=chunked, since=self._clock())
        self.registry.add(connection)
        self._notices.count_changed()
        connection.notices = self._notices.number
        blocks = self._notices.opening(connection.id)
        connection.cursor, gap = position or (self._fan_out.flushed, None)
        if gap is not None:
            blocks += sse.event("gap", gap.as_json())
        connection.rest = memoryview(head + (sse.chunk(blocks) if connection.chunked else blocks))
        return connection

    def attach(self, connection: Connection, stream: IOStream | socket.socket) -> None:
        """Its response headers are out; from here on its bytes are ours. Raises OSError without descriptors."""
        if connection not in self.registry:  # Dismissed while its headers went out.
            stream.close()
            return
        self._sockets.adopt(connection, stream)
        connection.progress_at = self._loop.time()
        self._catch_up.add(connection)

    def disconnect(self, connection: Connection) -> None:
        """The one clean-up, whoever hung up. Twice is harmless."""
        self._fan_out.leave(connection)
        self._catch_up.remove(connection)
        self._sockets.close(connection)
        if self.registry.remove(connection):
            self._notices.count_changed()

    def dismiss(self, connection: Connection, reason: str) -> None:
        """Say `bye` and hang up in order; in the middle of a block, hang up without a word."""
        if connection.rest:
            self._sockets.cut(connection)
        else:
            bye = self._notices.bye(reason)
            self._sockets.end(connection, sse.chunk(bye) + sse.END_OF_CHUNKS if connection.chunked else bye)
        self.disconnect(connection)

    async def drain(self, seconds: float) -> None:
        """Dismiss everyone, spread over `seconds`, so that they do not all come back at once."""
        self._fan_out.flush_all()
        readers = list(self.registry)
        random.shuffle(readers)
        began = self._loop.time()
        for index, connection in enumerate(readers):
            wait = began + seconds * index / len(readers) - self._loop.time()
            if wait > 0.01:  # Below that a sleep costs more than it spreads.
                await asyncio.sleep(wait)
            if connection in self.registry:
                self.dismiss(connection, "shutdown")
        for connection in self.registry:  # Who came in meanwhile, on a connection that was open already.
            self.dismiss(connection, "shutdown")

    def _fall_behind(self, connection: Connection, rest: memoryview) -> None:
        self._fan_out.leave(connection)
        connection.cursor = self._fan_out.flushed
        connection.rest = rest
        connection.notices = self._flushed_notices  # What was announced since is still pending in the group it left.
        connection.progress_at = self._loop.time()
        if rest:
            self._catch_up.add_full(connection)
        else:
            self._catch_up.add(connection)

    def _on_writable(self, connection: Connection) -> None:
        self._catch_up.writable(connection)

    def _on_flush(self) -> None:
        self._flushed_notices = self._notices.number
        self._catch_up.flushed()

    def _every_second(self) -> None:
        now = self._loop.time()
        if now >= self._next_beat:
            self._next_beat = now + self._config.heartbeat_seconds
            self._notices.beat()
        for connection in self._catch_up.stalled(now - self._config.stall_seconds):
            logger.warning(
                "cut %s (%s): it has taken nothing for %g s; it can resume by id",
                connection.address,
                connection.id,
                self._config.stall_seconds,
            )
            self._sockets.cut(connection)
            self.disconnect(connection)
