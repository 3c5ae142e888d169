"""Events that are not messages: who is connected, that the server lives, how the config stands.

They carry no id. The latest of each kind is kept and numbered, so that a reader who was away while
one was announced gets it when it has caught up.
"""

import random
from collections.abc import Callable
from typing import Final

from tornado.ioloop import IOLoop

from hub.delivery import sse
from hub.log.protocol import Clock, format_time

RETRY_MS: Final = (2000, 6000)  # At random for each reader: a restart must not bring all back in one instant.
COUNT_SECONDS: Final = 1.0  # The `connections` event comes at most this often.


class ControlEvents:
    """Makes the events. `send` gets what everyone who is live must see; `counts` is {"count", "peak"} now.

    `every` is the seconds from one heartbeat to the next.
    """

    def __init__(
        self,
        clock: Clock,
        io_loop: IOLoop,
        *,
        version: str,
        head: Callable[[], str],
        every: Callable[[], float],
        counts: Callable[[], dict[str, object]],
        send: Callable[[bytes], None],
    ) -> None:
        self.number = 0
        self._clock = clock
        self._loop = io_loop
        self._version = version
        self._head = head
        self._every = every
        self._counts = counts
        self._send = send
        self._latest: dict[str, tuple[int, bytes]] = {}  # By name, with their numbers.
        self._paced = 0  # Number of the last change of pace.
        self._standing = {"connections"}
        self._count_timer: object | None = None
        self._counted_at = -COUNT_SECONDS

    def stop(self) -> None:
        """Announce no more counts. Safe to call twice."""
        if self._count_timer is not None:
            self._loop.remove_timeout(self._count_timer)
            self._count_timer = None

    def announce(self, name: str, data: dict[str, object], *, standing: bool = True) -> None:
        """Tell every reader, now or when it has caught up; a standing event also opens new streams."""
        self.number += 1
        frame = sse.event(name, data)
        self._latest[name] = (self.number, frame)
        (self._standing.add if standing else self._standing.discard)(name)
        self._send(frame)

    def count_changed(self) -> None:
        """Tell everybody now, or as soon as a second has passed since the last time."""
        wait = self._counted_at + COUNT_SECONDS - self._loop.time()
        if wait <= 0:
            self._announce_count()
        elif self._count_timer is None:
            self._count_timer = self._loop.call_later(wait, self._announce_count)

    def beat(self) -> None:
        """Show everyone who is live that the server is, too."""
        self._send(self.heartbeat())

    def change_pace(self) -> None:
        """Tell every reader, now or when it has caught up, how long silence may last from now on."""
        self.number += 1
        self._paced = self.number
        self.beat()

    def opening(self, connection_id: str) -> bytes:
        """What every stream begins with."""
        # Fresher than what was announced last, and by that number.
        self._latest["connections"] = (
            self._latest.get("connections", (0,))[0],
            sse.event("connections", self._counts()),
        )
        standing = (frame for name, (_, frame) in self._latest.items() if name in self._standing)
        beat = self.heartbeat(connection=connection_id, version=self._version)
        return sse.retry(random.randint(*RETRY_MS)) + beat + b"".join(standing)

    def missed(self, since: int) -> bytes:
        """For a stream that was away since notice number `since`: the latest of each kind that is newer."""
        pace = self.heartbeat() if self._paced > since else b""
        return pace + b"".join(frame for number, frame in self._latest.values() if number > since)

    def bye(self, reason: str) -> bytes:
        """The last event before an orderly end: `shutdown` or `disconnected`."""
        return sse.event("bye", {"reason": reason, "retry_ms": random.randint(*RETRY_MS)})

    def heartbeat(self, **more: object) -> bytes:
        now = format_time(int(self._clock() * 1000))
        return sse.event("heartbeat", {"time": now, "head": self._head(), "every": self._every(), **more})

    def _announce_count(self) -> None:
        self.stop()
        self._counted_at = self._loop.time()
        self.announce("connections", self._counts())
