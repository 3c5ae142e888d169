"""A bounded end of a sequence, against the plain list that it stands for."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hub.delivery.recent import RecentBuffer


class TailAgainstAList(RuleBasedStateMachine):
    """Whatever is appended: same items, same positions, and never over the bound."""

    @initialize(max_bytes=st.integers(1, 200), head=st.sampled_from([0, 1, 10**9]))
    def begin(self, max_bytes: int, head: int) -> None:
        self.tail: RecentBuffer[int] = RecentBuffer(max_bytes, head=head)
        self.all: list[tuple[int, int]] = []  # Position and size of everything, ever.
        self.head = head
        self.kept = 0

    @rule(sizes=st.lists(st.integers(0, 120), max_size=40))
    def append(self, sizes: list[int]) -> None:
        for size in sizes:
            self.head += 1
            self.tail.append(self.head, size)
            self.all.append((self.head, size))
            self.kept += 1
            while self.kept > 1 and sum(size for _, size in self.all[-self.kept :]) > self.tail.max_bytes:
                self.kept -= 1

    @invariant()
    def holds_the_newest(self) -> None:
        assert self.tail.head == self.head
        assert self.tail.first == self.head + 1 - self.kept
        held = self.all[len(self.all) - self.kept :]
        assert self.tail.bytes == sum(size for _, size in held)
        assert list(self.tail.after(self.tail.first - 1, 10**6)) == [position for position, _ in held]

    @rule(back=st.integers(0, 60), limit=st.integers(0, 60))
    def read(self, back: int, limit: int) -> None:
        position = max(self.head - back, self.tail.first - 1)
        newer = [known for known, _ in self.all if known > position]
        assert list(self.tail.after(position, limit)) == newer[:limit]


TestTailAgainstAList = TailAgainstAList.TestCase


def test_what_fell_off_is_let_go_in_lumps() -> None:
    """Deleting from the front of a list moves all the rest; so some dead items stay, but not for long."""
    tail: RecentBuffer[int] = RecentBuffer(10)
    for position in range(1, 5000):
        tail.append(position, 1)
        assert len(tail._items) <= 10 + 1024


@given(st.integers(1, 1000))
def test_one_item_is_kept_however_large(size: int) -> None:
    tail: RecentBuffer[str] = RecentBuffer(1)
    tail.append("first", size)
    tail.append("second", size + 1)
    assert (tail.first, tail.head, list(tail.after(1, 9))) == (2, 2, ["second"])
