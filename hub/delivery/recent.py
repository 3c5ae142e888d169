"""The newest part of a sequence without holes, bounded in bytes."""

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# Deleting from the front of a list moves the rest. So expired items are deleted in batches, or of 1/8 of the bytes.
TRIM_BATCH: Final = 1024


class RecentBuffer(Generic[T]):
    """Items with consecutive positions; `head` is the newest, `first` the oldest one held."""

    def __init__(self, max_bytes: int, *, head: int = 0) -> None:
        self.max_bytes = max_bytes
        self.head = head
        self.bytes = 0
        self._items: list[T] = []
        self._sizes: list[int] = []
        self._dead = 0
        self._dead_bytes = 0

    @property
    def first(self) -> int:
        return self.head + 1 - (len(self._items) - self._dead)

    @property
    def allocated(self) -> int:
        return len(self._items)

    def append(self, item: T, size: int) -> None:
        """Add the next item. The newest is kept whatever its size."""
        self._items.append(item)
        self._sizes.append(size)
        self.head += 1
        self.bytes += size
        while self.bytes > self.max_bytes and len(self._items) - self._dead > 1:
            size = self._sizes[self._dead]
            self._dead += 1
            self._dead_bytes += size
            self.bytes -= size
        if self._dead >= TRIM_BATCH or self._dead_bytes * 8 >= self.max_bytes:
            del self._items[: self._dead], self._sizes[: self._dead]
            self._dead = self._dead_bytes = 0

    def after(self, position: int, limit: int) -> Sequence[T]:
        """Return at most `limit` items behind `position`, oldest first. `position` must be at least `first - 1`."""
        start = len(self._items) - (self.head - position)
        return self._items[start : start + limit]
