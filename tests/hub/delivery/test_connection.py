"""One reader's own bookkeeping: where it belongs, and how much it was sent."""

from hub.delivery.connection import Connection
from hub.delivery.group import Group
from hub.filter import Filter
from hub.query.match_context import MatchContext
from tests.hub.parts import message


def reader() -> Connection:
    return Connection(Filter.parse(), address="", client="", chunked=False, since=0.0)


def say(group: Group, count: int) -> None:
    for seq in range(count):
        group.offer(MatchContext(message(seq)), b"frame")
    group.take()


def test_a_reader_is_live_or_catching_up() -> None:
    one, group = reader(), Group(Filter.parse(), chunked=False)
    assert (one.is_live, one.state) == (False, "catching up")
    one.join(group)
    assert (one.is_live, one.state) == (True, "live")
    assert one in group.members
    one.leave()
    assert (one.is_live, one.state) == (False, "catching up")
    assert one not in group.members
    one.leave()  # Harmless.


def test_what_a_reader_was_sent_is_counted_without_a_counter_for_each_delivery() -> None:
    """The group's own count, from where this reader came in; what it caught up with comes on top."""
    one, group = reader(), Group(Filter.parse(), chunked=False)
    say(group, 5)
    one.base_sent += 2  # A page of two.
    one.join(group)
    assert one.sent == 2
    say(group, 3)
    assert one.sent == 5
    one.leave()
    say(group, 4)
    assert one.sent == 5
    one.join(group)
    say(group, 1)
    assert one.sent == 6


def test_no_two_readers_have_the_same_id() -> None:
    assert len({reader().id for _ in range(100)}) == 100
