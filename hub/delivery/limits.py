"""How many may be connected, in all and from one address: the one place that counts them.

There are two of these, with the same limits: for streams, and for every other connection, be it a publisher's, a
page's, or one that has said nothing yet. So readers, however many, leave the publishers their places.
"""

from collections import Counter
from typing import Final

from hub.config import ServerConfig
from hub.errors import Overloaded, TooManyConnections

RETRY_SECONDS: Final = 30


class ConnectionLimits:
    """`noun` is what takes a place, for errors: "streams". `config` may be replaced; who is here stays."""

    def __init__(self, config: ServerConfig, noun: str) -> None:
        self.config = config
        self.count = 0
        self._noun = noun
        self._by_address: Counter[str] = Counter()

    def check(self, address: str) -> None:
        """Raises Overloaded or TooManyConnections if one more from `address` would be over a limit."""
        total, each = self.config.max_connections, self.config.max_connections_per_address
        if self.count >= total:
            raise Overloaded(
                f"all {total} {self._noun} are in use",
                hint="try again later, or raise server.max_connections in config.yaml",
                retry_seconds=RETRY_SECONDS,
            )
        if self._by_address[address] >= each:
            raise TooManyConnections(
                f"{address} already has {each} {self._noun}",
                hint="close some, or raise server.max_connections_per_address in config.yaml",
                retry_seconds=RETRY_SECONDS,
            )

    def take(self, address: str) -> None:
        """Raises as `check`. The newest is refused, never the oldest evicted: that would start a cascade."""
        self.check(address)
        self.count += 1
        self._by_address[address] += 1

    def leave(self, address: str) -> None:
        """Once for each place taken."""
        self.count -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]  # Who has left is not kept.
