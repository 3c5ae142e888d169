"""Fan-out to everyone who is live: the groups, and the one flush.

A message is appended to what each matching group is owed; a flush joins that once, frames it once
and gives the same bytes to every socket of the group. Fewer sends is all that makes this fast: the
first message after silence goes at once, then one send a tick, however many messages there were.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from tornado.ioloop import IOLoop, PeriodicCallback

from hub.delivery.connection import NOTHING, Connection
from hub.delivery.group import Group
from hub.delivery.replay_pages import Pages
from hub.delivery.sse import PayloadCache
from hub.delivery.transports import Sockets
from hub.filter import FILTER_SECONDS, Filter
from hub.message import Message
from hub.query.match_context import MatchContext

SLICE_SOCKETS: Final = 2000  # Sends in one turn of the loop, some 25 ms; then publishers and newcomers are served.
SEND_BYTES: Final = 32 << 10  # To copy so much costs the kernel about as much again as a send itself.
# Of flush_ms, from one start to the next. Tornado's ticks keep to a grid, so that a late one is followed by one too
# soon; all of it would skip every other tick, because they come a few µs early too.
LEAST_TICK: Final = 0.8
REST_FACTOR: Final = 0.1  # A flush is followed by a rest of a tenth of its duration (measured best of several).


class FanOut:
    """Owns the groups. `on_flush` is told when a flush begins.

    `on_short` gets whoever has to catch up from `flushed`, and what is left of the bytes in front of that.
    """

    def __init__(
        self,
        pages: Pages,
        sockets: Sockets,
        io_loop: IOLoop,
        flush_ms: float,
        *,
        on_short: Callable[[Connection, memoryview], None],
        on_flush: Callable[[], None],
    ) -> None:
        self.flushed = pages.head  # Seq up to which flushes have begun: the cursor of everyone live.
        self._pages = pages
        self._sockets = sockets
        self._loop = io_loop
        self._on_short = on_short
        self._on_flush = on_flush
        self._groups: dict[tuple[Filter, bool], Group] = {}
        self._slices: Iterator[None] | None = None  # A flush that has more sockets to go.
        self._rest_until = 0.0  # Loop time.
        self._ticks = PeriodicCallback(self._tick, flush_ms)

    @property
    def group_count(self) -> int:
        return len(self._groups)

    def configure(self, flush_ms: float) -> None:
        """From the next tick on."""
        self._ticks.callback_time = flush_ms

    def stop(self) -> None:
        """No more ticks. Safe to call twice."""
        self._ticks.stop()

    def join(self, connection: Connection) -> bool:
        """A reader whose cursor is `flushed`: from here on its group's bytes are its own.

        False when it has to wait for the next flush and read on from there.
        """
        key = (connection.filter, connection.chunked)
        group = self._groups.get(key)
        if group is None:
            # Delivered, but not flushed yet: older groups have these pending already.
            unflushed = self._pages.after(self.flushed)
            if unflushed is None:
                return False
            group = self._groups[key] = Group(connection.filter, chunked=connection.chunked)
            until = time.monotonic() + FILTER_SECONDS
            for message, frame in unflushed:
                self._offer(group, MatchContext(message), frame, until)
        connection.join(group)
        return True

    def leave(self, connection: Connection) -> None:
        """Not live any more. Harmless when it was not; a group without members goes."""
        group = connection.group
        connection.leave()
        if group is not None and not group.members:
            self._groups.pop((group.filter, group.chunked), None)

    def deliver(self, messages: Sequence[Message]) -> None:
        """Encode each message once, and owe it to every group that wants it."""
        until = time.monotonic() + FILTER_SECONDS
        frames = [self._pages.append(message) for message in messages]  # All of them, whatever happens then.
        try:
            asked = list(self._groups.values())
            for message, frame in zip(messages, frames, strict=True):
                seen = MatchContext(message)
                for group in asked:
                    self._offer(group, seen, frame, until)
                if time.monotonic() > until:  # To pass over them takes its time, too.
                    asked = [group for group in asked if not group.skipped]
        except Exception:
            self._cut_everyone()
            raise
        self._wake()

    def _offer(self, group: Group, seen: MatchContext, frame: bytes, until: float) -> None:
        """Hundreds of filters and long or many messages are seconds of asking: who is asked too late catches up."""
        if group.skipped:
            return
        if not group.filter.is_everything and time.monotonic() > until:
            group.skipped = True
        else:
            group.offer(seen, frame)

    def send_to_all(self, frame: bytes) -> None:
        """An event that is no message."""
        for group in self._groups.values():
            group.add(frame)
        self._wake()

    def flush(self) -> None:
        """Send every group what it is owed, unless a flush is under way or has only just ended."""
        if self._slices is not None or self._loop.time() < self._rest_until:
            return  # Not lost: what is pending goes with the next tick.
        for group in [group for group in self._groups.values() if group.skipped]:
            for connection in tuple(group.members):
                self._on_short(connection, NOTHING)
        self.flushed = self._pages.head
        self._slices = self._send([(group, group.take(), tuple(group.members)) for group in self._owing()])
        self._on_flush()
        self._continue()

    def flush_all(self) -> None:
        """All that is owed goes out now, however long that takes: the server ends."""
        for _ in range(2):  # What is under way, and what came meanwhile.
            while self._slices is not None:
                self._continue()
            self._rest_until = 0
            self.flush()

    def _wake(self) -> None:
        """Flush at once after silence, and let the ticks take over for as long as there is something."""
        if not self._ticks.is_running():
            self._ticks.start()
            self.flush()

    def _tick(self) -> None:
        if self._slices is None and self.flushed == self._pages.head and not any(self._owing()):
            self._ticks.stop()
        else:
            self.flush()

    def _owing(self) -> Iterator[Group]:
        return (group for group in self._groups.values() if group.has_pending)

    def _continue(self) -> None:
        if self._slices is not None:
            try:
                next(self._slices)
            except StopIteration:
                self._slices = None
            except Exception:
                self._slices = None
                self._cut_everyone()
                raise
            else:
                self._loop.add_callback(self._continue)

    def _cut_everyone(self) -> None:
        """After an error that nobody foresaw: who is cut comes back and resumes, who is not may miss something."""
        for group in tuple(self._groups.values()):
            for connection in tuple(group.members):
                connection.on_close()

    def _send(self, owed: list[tuple[Group, list[bytes], tuple[Connection, ...]]]) -> Iterator[None]:
        """One flush, in slices. It belongs to those who were live when it began; who joins meanwhile starts behind."""
        started = self._loop.time()
        room = SLICE_SOCKETS
        joined = PayloadCache()
        for group, frames, members in owed:
            payload = joined.payload(frames, chunked=group.chunked)
            cost = 1 + len(payload) // SEND_BYTES
            at_once = max(1, SLICE_SOCKETS // cost)
            for start in range(0, len(members), at_once):
                part = members[start : start + at_once]
                if room < len(part) * cost:
                    yield
                    room = SLICE_SOCKETS
                room -= len(part) * cost
                # Between two slices somebody may have hung up.
                still_live = [connection for connection in part if connection.group is group]
                for connection, taken in self._sockets.broadcast(still_live, payload):
                    self._on_short(connection, memoryview(payload)[taken:])
        now = self._loop.time()
        self._rest_until = max(
            now + REST_FACTOR * (now - started), started + LEAST_TICK * self._ticks.callback_time / 1000
        )
