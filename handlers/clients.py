"""Connections that are neither a stream nor Tornado's: peeks at each request (MSG_PEEK) and chooses its tier.

A request that the fast tier does not take stays unread, and its connection passes to Tornado.
"""

import asyncio
import contextlib
import logging
import select
import socket
from collections.abc import Coroutine
from typing import Any, Final

from tornado.ioloop import IOLoop, PeriodicCallback

from handlers.application import Peer, TornadoTier
from handlers.fast import FastTier, parse
from handlers.peer_stream import PeerStream
from hub.delivery.limits import Slot
from hub.errors import Overloaded

logger = logging.getLogger("eyewall.http")

EXPECTED_SECONDS: Final = 0.5  # At shutdown, for the first request of a connection that was just accepted.
TLS_HANDSHAKE: Final = b"\x16\x03"
PEEK_BYTES: Final = 64 << 10  # More than the largest header (16 KiB) and any usual message.
_WATCH: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET


class _Client:
    """A connection before, between and during requests of the fast tier."""

    __slots__ = ("has_ended", "has_more", "is_busy", "is_new", "peer", "slot", "socket", "task", "used_at")

    def __init__(self, connection: socket.socket, address: str, slot: Slot, now: float) -> None:
        self.socket = connection
        self.peer = address
        self.slot = slot  # Released once the client has ended, while an answer is still awaited.
        self.used_at = now  # Loop time of the last answer, or of the admission.
        self.is_new = True  # Nothing was answered yet.
        self.is_busy = False  # A request is being answered.
        self.has_ended = False  # Its FIN has been reported.
        self.has_more = False  # Bytes or a FIN arrived while it was busy.
        self.task: asyncio.Task[None] | None = None


class Clients:
    """Holds each admitted connection with its slot until it closes, is a stream, or is Tornado's.

    Without a fast tier every connection goes to Tornado.
    """

    def __init__(
        self,
        tornado: TornadoTier,
        fast: FastTier | None,
        io_loop: IOLoop,
        *,
        idle_seconds: float,
    ) -> None:
        self.refusals = tornado.refusals
        self._tornado = tornado
        self._fast = fast
        self._io_loop = io_loop
        self._idle_seconds = idle_seconds
        self._is_closing = False
        self._watched: dict[int, _Client] = {}  # All, by descriptor.
        self._epoll = select.epoll()
        io_loop.add_handler(self._epoll.fileno(), self._dispatch, IOLoop.READ)
        self._sweep = PeriodicCallback(self._close_idle, idle_seconds / 3 * 1000)
        self._sweep.start()

    @property
    def count(self) -> int:
        """Return the number of open connections that are not streams, in both tiers."""
        return len(self._watched) + self._tornado.count

    def admit(self, connection: socket.socket, address: str, slot: Slot) -> None:
        """Take over a new connection with its slot, and look at its request."""
        self._read(_Client(connection, address, slot, self._io_loop.time()))

    @property
    def is_answering(self) -> bool:
        """Return whether requests are being answered, or the first one of a new connection may still arrive."""
        waiting = (client.is_busy or self._is_expected(client) for client in self._watched.values())
        return any(waiting) or self._tornado.is_answering

    def finish(self) -> None:
        """Close idle connections. Requests that were received, or are about to be, get their answer. Idempotent."""
        self._is_closing = True
        for client in tuple(self._watched.values()):
            if not client.is_busy:
                self._read(client)

    async def stop(self) -> None:
        """Close all connections of both tiers. Idempotent."""
        self.finish()
        self._sweep.stop()
        for client in tuple(self._watched.values()):
            self._close(client)
        if not self._epoll.closed:
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()
        await self._tornado.close_all()

    def _read(self, client: _Client) -> None:
        """Look at the next request. An unexpected error closes this connection and concerns no other."""
        try:
            self._look(client)
        except Exception:
            logger.exception("unexpected error with %s: closing the connection", client.peer)
            self._close(client)

    def _look(self, client: _Client) -> None:
        try:
            data = client.socket.recv(PEEK_BYTES, socket.MSG_PEEK)
        except BlockingIOError:
            if self._is_closing and not self._is_expected(client):
                self._close(client)
            else:
                self._watch(client)
            return
        except OSError:
            data = b""
        if not data or data.startswith(TLS_HANDSHAKE):  # A TLS client cannot read a plain answer.
            self._close(client)
            return
        request = parse(data)
        if self._fast is None:
            self._pass_to_tornado(client)
        elif request is not None and request.method == "GET" and self._fast.open(request, client.socket, client.peer):
            self._forget(client)
        elif request is not None and (answer := self._fast.publish(request)) is not None:
            client.socket.recv(request.size)
            client.is_busy = True
            client.has_more = len(data) > request.size or len(data) == PEEK_BYTES or client.has_ended
            self._watch(client)  # A publisher that disconnects is noticed while it waits.
            if client.has_ended:
                client.slot.release()
            client.task = asyncio.ensure_future(self._answer(client, answer))
        else:
            self._pass_to_tornado(client)

    async def _answer(self, client: _Client, answer: Coroutine[Any, Any, bytes]) -> None:
        data = await answer
        if self._is_closing:
            data = data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
        client.is_busy, client.is_new, client.used_at = False, False, self._io_loop.time()
        try:
            taken = client.socket.send(data)
        except BlockingIOError:
            taken = 0
        except OSError:
            self._close(client)
            return
        try:
            client.slot.acquire()  # It may have ended before this answer, and half of it only.
        except Overloaded:
            self._close(client)
            return
        if taken < len(data):
            self._pass_to_tornado(client, data[taken:])
        elif self._is_closing:
            self._close(client)
        elif client.has_more:
            client.has_more = False
            self._read(client)

    def _is_expected(self, client: _Client) -> bool:
        return client.is_new and self._io_loop.time() < client.used_at + EXPECTED_SECONDS

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        for descriptor, events in self._epoll.poll(0):
            client = self._watched.get(descriptor)
            if client is None:
                continue
            client.has_ended = client.has_ended or bool(events & select.EPOLLRDHUP)
            if not client.is_busy:
                self._read(client)
            elif events & (select.EPOLLHUP | select.EPOLLERR):
                self._close(client)
            else:
                client.has_more = True
                if client.has_ended:  # It disconnected, or only waits for its answers.
                    client.slot.release()

    def _watch(self, client: _Client) -> None:
        """Report arrivals. Edge-triggered: a busy client does not wake the loop again."""
        descriptor = client.socket.fileno()
        if descriptor not in self._watched:
            self._epoll.register(descriptor, _WATCH)
            self._watched[descriptor] = client

    def _pass_to_tornado(self, client: _Client, rest: bytes = b"") -> None:
        """Let Tornado send the `rest` of an answer and read the next request, with the slot."""
        self._unwatch(client)
        stream = PeerStream(client.socket, client.slot.release)
        if rest:
            stream.write(rest)
        self._tornado.serve(stream, Peer(client.peer, client.peer, client.slot))

    def _forget(self, client: _Client) -> None:
        self._unwatch(client)
        client.slot.release()

    def _close(self, client: _Client) -> None:
        """Close in order: with unread bytes, close() alone is a reset, which destroys the answer. Idempotent."""
        self._forget(client)
        with contextlib.suppress(OSError):
            client.socket.shutdown(socket.SHUT_WR)
        client.socket.close()

    def _unwatch(self, client: _Client) -> None:
        if self._watched.pop(client.socket.fileno(), None) is not None:
            self._epoll.unregister(client.socket.fileno())

    def _close_idle(self) -> None:
        since = self._io_loop.time() - self._idle_seconds
        for client in tuple(self._watched.values()):
            if not client.is_busy and client.used_at < since:
                self._close(client)
