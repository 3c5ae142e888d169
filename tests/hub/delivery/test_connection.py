"""The state of one reader: its group, and the number of messages it was sent."""

from hub.delivery.connection import Connection
from hub.delivery.group import CpuBudget, Group, GroupKey
from hub.filter import Filter
from hub.query.match_context import MatchContext
from tests.hub.parts import message

KEY = GroupKey(Filter.parse(), chunked=False)


def reader() -> Connection:
    return Connection(GroupKey(Filter.parse(), chunked=False), address="", client="", since=0.0)


def send(group: Group[Connection], count: int) -> None:
    for seq in range(count):
        group.enqueue_if_match(MatchContext(message(seq)), b"frame", CpuBudget(60))
    group.take()


def test_a_reader_is_live_or_catching_up() -> None:
    one, group = reader(), Group[Connection](KEY)
    assert (one.is_live, one.state) == (False, "catching up")
    one.join(group)
    assert (one.is_live, one.state) == (True, "live")
    assert one in group.members
    assert one.key is group.key  # Shared by all members.
    one.leave()
    assert (one.is_live, one.state) == (False, "catching up")
    assert one not in group.members
    one.leave()  # Idempotent.


def test_sent_messages_are_counted_by_the_group_and_not_per_delivery() -> None:
    one, group = reader(), Group[Connection](KEY)
    send(group, 5)
    one.sent_before_group += 2  # A page of two.
    one.join(group)
    assert one.sent == 2
    send(group, 3)
    assert one.sent == 5
    one.leave()
    send(group, 4)
    assert one.sent == 5
    one.join(group)
    send(group, 1)
    assert one.sent == 6
