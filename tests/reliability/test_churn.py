"""Clients that connect and leave in every way: the server keeps nothing of them."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from tests.reliability.churn import SETTINGS, churn
from tests.reliability.leavers import ACTS, Act, come_and_go
from tests.reliability.reader import OpenReader
from tests.waiting import until
from tests.wall import StartWall, Wall

CLIENTS = 1000
AT_ONCE = 40
LOOKS = 10


async def all_of_them(wall: Wall, acts: list[Act]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(act: Act) -> None:
        async with room:
            await come_and_go(wall, act)

    await asyncio.gather(*map(one, acts))


async def keep_publishing(wall: Wall) -> None:
    """Keep bytes in flight to clients that are leaving."""
    while True:
        await in_thread(wall.publish, "five of them", "churn", level=random.choice(["info", "error"]))
        await asyncio.sleep(0.01)


async def in_thread(function: Callable[..., Any], *args: object, **kwargs: object) -> Any:
    return await asyncio.to_thread(function, *args, **kwargs)


def what_it_holds(wall: Wall) -> dict[str, float]:
    """Readers, groups, coroutines and descriptors; those of the question itself are always among them."""
    figures = wall.metrics()
    names = ["eyewall_connections", "eyewall_filters", "eyewall_groups", "eyewall_catching_up"]
    return {name: figures[name] for name in [*names, "eyewall_tasks", "process_open_fds"]}


async def what_it_holds_at_rest(wall: Wall) -> dict[str, float]:
    """Wait until all leaving clients are gone: several looks in a row show the same."""
    looks: list[dict[str, float]] = []

    def is_at_rest() -> bool:
        looks.append(what_it_holds(wall))
        return len(looks) >= LOOKS and all(look == looks[-1] for look in looks[-LOOKS:])

    await until(is_at_rest, 40)
    return looks[-1]


async def is_back_at(wall: Wall, before: dict[str, float]) -> None:
    """A client that left is removed within 15 s, Tornado's timeout for a silent client."""
    now: dict[str, float] = {}

    def is_back() -> bool:
        now.update(what_it_holds(wall))
        return now == before

    with contextlib.suppress(TimeoutError):
        await until(is_back, 40)
    assert now == before


async def while_running(task: Coroutine[Any, Any, None], work: Awaitable[None]) -> None:
    """Do the work beside an endless task. The task's failure fails the test."""
    beside = asyncio.ensure_future(task)
    await work
    assert not beside.done(), beside.result()
    beside.cancel()


@pytest.mark.gen_test
async def test_nothing_is_left_of_1000_clients_that_leave_in_every_way(
    start_wall: StartWall, open_reader: OpenReader
) -> None:
    """Registry, groups, coroutines and descriptors return to their values; readers that stayed missed nothing."""
    wall = start_wall("server: {max_connections_per_address: 2000}")
    await in_thread(wall.publish_lines, ["something to replay " * 20] * 2000, "churn")
    witness = await open_reader(wall)
    await witness.opened()
    await all_of_them(wall, ACTS)  # So that what is made once is there.
    await until(lambda: what_it_holds(wall)["eyewall_connections"] == 1)
    before = await what_it_holds_at_rest(wall)

    acts = [random.choice(ACTS) for _ in range(CLIENTS)]
    await while_running(keep_publishing(wall), all_of_them(wall, acts))

    await is_back_at(wall, before)
    assert witness.seqs == list(range(witness.seqs[0], witness.seqs[0] + len(witness.seqs)))
    assert not witness.has_ended


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.gen_test(timeout=800)
async def test_minutes_of_churn_leave_the_memory_as_it_was(start_wall: StartWall, figures: Callable[..., None]) -> None:
    """The first tenth of the time fills caches and pools. `python -m tests.reliability.churn` takes longer ones."""
    found = await churn(start_wall(SETTINGS), 180)
    figures(**found)
    assert found["wrong"] == []
    assert found["end_mib"] < found["start_mib"] + 30
