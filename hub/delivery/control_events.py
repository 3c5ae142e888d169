"""Events that are not messages: the latest of each name is kept for readers that are catching up."""

import random
from typing import Final

from tornado.ioloop import IOLoop

from hub.delivery import sse
from hub.delivery.fan_out import FanOut
from hub.delivery.registry import Registry
from hub.delivery.settings import Settings
from hub.log.protocol import Clock, format_time

RETRY_MS: Final = (2000, 6000)  # Random, so that not all readers reconnect at once.
COUNT_SECONDS: Final = 1.0  # Least time between two `connections` events.


class ControlEvents:
    """Loop thread only."""

    def __init__(
        self, registry: Registry, fan_out: FanOut, settings: Settings, io_loop: IOLoop, *, clock: Clock, version: str
    ) -> None:
        self.head = 0  # Number of the newest event announced.
        self._registry = registry
        self._fan_out = fan_out
        self._settings = settings
        self._loop = io_loop
        self._clock = clock
        self._version = version
        self._latest: dict[str, tuple[int, bytes]] = {}  # By name: number and frame.
        self._interval_number = 0  # Of the last change of the interval.
        self._sticky = {"connections"}
        self._count_timer: object | None = None
        self._counted_at = -COUNT_SECONDS

    def stop(self) -> None:
        """Idempotent."""
        if self._count_timer is not None:
            self._loop.remove_timeout(self._count_timer)
            self._count_timer = None

    def announce(self, name: str, data: dict[str, object], *, sticky: bool = True) -> None:
        """Send an event to every reader, now or when it has caught up; if sticky, also in new streams."""
        self._send(name, name, data, sticky=sticky)

    def notify(self, kind: str, text: str, count: int = 0) -> None:
        """Send a notice, sticky until the next one of its kind. An empty text ends it."""
        self._send(f"notice {kind}", "notice", {"kind": kind, "text": text, "count": count}, sticky=bool(text))

    def count_changed(self) -> None:
        """Announce the count now, or COUNT_SECONDS after the last one."""
        wait = self._counted_at + COUNT_SECONDS - self._loop.time()
        if wait <= 0:
            self._announce_count()
        elif self._count_timer is None:
            self._count_timer = self._loop.call_later(wait, self._announce_count)

    def send_heartbeat(self) -> None:
        self._fan_out.send_to_all(self.heartbeat())

    def interval_changed(self) -> None:
        """Send the new interval to every reader, now or when it has caught up."""
        self.head += 1
        self._interval_number = self.head
        self.send_heartbeat()

    def preamble(self, connection_id: str) -> bytes:
        """Return the first bytes of a stream: retry, heartbeat, sticky events."""
        number = self._latest.get("connections", (0,))[0]
        self._latest["connections"] = (number, sse.event("connections", self._registry.counts()))
        sticky = (frame for name, (_, frame) in self._latest.items() if name in self._sticky)
        heartbeat = self.heartbeat(connection=connection_id, version=self._version)
        return sse.retry(random.randint(*RETRY_MS)) + heartbeat + b"".join(sticky)

    def since(self, number: int) -> bytes:
        """Return the events newer than `number`."""
        heartbeat = self.heartbeat() if self._interval_number > number else b""
        return heartbeat + b"".join(frame for newer, frame in self._latest.values() if newer > number)

    def goodbye(self, reason: str) -> bytes:
        """Return the last event of a stream. `reason` is `shutdown` or `disconnected`."""
        return sse.event("bye", {"reason": reason, "retry_ms": random.randint(*RETRY_MS)})

    def heartbeat(self, **more: object) -> bytes:
        now = format_time(int(self._clock() * 1000))
        heartbeat_interval = self._settings.stream.heartbeat_seconds
        return sse.event("heartbeat", {"time": now, "head": self._fan_out.head_id, "every": heartbeat_interval, **more})

    def _send(self, key: str, name: str, data: dict[str, object], *, sticky: bool) -> None:
        self.head += 1
        frame = sse.event(name, data)
        self._latest[key] = (self.head, frame)
        (self._sticky.add if sticky else self._sticky.discard)(key)
        self._fan_out.send_to_all(frame)

    def _announce_count(self) -> None:
        self.stop()
        self._counted_at = self._loop.time()
        self.announce("connections", self._registry.counts())
