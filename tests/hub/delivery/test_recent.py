"""The bounded end of a sequence, compared with a plain list."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.delivery.recent import RecentBuffer


class BufferAgainstAList(RuleBasedStateMachine):
    """Same items, same positions, and never over the bound."""

    @initialize(max_bytes=st.integers(1, 200), head=st.sampled_from([0, 1, 10**9]))
    def begin(self, max_bytes: int, head: int) -> None:
        self.buffer: RecentBuffer[int] = RecentBuffer(max_bytes, head=head)
        self.all: list[tuple[int, int]] = []  # Position and size of everything, ever.
        self.head = head
        self.kept = 0

    @rule(sizes=st.lists(st.integers(0, 120), max_size=40))
    def append(self, sizes: list[int]) -> None:
        for size in sizes:
            self.head += 1
            self.buffer.append(self.head, size)
            self.all.append((self.head, size))
            self.kept += 1
            while self.kept > 1 and sum(size for _, size in self.all[-self.kept :]) > self.buffer.max_bytes:
                self.kept -= 1

    @invariant()
    def holds_the_newest(self) -> None:
        assert self.buffer.head == self.head
        assert self.buffer.first == self.head + 1 - self.kept
        held = self.all[len(self.all) - self.kept :]
        assert self.buffer.bytes == sum(size for _, size in held)
        assert list(self.buffer.after(self.buffer.first - 1, 10**6)) == [position for position, _ in held]

    @rule(back=st.integers(0, 60), limit=st.integers(0, 60))
    def read(self, back: int, limit: int) -> None:
        position = max(self.head - back, self.buffer.first - 1)
        newer = [known for known, _ in self.all if known > position]
        assert list(self.buffer.after(position, limit)) == newer[:limit]


TestBufferAgainstAList = BufferAgainstAList.TestCase


def test_expired_items_are_deleted_in_batches() -> None:
    """Deleting from the front of a list moves all other items. So some expired items stay for a while."""
    buffer: RecentBuffer[int] = RecentBuffer(10)
    for position in range(1, 5000):
        buffer.append(position, 1)
        assert buffer.allocated <= 10 + 1024


@given(st.integers(1, 1000))
def test_one_item_is_kept_however_large(size: int) -> None:
    buffer: RecentBuffer[str] = RecentBuffer(1)
    buffer.append("first", size)
    buffer.append("second", size + 1)
    assert (buffer.first, buffer.head, list(buffer.after(1, 9))) == (2, 2, ["second"])
