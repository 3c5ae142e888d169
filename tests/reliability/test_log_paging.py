"""Paging through the history while messages come and go: each page goes on exactly where the one before ended."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.prefilled import prefill
from tests.reliability.wire import Wire, seq_of
from tests.wall import StartWall, Wall

KEPT = 3000
BATCH = 4000


async def flood(wall: Wall, stopping: asyncio.Event) -> None:
    """So much that what is kept is all new within a second or two."""
    wire = await Wire.open(wall)
    body = b"\n".join(b'{"topic":"flood","message":"m"}' for _ in range(BATCH))
    while not stopping.is_set():
        answer = await wire.post("/messages", body, {"Content-Type": "application/x-ndjson"})
        assert answer.status == 201, answer
    await wire.close()


async def pages(wall: Wall, order: str, cursor: str, count: int) -> list[Any]:
    """As a client turns them, each with the `next` of the one before."""
    found: list[Any] = []
    more = ""
    while len(found) < count:
        page = await asyncio.to_thread(wall.get_json, f"/messages?order={order}&limit=100{more}")
        found.append(page)
        if page["next"] is None:
            break
        more = f"&{cursor}={page['next']}"
    return found


@pytest.mark.gen_test
@pytest.mark.parametrize(("order", "cursor", "step"), [("asc", "after", 1), ("desc", "before", -1)])
async def test_pages_have_no_hole_and_nothing_twice_while_a_flood_is_pruned(
    tmp_path: Path, start_wall: StartWall, order: str, cursor: str, step: int, figures: Callable[..., None]
) -> None:
    path = tmp_path / "eyewall.db"
    prefill(path, KEPT)
    wall = start_wall(f"log: {{path: {path}, keep_messages: {KEPT}}}\n")
    stopping = asyncio.Event()
    flooding = asyncio.ensure_future(flood(wall, stopping))
    turned = [await pages(wall, order, cursor, 60) for _ in range(2)]
    stopping.set()
    await flooding
    holes = 0
    for found in turned:
        seqs: list[int] = []
        for page in found:
            own = [seq_of(message["id"]) for message in page["messages"]]
            assert own == list(range(own[0], own[0] + step * len(own), step)) if own else True
            if seqs and own and own[0] != seqs[-1] + step:
                # What was pruned in between is said, and how much it is.
                assert page["gap"]["missing"] == abs(own[0] - seqs[-1]) - 1
                holes += 1
            seqs += own
        assert len(set(seqs)) == len(seqs)
        assert len(seqs) > 100
    figures(pages=sum(map(len, turned)), gaps_that_were_said=holes)
    assert not holes or order == "asc"
