"""Registered connections, and the limits at which new ones are refused."""

import pytest

from hub.config import ServerConfig
from hub.delivery.connection import Connection
from hub.delivery.group import GroupKey
from hub.delivery.registry import Registry
from hub.errors import NotFound, Overloaded, TooManyConnections
from hub.filter import Filter


def reader(address: str = "10.0.0.1", filter_: Filter | None = None) -> Connection:
    return Connection(GroupKey(filter_ or Filter.parse(), chunked=True), address=address, client="", since=0.0)


def registry_of(total: int = 10, each: int = 10) -> Registry:
    return Registry(ServerConfig(max_connections=total, max_connections_per_address=each))


def test_count_and_peak_follow_the_connections() -> None:
    registry, readers = registry_of(), [reader() for _ in range(3)]
    for one in readers:
        registry.add(one)
    assert registry.remove(readers[0])
    assert registry.counts() == {"count": 2, "peak": 3}
    assert list(registry) == readers[1:]
    assert readers[0] not in registry
    assert readers[1] in registry


def test_remove_is_idempotent() -> None:
    registry, one = registry_of(), reader()
    registry.add(one)
    assert registry.remove(one)
    assert not registry.remove(one)
    assert registry.count == 0


def test_the_newest_is_refused_at_the_limit() -> None:
    registry = registry_of(total=2)
    registry.add(reader("10.0.0.1"))
    registry.add(reader("10.0.0.2"))
    with pytest.raises(Overloaded, match="2 streams") as caught:
        registry.add(reader("10.0.0.3"))
    assert "server.max_connections " in caught.value.hint
    assert not isinstance(caught.value, TooManyConnections)
    assert registry.count == 2


def test_one_address_cannot_take_every_place() -> None:
    registry = registry_of(each=2)
    first = reader()
    registry.add(first)
    registry.add(reader())
    with pytest.raises(TooManyConnections, match=r"10\.0\.0\.1 .* 2 streams") as caught:
        registry.add(reader())
    assert "server.max_connections_per_address" in caught.value.hint
    registry.add(reader("10.0.0.2"))
    registry.remove(first)
    registry.add(reader())


def test_a_lower_limit_refuses_new_readers_and_disconnects_none() -> None:
    registry = registry_of()
    for _ in range(3):
        registry.add(reader())
    registry.limits.config = ServerConfig(max_connections=1)
    assert registry.count == 3
    with pytest.raises(Overloaded):
        registry.limits.check("10.0.0.9")


def test_different_filters_are_counted_once_each() -> None:
    registry = registry_of()
    equal = Filter(Filter.parse(["a"]).topics)  # Equal to the next one, but another object.
    ones = [reader(filter_=filter_) for filter_ in (equal, Filter.parse(["a"]), Filter.parse(["b"]))]
    for one in ones:
        registry.add(one)
    assert registry.filters == {Filter.parse(["a"]), Filter.parse(["b"])}
    for one in ones:
        registry.remove(one)
    assert not registry.filters


def test_a_reader_is_found_by_its_id() -> None:
    registry, one = registry_of(), reader()
    registry.add(one)
    assert registry.get(one.id) is one
    with pytest.raises(NotFound, match="no connection 'unknown'"):
        registry.get("unknown")


def test_connections_may_be_removed_during_iteration() -> None:
    registry = registry_of()
    for _ in range(3):
        registry.add(reader())
    for one in registry:
        registry.remove(one)
    assert registry.count == 0


def test_two_connections_never_share_an_id() -> None:
    """The second would replace the first one. The place of the first would never be released."""
    registry, readers = registry_of(), [reader(), reader()]
    readers[1].id = readers[0].id
    for one in readers:
        registry.add(one)
    assert registry.count == len({one.id for one in registry}) == 2
