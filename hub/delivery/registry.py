"""Who reads, and the counts that everybody sees."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

from hub.config import ServerConfig
from hub.delivery.connection import Connection, new_id
from hub.delivery.limits import ConnectionLimits
from hub.errors import NotFound
from hub.filter import FILTER_SECONDS, Filter
from hub.message import Draft
from hub.query.match_context import MatchContext


class Registry:
    """Every reader, live or catching up, from its request until `on_connection_close`."""

    def __init__(self, config: ServerConfig) -> None:
        self.places = ConnectionLimits(config, "streams")
        self.peak = 0  # Since this process started.
        self.filters: Counter[Filter] = Counter()
        self._by_id: dict[str, Connection] = {}

    @property
    def count(self) -> int:
        return len(self._by_id)

    def counts(self) -> dict[str, object]:
        """What everybody may know of all."""
        return {"count": self.count, "peak": self.peak}

    async def receivers(self, draft: Draft) -> int:
        """How many connections it would go to now. While there are many filters to ask, others get their turn."""
        seen, found = MatchContext(draft), 0
        until = time.monotonic() + FILTER_SECONDS
        for wanted, count in tuple(self.filters.items()):
            found += count if wanted.matches(seen) else 0
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + FILTER_SECONDS
        return found

    def __contains__(self, connection: Connection) -> bool:
        return connection.id in self._by_id

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._by_id.values()))

    def add(self, connection: Connection) -> None:
        """Raises Overloaded or TooManyConnections when there is no place."""
        self.places.take(connection.address)
        while connection.id in self._by_id:  # 32 bits are short, so that a person can compare them.
            connection.id = new_id()
        self._by_id[connection.id] = connection
        self.filters[connection.filter] += 1
        self.peak = max(self.peak, self.count)

    def remove(self, connection: Connection) -> bool:
        """True if it was there. Twice is harmless."""
        if self._by_id.pop(connection.id, None) is None:
            return False
        self.places.leave(connection.address)
        self.filters[connection.filter] -= 1
        if not self.filters[connection.filter]:
            del self.filters[connection.filter]  # What nobody uses is not kept.
        return True

    def get(self, connection_id: str) -> Connection:
        """Raises NotFound."""
        try:
            return self._by_id[connection_id]
        except KeyError:
            raise NotFound(f"no connection {connection_id[:64]!r}", hint="GET /connections lists them") from None
