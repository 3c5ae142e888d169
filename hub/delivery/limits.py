"""Connection limits: in total, and for each address. One instance counts streams, another all other connections."""

from collections import Counter
from typing import Final

from hub.config import ServerConfig
from hub.errors import Overloaded, TooManyConnections

RETRY_SECONDS: Final = 30
# Counts in total only: a trusted proxy's connection, until a request names the client's address.
NO_ADDRESS: Final = ""


class ConnectionLimits:
    """Counts slots. `label` names them in errors. `config` may be replaced; slots in use stay."""

    def __init__(self, config: ServerConfig, label: str) -> None:
        self.config = config
        self.count = 0
        self._label = label
        self._by_address: Counter[str] = Counter()

    @property
    def addresses(self) -> int:
        return len(self._by_address)

    def check(self, address: str) -> None:
        """Raise what `acquire` would raise."""
        if self.count >= (total := self.config.max_connections):
            raise Overloaded(
                f"all {total} {self._label} are in use",
                hint="try again later, or raise server.max_connections in config.yaml",
                retry_seconds=RETRY_SECONDS,
            )
        self._check_address(address)

    def acquire(self, address: str) -> None:
        """Count one slot. Raises Overloaded or TooManyConnections. Evicts none: that client would evict the next."""
        self.check(address)
        self.count += 1
        self._by_address[address] += 1

    def move(self, before: str, after: str) -> None:
        """Move a slot to the address `after`. Raises TooManyConnections; the slot then stays."""
        if before != after:
            self._check_address(after)
            self._by_address[after] += 1
            self._forget(before)

    def release(self, address: str) -> None:
        """Call once for each `acquire`."""
        self.count -= 1
        self._forget(address)

    def slot(self, address: str) -> "Slot":
        """Return a slot that is held. Raises as `acquire`."""
        slot = Slot(self, address)
        slot.acquire()
        return slot

    def _check_address(self, address: str) -> None:
        each = self.config.max_connections_per_address
        if address != NO_ADDRESS and self._by_address[address] >= each:
            raise TooManyConnections(
                f"{address} already has {each} {self._label}",
                hint="close some, or raise server.max_connections_per_address in config.yaml",
                retry_seconds=RETRY_SECONDS,
            )

    def _forget(self, address: str) -> None:
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class Slot:
    """A slot of one connection, held or free."""

    __slots__ = ("_limits", "address", "is_held")

    def __init__(self, limits: ConnectionLimits, address: str) -> None:
        self.address = address  # That it is counted for.
        self.is_held = False
        self._limits = limits

    def acquire(self) -> None:
        """Idempotent. Raises Overloaded or TooManyConnections."""
        if not self.is_held:
            self._limits.acquire(self.address)
            self.is_held = True

    def move(self, address: str) -> None:
        """Raises TooManyConnections; the slot then stays."""
        self._limits.move(self.address, address)
        self.address = address

    def release(self) -> None:
        """Idempotent."""
        if self.is_held:
            self._limits.release(self.address)
            self.is_held = False
