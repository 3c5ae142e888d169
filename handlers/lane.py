"""The fast lane: streams that open and messages that come in, without Tornado's reading machinery.

Most of what a request costs in Tornado is an IOStream, a reading coroutine and a timer for it (200 of
330 µs for a stream, measured). All that is for requests that come in pieces, and these come in one. So
a new socket is looked at, not read (MSG_PEEK): is all of one plain request there, of the two kinds that
matter for speed? Then it is read and given to the very handlers that Tornado would give it to, through
the interfaces that Tornado documents for that (HTTPMessageDelegate, HTTPConnection). Everything else,
whatever is odd about it, is handed to Tornado's own server, unread.
"""

import logging
import select
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

from tornado.httputil import HTTPServerConnectionDelegate
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.iostream import IOStream

from handlers.peer import Peer
from handlers.plain import Request

logger = logging.getLogger("eyewall.http")

ACCEPTS: Final = 4096  # In one turn of the loop: some 40 ms.
TURN_SECONDS: Final = 0.01


class Lane:
    """Accepts for `delegate`, which gets what `answer` leaves; `hand_off` gets each socket that is not for the lane.

    `room` says how many more fit.
    """

    def __init__(
        self,
        delegate: HTTPServerConnectionDelegate,
        io_loop: IOLoop,
        *,
        answer: Callable[[Request], Awaitable[bytes] | None],
        hand_off: Callable[[IOStream, tuple[Any, ...]], None],
        room: Callable[[], int],
        idle_seconds: float,
    ) -> None:
        self.delegate = delegate
        self.answer = answer
        self.everyone: set[Peer] = set()  # From accept() until it is closed or somebody else's.
        self._waiting: dict[int, Peer] = {}  # By descriptor: those who have had an answer.
        self._io_loop = io_loop
        self._hand_off = hand_off
        self._room = room
        self._idle_seconds = idle_seconds
        self._listening: list[socket.socket] = []
        self.is_closing = False  # Whoever is being answered is told that it was the last time.
        self._accepted: deque[Peer] = deque()  # Not looked at yet.
        self._epoll = select.epoll()
        io_loop.add_handler(self._epoll.fileno(), self._dispatch, IOLoop.READ)
        self._sweep = PeriodicCallback(self._close_idle, idle_seconds / 3 * 1000)
        self._sweep.start()
        self._turned_away = 0
        self._may_complain_at = 0.0  # Loop time.

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
            peer.read()

    def stop(self) -> None:
        """Hang up on everybody. Safe to call twice."""
        self.stop_accepting()
        self._sweep.stop()
        for peer in tuple(self.everyone):
            peer.close()
        self._accepted.clear()
        if not self._epoll.closed:
            self._io_loop.remove_handler(self._epoll.fileno())
            self._epoll.close()

    def watch(self, peer: Peer) -> None:
        """Tell it when it can be read. Edge-triggered, so that one that is being answered does not wake us."""
        if peer.socket.fileno() in self._waiting:
            return
        self._epoll.register(peer.socket.fileno(), select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)
        self._waiting[peer.socket.fileno()] = peer

    def forget(self, peer: Peer) -> None:
        """It closes, or belongs to somebody else now. Twice is harmless."""
        self.everyone.discard(peer)
        if self._waiting.pop(peer.socket.fileno(), None) is not None:
            self._epoll.unregister(peer.socket.fileno())

    def hand_off(self, peer: Peer, stream: IOStream) -> None:
        """Whatever it says next is Tornado's to read."""
        self.forget(peer)
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
                self._complain(str(error))
                break
            if self._room() <= 0:
                connection.close()
                self._turned_away += 1
                self._complain("no descriptors are left")
                continue
            connection.setblocking(False)
            if not self._accepted:
                self._io_loop.add_callback(self._look)
            peer = Peer(self, connection, address)
            self.everyone.add(peer)
            self._accepted.append(peer)

    def _accept_again(self, listening: socket.socket) -> None:
        if listening in self._listening:
            self._io_loop.add_handler(listening, self._accept, IOLoop.READ)

    def _complain(self, why: str) -> None:
        """Once a minute at most: whoever is turned away tries again, and lines in a log cost more than that."""
        if self._io_loop.time() >= self._may_complain_at:
            self._may_complain_at = self._io_loop.time() + 60
            logger.warning(
                "newcomers are turned away, %d by now: %s (raise `ulimit -n`); who is connected stays",
                self._turned_away,
                why,
            )

    def _look(self) -> None:
        """At the newcomers, for a while; then others have their turn."""
        until = self._io_loop.time() + TURN_SECONDS
        while self._accepted and self._io_loop.time() < until:
            self._accepted.popleft().read()
        if self._accepted:
            self._io_loop.add_callback(self._look)

    def _dispatch(self, _descriptor: int, _events: int) -> None:
        for descriptor, _ in self._epoll.poll(0):
            if peer := self._waiting.get(descriptor):
                peer.read()

    def _close_idle(self) -> None:
        now = self._io_loop.time()
        for peer in tuple(self._waiting.values()):
            if not peer.is_busy and now - (peer.used_at or 0) > self._idle_seconds:
                peer.close()
