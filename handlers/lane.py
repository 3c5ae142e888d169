"""The fast lane: streams that open and messages that come in, without Tornado's reading machinery.

Most of what a request costs in Tornado is an IOStream, a reading coroutine and a timer for it (200 of
330 µs for a stream, measured). All that is for requests that come in pieces, and these come in one. So
a new socket is looked at, not read (MSG_PEEK): is all of one plain request there, of the two kinds that
matter for speed? Then it is read and given to the very handlers that Tornado would give it to, through
the interfaces that Tornado documents for that (HTTPMessageDelegate, HTTPConnection). Everything else,
whatever is odd about it, is handed to Tornado's own server, unread.
"""

import contextlib
import logging
import select
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from tornado.httputil import HTTPServerConnectionDelegate
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.iostream import IOStream

from handlers.peer import PEEK_BYTES, Peer
from handlers.plain import Request
from handlers.refusal import refusal
from hub.delivery.limits import ConnectionLimits
from hub.errors import Overloaded

logger = logging.getLogger("eyewall.http")

ACCEPTS: Final = 1024  # In one turn of the loop: some 8 ms.
TURN_SECONDS: Final = 0.004  # And as much or twice as much again for what the handlers then do.


class Lane:
    """Accepts for `delegate`, which gets what `answer` leaves; `hand_off` gets each socket that is not for the lane.

    Who leaves for elsewhere takes the place in `places` along. `room` says for how many more there are descriptors.
    """

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        io_loop: IOLoop,
        *,
        answer: Callable[[Request], Awaitable[bytes] | None],
        hand_off: Callable[[IOStream, tuple[Any, ...]], None],
        places: ConnectionLimits,
        room: Callable[[], int],
        idle_seconds: float,
    ) -> None:
        self.delegate = delegate
        self.answer = answer
        self._everyone: set[Peer] = set()  # From the first look until it is closed or somebody else's.
        self._waiting: dict[int, Peer] = {}  # By descriptor: those who have had an answer.
        self._io_loop = io_loop
        self._hand_off = hand_off
        self._places = places
        self._room = room
        self._idle_seconds = idle_seconds
        self._listening: list[socket.socket] = []
        self.is_closing = False  # Whoever is being answered is told that it was the last time.
        self._accepted: deque[tuple[socket.socket, tuple[Any, ...]]] = deque()  # Not looked at yet.
        self._epoll = select.epoll()
        io_loop.add_handler(self._epoll.fileno(), self._dispatch, IOLoop.READ)
        self._sweep = PeriodicCallback(self._close_idle, idle_seconds / 3 * 1000)
        self._sweep.start()
        self._turned_away = 0
        self._may_complain_at = 0.0  # Loop time.

    @property
    def newcomers(self) -> int:
        """Who is here, and has not been looked at yet."""
        return len(self._accepted)

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Listening ones."""
        for listening in sockets:
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)
            self._listening.append(listening)

    def stop_accepting(self) -> None:
        """Nobody new, and no further request; who is being answered still is. Safe to call twice."""
        self.is_closing = True
        while self._listening:
            listening = self._listening.pop()
            self._io_loop.remove_handler(listening)
            listening.close()
        for peer in tuple(self._waiting.values()):
            self.read(peer)

    def stop(self) -> None:
        """Hang up on everybody. Safe to call twice."""
        self.stop_accepting()
        self._sweep.stop()
        for peer in tuple(self._everyone):
            peer.close()
        while self._accepted:
            self._accepted.popleft()[0].close()
        if not self._epoll.closed:
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()

    def watch(self, peer: Peer) -> None:
        """Tell it when it can be read. Edge-triggered, so that one that is being answered does not wake us."""
        if peer.socket.fileno() in self._waiting:
            return
        self._epoll.register(peer.socket.fileno(), select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)
        self._waiting[peer.socket.fileno()] = peer

    def unwatch(self, peer: Peer) -> None:
        """Twice is harmless."""
        if self._waiting.pop(peer.socket.fileno(), None) is not None:
            self._epoll.unregister(peer.socket.fileno())

    def forget(self, peer: Peer) -> None:
        """It closes, or is a stream now, which has a place of its own. Twice is harmless."""
        self.unwatch(peer)
        if peer in self._everyone:
            self._everyone.remove(peer)
            self._places.leave(peer.remote_ip)

    def hand_off(self, peer: Peer, stream: IOStream) -> None:
        """Whatever it says next is Tornado's to read."""
        self.unwatch(peer)
        self._everyone.discard(peer)
        self._hand_off(stream, peer.address)

    def _accept(self, listening: socket.socket, _events: int) -> None:
        """Empty the kernel's queue first, and look later: whoever does not fit into it waits a second to try again."""
        for _ in range(ACCEPTS):
            try:
                connection, address = listening.accept()
            except (BlockingIOError, ConnectionAbortedError):
                break
            except OSError as error:  # The kernel's own end, in spite of the room we leave: not at once again.
                self._io_loop.remove_handler(listening)
                self._io_loop.call_later(1, self._accept_again, listening)
                self._complain(f"{error} (raise `ulimit -n`)")
                break
            if self._room() <= 0:
                connection.close()
                self._turned_away += 1
                self._complain("no descriptors are left (raise `ulimit -n`)")
                continue
            connection.setblocking(False)
            if not self._accepted:
                self._io_loop.add_callback(self._look)
            self._accepted.append((connection, address))

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)

    def _complain(self, why: str) -> None:
        """Once a minute at most: whoever is turned away tries again, and lines in a log cost more than that."""
        if self._io_loop.time() >= self._may_complain_at:
            self._may_complain_at = self._io_loop.time() + 60
            logger.warning(
                "newcomers are turned away, %d by now: %s; who is connected stays",
                self._turned_away,
                why,
            )

    def _look(self) -> None:
        """At the newcomers, for a while; then others have their turn.

        At the oldest and the newest by turns: who comes alone behind a herd, a health check or a publisher, need not
        wait until all of it has been let in.
        """
        until = self._io_loop.time() + TURN_SECONDS
        while self._accepted and self._io_loop.time() < until:
            self._meet(*self._accepted.popleft())
            if self._accepted:
                self._meet(*self._accepted.pop())
        if self._accepted:
            self._io_loop.add_callback(self._look)

    def _meet(self, connection: socket.socket, address: tuple[Any, ...]) -> None:
        try:
            self._places.take(address[0])
        except Overloaded as error:
            self._turn_away(connection, error)
            return
        peer = Peer(self, connection, address)
        self._everyone.add(peer)
        self.read(peer)

    def read(self, peer: Peer) -> None:
        """What goes wrong with one is not the others' concern."""
        try:
            peer.read()
        except Exception:
            logger.exception("unexpected error with %s, which is hung up on", peer.remote_ip)
            peer.close()

    def _turn_away(self, connection: socket.socket, error: Overloaded) -> None:
        """With a reason, without reading more than has come."""
        with contextlib.suppress(OSError):
            connection.recv(PEEK_BYTES)  # Left unread, it would make the end a reset.
        with contextlib.suppress(OSError):
            connection.send(refusal(error))
            connection.shutdown(socket.SHUT_WR)
        connection.close()
        self._turned_away += 1
        self._complain(str(error))

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        for descriptor, _ in self._epoll.poll(0):
            if peer := self._waiting.get(descriptor):
                self.read(peer)

    def _close_idle(self) -> None:
        now = self._io_loop.time()
        for peer in tuple(self._waiting.values()):
            if not peer.is_busy and now - (peer.used_at or 0) > self._idle_seconds:
                peer.close()
