"""Who is connected, and who is turned away."""

import asyncio

import pytest

from hub.config import ServerConfig
from hub.delivery.connection import Connection
from hub.delivery.registry import Registry
from hub.errors import NotFound, Overloaded, TooManyConnections
from hub.filter import Filter
from tests.hub.parts import draft


def reader(address: str = "10.0.0.1", wanted: Filter | None = None) -> Connection:
    return Connection(
        wanted or Filter.parse(), address=address, client="", chunked=True, since=0.0, on_close=lambda: None
    )


def registry(total: int = 10, each: int = 10) -> Registry:
    return Registry(ServerConfig(max_connections=total, max_connections_per_address=each))


def test_count_and_peak_follow_who_comes_and_goes() -> None:
    here, readers = registry(), [reader() for _ in range(3)]
    for one in readers:
        here.add(one)
    assert here.remove(readers[0])
    assert here.counts() == {"count": 2, "peak": 3}
    assert list(here) == readers[1:]
    assert readers[0] not in here
    assert readers[1] in here


@pytest.mark.gen_test
async def test_while_receivers_are_counted_others_get_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 filters of 60 phrases and a message of 1 MiB are seconds of looking."""
    monkeypatch.setattr("hub.delivery.registry.FILTER_SECONDS", -1)
    here = registry()
    for number in range(5):
        here.add(reader(wanted=Filter.parse(q=f"hello -nothing{number}")))
    turns = 0
    counting = asyncio.ensure_future(here.receivers(draft("hello")))
    while not counting.done():
        await asyncio.sleep(0)
        turns += 1
    assert counting.result() == 5
    assert turns > 5


def test_going_twice_is_harmless() -> None:
    here, one = registry(), reader()
    here.add(one)
    assert here.remove(one)
    assert not here.remove(one)
    assert here.count == 0


def test_the_newest_is_refused_when_all_places_are_taken() -> None:
    here = registry(total=2)
    here.add(reader("10.0.0.1"))
    here.add(reader("10.0.0.2"))
    with pytest.raises(Overloaded, match="all 2 streams are in use") as caught:
        here.add(reader("10.0.0.3"))
    assert "server.max_connections " in caught.value.hint
    assert not isinstance(caught.value, TooManyConnections)
    assert here.count == 2


def test_one_address_cannot_take_every_place() -> None:
    here = registry(each=2)
    first = reader()
    here.add(first)
    here.add(reader())
    with pytest.raises(TooManyConnections, match=r"10\.0\.0\.1 already has 2 streams") as caught:
        here.add(reader())
    assert "server.max_connections_per_address" in caught.value.hint
    here.add(reader("10.0.0.2"))
    here.remove(first)
    here.add(reader())


def test_a_lower_limit_refuses_newcomers_and_evicts_nobody() -> None:
    here = registry()
    for _ in range(3):
        here.add(reader())
    here.places.config = ServerConfig(max_connections=1)
    assert here.count == 3
    with pytest.raises(Overloaded):
        here.places.check("10.0.0.9")


def test_filters_count_their_readers_and_are_forgotten_with_the_last() -> None:
    here = registry()
    ones = [reader(wanted=Filter.parse(["a"])), reader(wanted=Filter.parse(["a"])), reader(wanted=Filter.parse(["b"]))]
    for one in ones:
        here.add(one)
    assert here.filters == {Filter.parse(["a"]): 2, Filter.parse(["b"]): 1}
    for one in ones:
        here.remove(one)
    assert not here.filters
    assert not here.places._by_address


def test_a_reader_is_found_by_its_id() -> None:
    here, one = registry(), reader()
    here.add(one)
    assert here.get(one.id) is one
    with pytest.raises(NotFound, match="no connection 'nobody'"):
        here.get("nobody")


def test_somebody_may_leave_while_all_are_looked_at() -> None:
    here = registry()
    for _ in range(3):
        here.add(reader())
    for one in here:
        here.remove(one)
    assert here.count == 0


def test_two_connections_never_share_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second would take the first one's place, and its address would never be free again."""
    ids = iter(["one", "one", "two"])
    monkeypatch.setattr("hub.delivery.connection.new_id", lambda: next(ids))
    monkeypatch.setattr("hub.delivery.registry.new_id", lambda: next(ids))
    here = registry()
    for _ in range(2):
        here.add(reader())
    assert {each.id for each in here} == {"one", "two"}
