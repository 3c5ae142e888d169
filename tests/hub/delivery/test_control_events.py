"""Events that are no messages: the opening, the count, the heartbeat, and what somebody missed."""

import json
import re

import pytest
from tornado.ioloop import IOLoop

from hub.delivery.control_events import RETRY_MS, ControlEvents
from tests.hub.parts import TIME
from tests.waiting import until

Event = tuple[str, dict[str, object]]


def events(blocks: bytes) -> list[Event]:
    """Name and data of each; none may have an id."""
    assert b"\nid:" not in b"\n" + blocks
    found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", blocks.decode())
    return [(name, json.loads(data)) for name, data in found]


class Listener:
    """Somebody live, and a count to tell them."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.count = 0
        self.every = 15
        self.notices = ControlEvents(
            lambda: 1_795_400_000.0,
            IOLoop.current(),
            version="1+ab",
            head=lambda: "5-7",
            every=lambda: self.every,
            counts=lambda: {"count": self.count, "peak": 9},
            send=lambda frame: self.heard.extend(events(frame)),
        )

    @property
    def counts(self) -> list[object]:
        return [data["count"] for name, data in self.heard if name == "connections"]


@pytest.mark.gen_test
async def test_a_stream_opens_with_retry_a_heartbeat_and_the_count() -> None:
    opening = Listener().notices.opening("c1")
    retry = re.match(rb"retry: (\d+)\nevent: heartbeat\n", opening)
    assert retry is not None
    assert RETRY_MS[0] <= int(retry[1]) <= RETRY_MS[1]
    assert events(opening) == [
        ("heartbeat", {"time": TIME, "head": "5-7", "every": 15, "connection": "c1", "version": "1+ab"}),
        ("connections", {"count": 0, "peak": 9}),
    ]


@pytest.mark.gen_test
async def test_retry_is_drawn_for_each_stream() -> None:
    """Else a restart would bring everybody back in the same instant."""
    notices = Listener().notices
    assert len({notices.opening("c").partition(b"\n")[0] for _ in range(50)}) > 10


@pytest.mark.gen_test
async def test_a_heartbeat_says_where_the_log_is() -> None:
    listener = Listener()
    listener.notices.beat()
    assert listener.heard == [("heartbeat", {"time": TIME, "head": "5-7", "every": 15})]


@pytest.mark.gen_test
async def test_a_first_change_of_the_count_is_told_at_once_and_a_storm_once_a_second() -> None:
    listener = Listener()
    for count in range(1, 101):
        listener.count = count
        listener.notices.count_changed()
    assert listener.counts == [1]
    await until(lambda: len(listener.counts) > 1)
    assert listener.counts == [1, 100]
    listener.notices.stop()


@pytest.mark.gen_test
async def test_a_standing_event_opens_new_streams_until_it_no_longer_stands() -> None:
    notices = Listener().notices
    notices.announce("config", {"status": "rejected"})
    assert ("config", {"status": "rejected"}) in events(notices.opening("c"))
    notices.announce("config", {"status": "applied"}, standing=False)
    assert "config" not in dict(events(notices.opening("c")))


@pytest.mark.gen_test
async def test_who_was_away_hears_the_latest_of_each_kind() -> None:
    notices = Listener().notices
    for status in ("rejected", "applied"):
        notices.announce("config", {"status": status}, standing=False)
    notices.announce("connections", {"count": 3})
    assert notices.number == 3
    assert dict(events(notices.missed(0))) == {"config": {"status": "applied"}, "connections": {"count": 3}}
    assert dict(events(notices.missed(2))) == {"connections": {"count": 3}}  # It has heard the others.
    assert notices.missed(3) == b""


@pytest.mark.gen_test
async def test_another_pace_is_told_at_once_and_to_who_was_away() -> None:
    listener = Listener()
    listener.every = 60
    listener.notices.change_pace()
    assert [data["every"] for _, data in listener.heard] == [60]
    assert listener.notices.number == 1
    assert [data["every"] for _, data in events(listener.notices.missed(0))] == [60]
    assert listener.notices.missed(1) == b""


@pytest.mark.gen_test
async def test_bye_says_why_and_when_to_come_back() -> None:
    [(name, data)] = events(Listener().notices.bye("shutdown"))
    assert name == "bye"
    assert data["reason"] == "shutdown"
    assert isinstance(data["retry_ms"], int)


@pytest.mark.gen_test
async def test_nothing_is_announced_after_the_end() -> None:
    listener = Listener()
    listener.notices.count_changed()
    listener.notices.count_changed()
    listener.notices.stop()
    listener.notices.stop()
    assert listener.notices._count_timer is None
