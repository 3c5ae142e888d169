"""Fan-out to live readers: the groups, and the one flush.

A flush sends the same bytes to every member of a group: at once after silence, under load once per tick.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tornado.ioloop import IOLoop, PeriodicCallback

from hub.delivery.connection import NOTHING, Connection
from hub.delivery.group import CpuBudget, Group, GroupKey
from hub.delivery.replay_pages import Pages
from hub.delivery.settings import Settings
from hub.delivery.sse import PayloadCache
from hub.delivery.transports import Transports
from hub.message import Message
from hub.query.match_context import MatchContext

# Part of flush_ms between the starts of two flushes: an early tick follows a late one. Ticks come a few µs early, so
# with 1.0 every other one would be skipped.
MIN_TICK: Final = 0.8
PAUSE_FACTOR: Final = 0.1  # Pause after a flush, as a part of its duration (measured).
COUNTS_KEPT: Final = 65_536  # Newest messages with a known number of receivers, 8 bytes each.


class FanOut:
    """Owns the groups. Loop thread only.

    `fall_behind` gets a reader that must catch up from `flushed`, and the bytes before that which it did not accept.
    """

    def __init__(
        self,
        pages: Pages,
        transports: Transports,
        settings: Settings,
        io_loop: IOLoop,
        *,
        fall_behind: Callable[[Connection, memoryview], None],
        on_flush: Callable[[], None],
        disconnect: Callable[[Connection], None],
    ) -> None:
        self.flushed = pages.head  # Seq of the last flush: the cursor of every live reader.
        self._pages = pages
        self._transports = transports
        self._settings = settings
        self._loop = io_loop
        self._fall_behind = fall_behind
        self._on_flush = on_flush
        self._disconnect = disconnect
        self._groups: dict[GroupKey, Group[Connection]] = {}
        self._receivers: deque[int | None] = deque(maxlen=COUNTS_KEPT)
        self._slices: Iterator[None] | None = None  # The flush under way.
        self._pause_until = 0.0  # Loop time.
        self._ticks = PeriodicCallback(self._tick, settings.stream.flush_ms)

    @property
    def group_count(self) -> int:
        return len(self._groups)

    @property
    def head_id(self) -> str:
        return self._pages.head_id

    @property
    def is_flushing(self) -> bool:
        return self._slices is not None

    @property
    def is_idle(self) -> bool:
        pending = any(group.pending for group in self._groups.values())
        return self._slices is None and self.flushed == self._pages.head and not pending

    @property
    def is_asleep(self) -> bool:
        """True if the next message is flushed at once."""
        return not self._ticks.is_running() and self._loop.time() >= self._pause_until

    def receivers(self, seq: int) -> int | None:
        """Return for how many live readers the message was queued; None if that is unknown or too old."""
        newer = self._pages.head - seq
        return self._receivers[-1 - newer] if 0 <= newer < len(self._receivers) else None

    def stop(self) -> None:
        """Idempotent."""
        self._ticks.stop()
        self._slices = None  # Releases the frames.

    def go_live(self, connection: Connection) -> bool:
        """Add a reader with the cursor `flushed` to its group. False if it must wait for the next flush."""
        group = self._groups.get(connection.key)
        if group is None:
            unflushed = self._pages.after(self.flushed)  # Existing groups have these messages pending.
            if unflushed is None:
                return False
            group = self._groups[connection.key] = Group(connection.key)
            budget = CpuBudget(self._settings.filter_seconds)
            for message, frame in unflushed:
                group.enqueue_if_match(MatchContext(message), frame, budget)
        connection.join(group)
        return True

    def leave(self, connection: Connection) -> None:
        """Remove a reader from its group, if any. Idempotent."""
        group = connection.group
        connection.leave()
        if group is not None and not group.members:
            self._groups.pop(group.key, None)

    def deliver(self, messages: Sequence[Message]) -> None:
        """Encode each message once, and queue it for groups with a matching filter."""
        frames = [self._pages.append(message) for message in messages]  # Before an error can leave a hole.
        counts: list[int | None] = [None] * len(messages)
        try:
            budget = CpuBudget(self._settings.filter_seconds)
            groups = [group for group in self._groups.values() if not group.skipped]
            for index, (message, frame) in enumerate(zip(messages, frames, strict=True)):
                context, receivers = MatchContext(message), 0
                for group in groups:
                    if group.enqueue_if_match(context, frame, budget):
                        receivers += len(group.members)
                if budget.is_spent:  # Even to pass over skipped groups takes time.
                    groups = [group for group in groups if not group.skipped]
                if len(groups) == len(self._groups):
                    counts[index] = receivers
        except Exception:
            self._disconnect_all()
            raise
        finally:
            self._receivers.extend(counts)
        self._wake()

    def send_to_all(self, frame: bytes) -> None:
        for group in self._groups.values():
            group.pending.append(frame)
        self._wake()

    def send_heartbeat(self, frame: bytes) -> None:
        """Queue a heartbeat with an id. A skipped group gets none: its readers would lose the message skipped."""
        for group in self._groups.values():
            if not group.skipped:
                group.pending.append(frame)
        self._wake()

    def flush(self) -> None:
        """Send all pending frames. During a flush and the pause after it, do nothing."""
        if self._slices is not None or self._loop.time() < self._pause_until:
            return
        for group in [group for group in self._groups.values() if group.skipped]:
            for connection in tuple(group.members):
                self._fall_behind(connection, NOTHING)
        self.flushed = self._pages.head
        pending = [group for group in self._groups.values() if group.pending]
        self._slices = self._send([(group, group.take(), tuple(group.members)) for group in pending])
        self._on_flush()
        self._continue()

    def flush_all(self) -> None:
        """Send everything that is queued, without a time limit."""
        for _ in range(2):  # The flush under way, then what was queued during it.
            while self._slices is not None:
                self._continue()
            self._pause_until = 0
            self.flush()

    def _wake(self) -> None:
        if not self._ticks.is_running():
            self._ticks.callback_time = self._settings.stream.flush_ms
            self._ticks.start()
            self.flush()

    def _tick(self) -> None:
        self._ticks.callback_time = self._settings.stream.flush_ms
        if self.is_idle:
            self._ticks.stop()
        else:
            self.flush()

    def _continue(self) -> None:
        if self._slices is not None:
            try:
                next(self._slices)
            except StopIteration:
                self._slices = None
            except Exception:
                self._slices = None
                self._disconnect_all()
                raise
            else:
                self._loop.add_callback(self._continue)

    def _disconnect_all(self) -> None:
        # A client that stays connected could miss a message. A disconnected one resumes.
        for group in tuple(self._groups.values()):
            for connection in tuple(group.members):
                self._disconnect(connection)

    def _send(self, batches: list[tuple[Group[Connection], list[bytes], tuple[Connection, ...]]]) -> Iterator[None]:
        # One flush in slices, for the members at its beginning.
        started = self._loop.time()
        sends_left = self._settings.sends_per_turn
        cache = PayloadCache()
        for group, frames, members in batches:
            payload = cache.payload(frames, chunked=group.key.chunked)
            cost = 1 + len(payload) // self._settings.bytes_per_send
            slice_size = max(1, self._settings.sends_per_turn // cost)
            for start in range(0, len(members), slice_size):
                part = members[start : start + slice_size]
                if sends_left < len(part) * cost:
                    yield
                    sends_left = self._settings.sends_per_turn
                sends_left -= len(part) * cost
                still_live = [connection for connection in part if connection.group is group]
                for connection, accepted in self._transports.broadcast(still_live, payload):
                    self._fall_behind(connection, memoryview(payload)[accepted:])
        now = self._loop.time()
        self._pause_until = max(
            now + PAUSE_FACTOR * (now - started), started + MIN_TICK * self._ticks.callback_time / 1000
        )
