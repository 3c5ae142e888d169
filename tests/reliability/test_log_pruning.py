"""A large history is pruned to a small one while eight publish: no publish waits longer for it than for other load."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.log.tuning import DEFAULT
from tests.hub.log_files import rows
from tests.reliability.prefilled import prefill
from tests.reliability.wire import Wire
from tests.waiting import until
from tests.wall import StartWall, Wall

PUBLISHERS = 8
REST_SECONDS = 0.01  # Between two messages of one publisher.
KEPT = 1000
SETTINGS = "log: {{path: {path}, keep_messages: {keep}, keep_bytes: 100GiB, keep_for: 36500d}}\n"
WAIT_SECONDS = 0.05  # The promise.


@dataclass(slots=True)
class Waits:
    """How long each publish took (seconds), by what the log was doing."""

    wall: Wall
    doing: str = ""
    seconds: dict[str, list[float]] = field(default_factory=dict)

    async def publish(self) -> None:
        wire = await Wire.open(self.wall)
        while self.doing:
            doing, began = self.doing, time.monotonic()
            answer = await wire.post("/topics/prune", b"x" * 300)
            assert answer.status == 201, answer
            # What begins in one time and ends in another counts for both.
            for time_of_it in {doing, self.doing} - {""}:
                self.seconds.setdefault(time_of_it, []).append(time.monotonic() - began)
            await asyncio.sleep(random.uniform(0, 2 * REST_SECONDS))
        await wire.close()

    def figures(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for doing, seconds in self.seconds.items():
            seconds.sort()
            found[f"{doing}_publishes"] = len(seconds)
            found[f"{doing}_p99_ms"] = round(seconds[len(seconds) * 99 // 100] * 1000, 1)
            found[f"{doing}_worst_ms"] = round(seconds[-1] * 1000, 1)
        return found


def is_indexed(path: Path, count: int) -> bool:
    ((indexed,),) = rows(path, "SELECT ifnull(max(indexed), 0) FROM segment")
    assert isinstance(indexed, int)
    return indexed > count - 1000


def is_small(path: Path) -> bool:
    ((kept,),) = rows(path, "SELECT head - (SELECT min(seq) FROM message) FROM log")
    assert isinstance(kept, int)
    return kept <= KEPT + DEFAULT.urgent_rows


@pytest.mark.long  # The narrower limit waits for a minute.
@pytest.mark.timeout(600)
@pytest.mark.gen_test(timeout=600)
@pytest.mark.parametrize(("count", "seconds"), [(30_000, 1), (500_000, 10)])
async def test_publishers_wait_no_longer_while_it_is_pruned(
    tmp_path: Path, start_wall: StartWall, count: int, seconds: int, figures: Callable[..., None]
) -> None:
    path = tmp_path / "eyewall.db"
    prefill(path, count, 300)
    full = path.stat().st_size
    wall = start_wall(SETTINGS.format(path=path, keep=1_000_000_000))
    await until(lambda: is_indexed(path, count), 300)
    waits = Waits(wall, "before")
    publishing = [asyncio.ensure_future(waits.publish()) for _ in range(PUBLISHERS)]
    await asyncio.sleep(seconds)
    waits.doing, began = "pruning", time.monotonic()  # And for a second, until the server has seen its new settings.
    wall.config.write_text(SETTINGS.format(path=path, keep=KEPT))
    await until(lambda: is_small(path), 300)
    took = time.monotonic() - began
    waits.doing = "after"
    await asyncio.sleep(seconds)
    waits.doing = ""
    await asyncio.gather(*publishing)
    said = waits.figures()
    figures(mib_before=full >> 20, mib_after=path.stat().st_size >> 20, pruned_in_s=round(took, 1), **said)
    if count > 100_000:
        noise = max(*waits.seconds["before"], *waits.seconds["after"])
        assert max(waits.seconds["pruning"]) <= max(WAIT_SECONDS, 2 * noise), "and no other load explains it"
