"""What all readers of one filter are owed."""

from hub.delivery.group import Group
from hub.filter import Filter
from hub.query.match_context import MatchContext
from tests.hub.parts import message


def test_a_group_is_owed_what_its_filter_wants() -> None:
    group = Group(Filter.parse(["a"]), chunked=False)
    group.offer(MatchContext(message(1, topic="a")), b"one ")
    group.offer(MatchContext(message(2, topic="b")), b"two ")
    group.add(b"event ")
    group.offer(MatchContext(message(3, topic="a")), b"three")
    assert group.has_pending
    assert group.take() == [b"one ", b"event ", b"three"]
    assert group.sent == 2
    assert not group.has_pending
