"""All readers, and the counts that are public."""

import random
import re
from collections.abc import Iterator
from typing import Final

from hub.config import ServerConfig
from hub.delivery.connection import Connection
from hub.delivery.limits import ConnectionLimits
from hub.errors import InvalidInput, NotFound
from hub.filter import Filter

_IDS: Final = 1 << 32


class Registry:
    """Every reader, from `Hub.connect` to `Hub.disconnect`."""

    def __init__(self, config: ServerConfig) -> None:
        self.limits = ConnectionLimits(config, "streams")
        self.peak = 0  # Since this process started.
        self._by_id: dict[str, Connection] = {}  # In the order of their ids.
        # Ids are consecutive from a random number on, so that they differ across restarts. They are no secret.
        self._first_id = random.randrange(_IDS)
        self._given_ids = 0

    @property
    def count(self) -> int:
        return len(self._by_id)

    @property
    def filters(self) -> set[Filter]:
        # By identity first: hashing 10,000 takes 10 ms (measured).
        return set({id(connection.filter): connection.filter for connection in self._by_id.values()}.values())

    def counts(self) -> dict[str, object]:
        return {"count": self.count, "peak": self.peak}

    def __contains__(self, connection: Connection) -> bool:
        return connection.id in self._by_id

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._by_id.values()))

    def add(self, connection: Connection) -> None:
        """Raises Overloaded or TooManyConnections if a limit is reached."""
        self.limits.acquire(connection.address)
        connection.id = f"{(self._first_id + self._given_ids) % _IDS:08x}"
        self._given_ids += 1
        self._by_id[connection.id] = connection
        self.peak = max(self.peak, self.count)

    def remove(self, connection: Connection) -> bool:
        """Return True if the connection was registered. Idempotent."""
        if self._by_id.pop(connection.id, None) is None:
            return False
        self.limits.release(connection.address)
        return True

    def after(self, connection_id: str) -> list[Connection]:
        """Return the readers that connected later than this one, which may be gone. Raises InvalidInput."""
        if not re.fullmatch("[0-9a-f]{8}", connection_id):
            hint = "use `next` of the page before, or the id of a connection"
            raise InvalidInput("after", f"invalid id {connection_id[:40]!r}", hint=hint)
        after = self._number(connection_id)
        return [connection for name, connection in self._by_id.items() if self._number(name) > after]

    def _number(self, connection_id: str) -> int:
        return (int(connection_id, 16) - self._first_id) % _IDS

    def get(self, connection_id: str) -> Connection:
        """Raises NotFound."""
        try:
            return self._by_id[connection_id]
        except KeyError:
            raise NotFound(f"no connection {connection_id[:64]!r}", hint="GET /connections lists them") from None
