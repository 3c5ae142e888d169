"""What all readers of one filter are owed."""

from hub.filter import Filter
from hub.group import Group
from hub.sse import chunk
from tests.hub.parts import message


def test_a_group_is_owed_what_its_filter_wants() -> None:
    group = Group(Filter.parse(["a"]), chunked=False)
    group.offer(message(1, topic="a"), b"one ")
    group.offer(message(2, topic="b"), b"two ")
    group.add(b"event ")
    group.offer(message(3, topic="a"), b"three")
    assert group.has_pending
    assert group.take() == b"one event three"
    assert group.sent == 2
    assert not group.has_pending


def test_all_that_is_pending_is_one_chunk() -> None:
    group = Group(Filter.parse(), chunked=True)
    group.offer(message(1), b"one")
    group.offer(message(2), b"two")
    assert group.take() == chunk(b"onetwo")
