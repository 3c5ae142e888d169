"""The hub: publish, deliver, flush; connect and disconnect.

Runs on the loop's thread and never waits for a reader: one with a full transport catches up from the log.
"""

import asyncio
import logging
import random
import socket
from collections.abc import Sequence

from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.iostream import IOStream

from hub.access import ANONYMOUS, Principal
from hub.config import StreamConfig
from hub.delivery import sse
from hub.delivery.catch_up import PROGRESS_BYTES, CatchUp
from hub.delivery.connection import Connection
from hub.delivery.control_events import ControlEvents
from hub.delivery.cursor import Position
from hub.delivery.fan_out import FanOut
from hub.delivery.group import GroupKey
from hub.delivery.registry import Registry
from hub.delivery.replay_pages import Pages
from hub.delivery.settings import Settings
from hub.delivery.transports import Transports
from hub.delivery.unsent import UnsentBytes
from hub.errors import NotStored, OutcomeUnknown
from hub.filter import Filter
from hub.line_limit import LineLimit
from hub.log.protocol import Clock, IdempotencyKey, Log, Receipt
from hub.message import Draft

logger = logging.getLogger("eyewall.hub")


class Hub:
    """Joins registry, log and transports."""

    def __init__(
        self, log: Log, registry: Registry, settings: Settings, *, version: str, clock: Clock, io_loop: IOLoop
    ) -> None:
        self.registry = registry
        self._log = log
        self._settings = settings
        self._clock = clock
        self._loop = io_loop
        pages = Pages(log, settings)
        self.transports = Transports(settings, io_loop, on_writable=self._on_writable, on_close=self.disconnect)
        self.fan_out = FanOut(
            pages,
            self.transports,
            settings,
            io_loop,
            fall_behind=self._fall_behind,
            on_flush=self._on_flush,
            disconnect=self.disconnect,
        )
        self.control = ControlEvents(registry, self.fan_out, settings, io_loop, clock=clock, version=version)
        self.cut_lines = LineLimit(logger, io_loop)  # Of clients that were disconnected because they do not read.
        self.unsent = UnsentBytes(settings, io_loop, cut=self._cut)
        parts = (log, pages, self.fan_out, self.control, self.transports, self.unsent)
        self.catch_up = CatchUp(*parts, settings, io_loop, disconnect=self.disconnect)
        self.deliver = self.fan_out.deliver  # The log calls it with every commit, in order.
        self.announce = self.control.announce
        self.notify = self.control.notify
        self._seconds = PeriodicCallback(self._every_second, 1000)
        self._next_heartbeat = 0.0
        self._control_flushed = 0  # Number of the last control event flushed.
        self.publishing = 0  # Calls of `publish` under way.
        self.failed_publishes = 0

    def start(self) -> None:
        self._next_heartbeat = self._loop.time() + self._settings.stream.heartbeat_seconds
        self._seconds.start()

    def stop(self) -> None:
        """Idempotent."""
        self._seconds.stop()
        self.fan_out.stop()
        self.control.stop()
        self.catch_up.stop()
        self.transports.stop()

    def configure(self, config: StreamConfig) -> None:
        before, self._settings.stream = self._settings.stream, config
        if config.heartbeat_seconds != before.heartbeat_seconds:
            # A page with the old interval would take the next silence for a dead server.
            self._next_heartbeat = self._loop.time() + config.heartbeat_seconds
            self.control.interval_changed()

    async def publish(
        self,
        drafts: Sequence[Draft],
        principal: Principal = ANONYMOUS,  # noqa: ARG002  # Rights are checked here once there are any.
        key: IdempotencyKey | None = None,
    ) -> Receipt:
        """Append the drafts durably, all or none. Raises what `Log.append` raises."""
        self.publishing += 1
        try:
            receipt = await self._log.append(drafts, key)
        except (NotStored, OutcomeUnknown):
            self.failed_publishes += 1
            raise
        finally:
            self.publishing -= 1
        # The log delivers before it returns the receipt.
        is_counted = receipt.count == 1 and not receipt.is_repeat
        receipt.receivers = self.fan_out.receivers(receipt.first) if is_counted else None
        return receipt

    @property
    def group_count(self) -> int:
        return self.fan_out.group_count

    def connect(
        self,
        filter_: Filter,
        *,
        address: str,
        client: str,
        chunked: bool,
        position: Position | None = None,
        head: bytes = b"",
    ) -> Connection:
        """Register a reader behind `position`, by default the last flush. `head` is sent first.

        Raises Overloaded or TooManyConnections. The caller must call `attach` or `disconnect`.
        """
        connection = Connection(GroupKey(filter_, chunked), address=address, client=client, since=self._clock())
        self.registry.add(connection)
        self.control.count_changed()
        connection.control_cursor = self.control.head
        blocks = self.control.preamble(connection.id)
        connection.cursor, gap = position or (self.fan_out.flushed, None)
        if gap is not None:
            blocks += sse.event("gap", gap.as_json())
        connection.unsent = memoryview(head + sse.framed(blocks, chunked=chunked))
        return connection

    def attach(self, connection: Connection, stream: IOStream | socket.socket) -> None:
        """Take over the stream after its response headers. Raises OSError if descriptors are exhausted."""
        if connection not in self.registry:  # Dismissed meanwhile.
            stream.close()
            return
        self.transports.adopt(connection, stream)
        connection.last_progress = self._loop.time()
        self.catch_up.add(connection)

    def disconnect(self, connection: Connection) -> None:
        """Clean up after a reader. Idempotent."""
        self.fan_out.leave(connection)
        self.catch_up.remove(connection)
        self.transports.close(connection)
        self.unsent.release(connection)
        if self.registry.remove(connection):
            self.control.count_changed()

    def dismiss(self, connection: Connection, reason: str) -> None:
        """Send `bye` and close in order. In the middle of a block, reset instead."""
        if connection.unsent:
            self.transports.abort(connection)
        else:
            chunked = connection.key.chunked
            goodbye = sse.framed(self.control.goodbye(reason), chunked=chunked)
            self.transports.end(connection, goodbye + sse.END_OF_CHUNKS * chunked)
        self.disconnect(connection)

    async def drain(self, seconds: float) -> None:
        """Dismiss all readers, spread over `seconds`, so that they do not reconnect at once."""
        self.fan_out.flush_all()
        readers = list(self.registry)
        random.shuffle(readers)
        started = self._loop.time()
        for index, connection in enumerate(readers):
            wait = started + seconds * index / len(readers) - self._loop.time()
            if wait > 0.01:
                await asyncio.sleep(wait)
            if connection in self.registry:
                self.dismiss(connection, "shutdown")
        for connection in self.registry:  # Connected meanwhile.
            self.dismiss(connection, "shutdown")

    def _fall_behind(self, connection: Connection, unsent: memoryview) -> None:
        self.fan_out.leave(connection)
        connection.cursor = self.fan_out.flushed
        self.unsent.hold(connection, unsent)
        connection.control_cursor = self._control_flushed  # Later events were pending in its group.
        connection.last_progress, connection.taken = self._loop.time(), 0
        (self.catch_up.add_blocked if unsent else self.catch_up.add)(connection)

    def _on_writable(self, connection: Connection) -> None:
        self.catch_up.writable(connection)

    def _on_flush(self) -> None:
        self._control_flushed = self.control.head
        self.catch_up.flushed()

    def _every_second(self) -> None:
        now = self._loop.time()
        stream = self._settings.stream
        if now >= self._next_heartbeat:
            self._next_heartbeat = now + stream.heartbeat_seconds
            self.control.send_heartbeat()
        for connection in self.catch_up.stalled(now - stream.stall_seconds):
            self._reset(connection, f"it took less than {PROGRESS_BYTES >> 10} KiB in {stream.stall_seconds:g} s")

    def _cut(self, connection: Connection) -> None:
        limit = self._settings.stream.max_unsent_bytes >> 20
        self._reset(connection, f"slow readers hold more than {limit} MiB (stream.max_unsent_bytes)")

    def _reset(self, connection: Connection, reason: str) -> None:
        line = f"disconnected {connection.address} ({connection.id}): {reason}; it can resume by id"
        self.cut_lines.write(logging.WARNING, line)
        self.transports.abort(connection)
        self.disconnect(connection)
