"""The acceptor: accepts connections and admits them fairly by address."""

import asyncio
import contextlib
import logging
import socket
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Final

from tornado.ioloop import IOLoop

from handlers.base import error_code, raw_error_response
from handlers.bind import listen_on, raise_descriptor_limit
from handlers.clients import Clients
from handlers.forwarded import is_trusted
from hub.config.live import LiveConfig
from hub.delivery.limits import NO_ADDRESS, ConnectionLimits, Slot
from hub.errors import Overloaded

logger = logging.getLogger("eyewall.http")

SPARE_DESCRIPTORS: Final = 64  # For listening, the log, and the moment in which a socket has two.
ACCEPTS: Final = 1000  # Connections accepted in one turn of the loop: some 10 ms.

REJECTION_ANSWERS: Final = 50  # In one turn of the loop: an answer costs 100 us and more (measured).

_Accepted = tuple[socket.socket, str, Slot]
"""A connection, its address, and its slot."""


class Acceptor:
    """Accepts connections, counts them in `limits`, and gives them to `clients`, one of each address in turn.

    `readers` returns the number of sockets that the hub holds.
    """

    def __init__(
        self,
        clients: Clients,
        live: LiveConfig,
        limits: ConnectionLimits,
        io_loop: IOLoop,
        *,
        readers: Callable[[], int],
        turn_seconds: float = 0.004,
    ) -> None:
        self._clients = clients
        self._live = live
        self._limits = limits
        self._io_loop = io_loop
        self._readers = readers
        self._turn_seconds = turn_seconds  # Of admissions in one turn of the loop.
        self._descriptors = raise_descriptor_limit() - SPARE_DESCRIPTORS
        self._listening: list[socket.socket] = []
        self._pending: OrderedDict[str, deque[_Accepted]] = OrderedDict()  # By address; the next in turn is first.
        self._pending_count = 0
        self._rejected = 0
        self._answers_left = 0
        self._may_warn_at = 0.0  # Loop time.

    @property
    def open(self) -> int:
        """Return the number of open connections without streams."""
        return self._pending_count + self._clients.count

    def listen(self, sockets: Iterable[socket.socket]) -> None:
        """Accept from these bound sockets, and own them."""
        for listening in sockets:
            listen_on(listening)
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)
            self._listening.append(listening)

    def stop_accepting(self) -> None:
        """Take no new connection or request; answers under way are sent. Idempotent."""
        while self._listening:
            listening = self._listening.pop()
            self._io_loop.remove_handler(listening)
            listening.close()
        self._clients.finish()

    async def finish(self, seconds: float) -> None:
        """Wait for the answers to all requests that were received before `stop_accepting`, at most `seconds`."""
        end = self._io_loop.time() + seconds
        # Polled, once in the life of the process: no event covers the answers of both tiers.
        while (self._pending or self._clients.is_answering) and self._io_loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Close all connections of both tiers. Idempotent."""
        self.stop_accepting()
        while self._pending:
            connection, _, slot = self._next()
            slot.release()
            connection.close()
        await self._clients.stop()

    def _accept(self, listening: socket.socket, _events: int) -> None:
        """Empty the kernel's queue. A connection that finds it full retries a second later."""
        self._answers_left = REJECTION_ANSWERS
        for _ in range(ACCEPTS):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:  # The kernel's own limit. Without a pause this is a busy loop.
                self._io_loop.remove_handler(listening)
                self._io_loop.call_later(1, self._resume, listening)
                self._warn(f"{error} (raise `ulimit -n`)")
                return
            connection.setblocking(False)
            self._enqueue(connection, address[0] if address else NO_ADDRESS)

    def _enqueue(self, connection: socket.socket, address: str) -> None:
        if self._descriptors <= self._readers() + self.open:
            connection.close()
            self._rejected += 1
            self._warn("no descriptors are left (raise `ulimit -n`)")
            return
        is_proxy = is_trusted(address, self._live.current.server.trusted_proxies)
        try:
            slot = self._limits.slot(NO_ADDRESS if is_proxy else address)
        except Overloaded as error:
            self._reject(connection, error)
            return
        if not self._pending:
            self._io_loop.add_callback(self._admit_pending)
        self._pending.setdefault(address, deque()).append((connection, address, slot))
        self._pending_count += 1

    def _reject(self, connection: socket.socket, error: Overloaded) -> None:
        """Close without reading. Only the first rejections of a turn are answered: cheap in a flood."""
        if self._answers_left:
            self._answers_left -= 1
            with contextlib.suppress(OSError):
                connection.send(raw_error_response(error, ("Connection", "close")))
                connection.shutdown(socket.SHUT_WR)
        connection.close()
        self._rejected += 1
        self._clients.refusals.counts[error_code(error)] += 1
        self._warn(str(error))

    def _warn(self, reason: str) -> None:
        """Warn at most once a minute: rejected clients retry."""
        if self._io_loop.time() >= self._may_warn_at:
            self._may_warn_at = self._io_loop.time() + 60
            logger.warning("rejecting new connections, %d so far: %s; open ones stay", self._rejected, reason)

    def _resume(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)

    def _admit_pending(self) -> None:
        until = self._io_loop.time() + self._turn_seconds
        while self._pending:
            self._clients.admit(*self._next())
            if self._io_loop.time() >= until:
                break
        if self._pending:
            self._io_loop.add_callback(self._admit_pending)

    def _next(self) -> _Accepted:
        address, queue = self._pending.popitem(last=False)
        self._pending_count -= 1
        accepted = queue.popleft()
        if queue:
            self._pending[address] = queue
        return accepted
