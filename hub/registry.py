"""Who is connected, how many may be, and the counts that everybody sees."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import TypeVar

from hub.config import ServerConfig
from hub.connection import Connection, new_id
from hub.errors import NotFound, Overloaded, TooManyConnections
from hub.filter import LOOK_SECONDS, Filter
from hub.message import Draft
from hub.query.seen import Seen

T = TypeVar("T")


class Registry:
    """Every reader, live or catching up, from its request until `on_connection_close`."""

    def __init__(self, config: ServerConfig) -> None:
        self.config = config
        self.peak = 0  # Since this process started.
        self.filters: Counter[Filter] = Counter()
        self._by_id: dict[str, Connection] = {}
        self._by_address: Counter[str] = Counter()

    @property
    def count(self) -> int:
        return len(self._by_id)

    def counts(self) -> dict[str, object]:
        """What everybody may know of all."""
        return {"count": self.count, "peak": self.peak}

    async def receivers(self, draft: Draft) -> int:
        """How many connections it would go to now. While there are many filters to ask, others get their turn."""
        seen, found = Seen(draft), 0
        until = time.monotonic() + LOOK_SECONDS
        for wanted, count in tuple(self.filters.items()):
            found += count if wanted.matches(seen) else 0
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + LOOK_SECONDS
        return found

    def __contains__(self, connection: Connection) -> bool:
        return connection.id in self._by_id

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._by_id.values()))

    def check_room(self, address: str) -> None:
        """Raises Overloaded or TooManyConnections if one more from `address` would be over a limit."""
        total, each = self.config.max_connections, self.config.max_connections_per_address
        if self.count >= total:
            raise Overloaded(
                f"all {total} connections are in use",
                hint="try again later, or raise server.max_connections in config.yaml",
                retry_seconds=30,
            )
        if self._by_address[address] >= each:
            raise TooManyConnections(
                f"{address} already has {each} connections",
                hint="close some, or raise server.max_connections_per_address in config.yaml",
                retry_seconds=30,
            )

    def add(self, connection: Connection) -> None:
        """Raises as `check_room`. The newest is refused, never the oldest evicted: that would start a cascade."""
        self.check_room(connection.address)
        while connection.id in self._by_id:  # 32 bits are short, so that a person can compare them.
            connection.id = new_id()
        self._by_id[connection.id] = connection
        self._by_address[connection.address] += 1
        self.filters[connection.filter] += 1
        self.peak = max(self.peak, self.count)

    def remove(self, connection: Connection) -> bool:
        """True if it was there. Twice is harmless."""
        if self._by_id.pop(connection.id, None) is None:
            return False
        _count_down(self._by_address, connection.address)
        _count_down(self.filters, connection.filter)
        return True

    def get(self, connection_id: str) -> Connection:
        """Raises NotFound."""
        try:
            return self._by_id[connection_id]
        except KeyError:
            raise NotFound(f"no connection {connection_id[:64]!r}", hint="GET /connections lists them") from None


def _count_down(counter: Counter[T], key: T) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]  # What nobody uses is not kept.
