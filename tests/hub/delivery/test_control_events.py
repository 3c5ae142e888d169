"""Events that are not messages: preamble, count, heartbeat, and those announced during a catch-up."""

import json
import re
from typing import cast

import pytest
from tornado.ioloop import IOLoop

from hub.config import ServerConfig, StreamConfig
from hub.delivery.connection import Connection
from hub.delivery.control_events import RETRY_MS, ControlEvents
from hub.delivery.fan_out import FanOut
from hub.delivery.group import GroupKey
from hub.delivery.registry import Registry
from hub.delivery.settings import Settings
from hub.filter import Filter
from tests.hub.parts import TIME
from tests.waiting import until

Event = tuple[str, dict[str, object]]


def events(blocks: bytes) -> list[Event]:
    """Return name and data of each event. Only a heartbeat may have an id."""
    found = re.findall(
        r"event: (\w+)\ndata: (.*)\n\n", re.sub(r"id: [0-9-]+\n(?=event: heartbeat)", "", blocks.decode())
    )
    assert blocks.count(b"event: ") == len(found)
    assert b"\nid:" not in b"\n" + blocks.replace(b"id: 5-7\nevent: heartbeat", b"")
    return [(name, json.loads(data)) for name, data in found]


class Live:
    """Live readers: in place of FanOut, the events that it was given."""

    head_id = "5-7"

    def __init__(self) -> None:
        self.received: list[Event] = []

    def send_to_all(self, frame: bytes) -> None:
        self.received += events(frame)

    def send_heartbeat(self, frame: bytes) -> None:
        assert frame.startswith(b"id: 5-7\nevent: heartbeat\n")
        self.send_to_all(frame)


class Parts:
    """Control events and the parts that they depend on."""

    def __init__(self) -> None:
        self.live = Live()
        self.registry = Registry(ServerConfig())
        self.settings = Settings(StreamConfig())
        self.control = ControlEvents(
            self.registry,
            cast(FanOut, self.live),
            self.settings,
            IOLoop.current(),
            clock=lambda: 1_795_400_000.0,
            version="1+ab",
        )

    def connect(self) -> None:
        self.registry.add(Connection(GroupKey(Filter.parse(), chunked=True), address="", client="", since=0.0))
        self.control.count_changed()

    @property
    def counts(self) -> list[object]:
        return [data["count"] for name, data in self.live.received if name == "connections"]


@pytest.mark.gen_test
async def test_a_stream_opens_with_retry_a_heartbeat_and_the_count() -> None:
    preamble = Parts().control.preamble("c1")
    retry = re.match(rb"retry: (\d+)\nevent: heartbeat\n", preamble)
    assert retry is not None
    assert RETRY_MS[0] <= int(retry[1]) <= RETRY_MS[1]
    assert events(preamble) == [
        ("heartbeat", {"time": TIME, "head": "5-7", "every": 15, "connection": "c1", "version": "1+ab"}),
        ("connections", {"count": 0, "peak": 0}),
    ]


@pytest.mark.gen_test
async def test_retry_is_random_for_each_stream() -> None:
    """Otherwise a restart would bring all readers back at once."""
    control = Parts().control
    assert len({control.preamble("c").partition(b"\n")[0] for _ in range(50)}) > 10


@pytest.mark.gen_test
async def test_a_heartbeat_has_the_head_of_the_log() -> None:
    parts = Parts()
    parts.control.send_heartbeat()
    assert parts.live.received == [("heartbeat", {"time": TIME, "head": "5-7", "every": 15})]


@pytest.mark.gen_test
async def test_a_first_change_of_the_count_is_announced_at_once_and_a_burst_once_a_second() -> None:
    parts = Parts()
    for _ in range(100):
        parts.connect()
    assert parts.counts == [1]
    await until(lambda: len(parts.counts) > 1)
    assert parts.counts == [1, 100]
    parts.control.stop()


@pytest.mark.gen_test
async def test_a_sticky_event_opens_new_streams_until_it_is_replaced() -> None:
    control = Parts().control
    control.announce("config", {"status": "rejected"})
    assert ("config", {"status": "rejected"}) in events(control.preamble("c"))
    control.announce("config", {"status": "applied"}, sticky=False)
    assert "config" not in dict(events(control.preamble("c")))


@pytest.mark.gen_test
async def test_a_reader_that_was_catching_up_receives_the_latest_event_of_each_name() -> None:
    control = Parts().control
    for status in ("rejected", "applied"):
        control.announce("config", {"status": status}, sticky=False)
    control.announce("connections", {"count": 3})
    assert control.head == 3
    assert dict(events(control.since(0, "5-7"))) == {"config": {"status": "applied"}, "connections": {"count": 3}}
    assert dict(events(control.since(2, "5-7"))) == {"connections": {"count": 3}}
    assert control.since(3, "5-7") == b""


@pytest.mark.gen_test
async def test_a_new_heartbeat_interval_is_announced_at_once_and_after_a_catch_up() -> None:
    parts = Parts()
    parts.settings.stream = StreamConfig(heartbeat_seconds=45)
    parts.control.interval_changed()
    assert [data["every"] for _, data in parts.live.received] == [45]
    assert parts.control.head == 1
    assert [data["every"] for _, data in events(parts.control.since(0, "5-7"))] == [45]
    assert parts.control.since(1, "5-7") == b""


@pytest.mark.gen_test
async def test_a_notice_is_sticky_beside_those_of_other_kinds_until_it_is_replaced_or_ended() -> None:
    control = Parts().control
    control.notify("refused", "1 message was refused", 1)
    control.notify("will_delete", "will delete 3 messages", 3)
    control.notify("refused", "2 messages were refused", 2)
    expected = [
        ("notice", {"kind": "refused", "text": "2 messages were refused", "count": 2}),
        ("notice", {"kind": "will_delete", "text": "will delete 3 messages", "count": 3}),
    ]
    assert [found for found in events(control.preamble("c")) if found[0] == "notice"] == expected
    control.notify("will_delete", "")
    assert [found for found in events(control.preamble("c")) if found[0] == "notice"] == expected[:1]
    ended = ("notice", {"kind": "will_delete", "text": "", "count": 0})
    assert ended in events(control.since(0, "5-7"))


@pytest.mark.gen_test
async def test_bye_has_a_reason_and_a_reconnection_time() -> None:
    [(name, data)] = events(Parts().control.goodbye("shutdown"))
    assert name == "bye"
    assert data["reason"] == "shutdown"
    assert isinstance(data["retry_ms"], int)


@pytest.mark.gen_test
async def test_no_count_is_announced_after_stop() -> None:
    parts = Parts()
    parts.connect()
    parts.connect()  # Schedules an announcement.
    parts.control.stop()
    parts.control.stop()
    other = Parts()  # Its announcement, scheduled later, is sent after the time of the first one.
    other.connect()
    other.connect()
    await until(lambda: other.counts == [1, 2])
    assert parts.counts == [1]
