"""All readers, and the counts that are public."""

from collections.abc import Iterator

from hub.config import ServerConfig
from hub.delivery.connection import Connection, new_id
from hub.delivery.limits import ConnectionLimits
from hub.errors import NotFound
from hub.filter import Filter


class Registry:
    """Every reader, from `Hub.connect` to `Hub.disconnect`."""

    def __init__(self, config: ServerConfig) -> None:
        self.limits = ConnectionLimits(config, "streams")
        self.peak = 0  # Since this process started.
        self._by_id: dict[str, Connection] = {}

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
        while connection.id in self._by_id:  # Ids have 32 bits.
            connection.id = new_id()
        self._by_id[connection.id] = connection
        self.peak = max(self.peak, self.count)

    def remove(self, connection: Connection) -> bool:
        """Return True if the connection was registered. Idempotent."""
        if self._by_id.pop(connection.id, None) is None:
            return False
        self.limits.release(connection.address)
        return True

    def get(self, connection_id: str) -> Connection:
        """Raises NotFound."""
        try:
            return self._by_id[connection_id]
        except KeyError:
            raise NotFound(f"no connection {connection_id[:64]!r}", hint="GET /connections lists them") from None
