"""Idempotency-Key: however often a publish is repeated, and whenever the server dies, it is said once."""

import asyncio
import itertools
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reliability.wire import Answer, Wire
from tests.waiting import until
from tests.wall import StartWall, Wall

SENDS = 3
PUBLISHERS = 16


@dataclass(slots=True)
class Keys:
    """What was asked for each key, and every answer that arrived."""

    wall: Wall
    count: int
    batch: int  # Every tenth key is an array of so many.
    answers: dict[int, set[bytes]] = field(default_factory=dict)
    heard: int = 0
    broken_off: int = 0  # Sends with a lost answer, repeated beyond the three.
    refused: list[bytes] = field(default_factory=list)

    def body(self, key: int) -> tuple[str, bytes]:
        if key % 10:
            return "/topics/keys", f"key {key}".encode()
        texts = ",".join(f'{{"topic":"keys","message":"key {key}.{index}"}}' for index in range(self.batch))
        return "/messages", f"[{texts}]".encode()

    @property
    def messages(self) -> int:
        return sum(1 if key % 10 else self.batch for key in range(self.count))

    async def send(self, todo: "asyncio.Queue[int]") -> None:
        """Take keys until none is left; a lost answer is asked for again."""
        wire: Wire | None = None
        while not todo.empty():
            key = todo.get_nowait()
            answer: Answer | None = None
            while answer is None:
                try:
                    wire = wire or await Wire.open(self.wall)
                    path, body = self.body(key)
                    answer = await wire.post(path, body, {"Idempotency-Key": f"k{key}"})
                except OSError:
                    if wire is not None:
                        self.broken_off += 1
                        await wire.close()
                    wire = None
                    await asyncio.sleep(0.01)
            self.heard += 1
            # `receivers` belongs to the first answer only.
            self.answers.setdefault(key, set()).add(re.sub(rb',"receivers":[0-9]+', b"", answer.body))
            if answer.status != 201:
                self.refused.append(answer.body)
        if wire is not None:
            await wire.close()


async def kill_in_between(wall: Wall, keys: Keys, kills: int) -> None:
    """Spread over the run, so that some sends of a key are before and some behind."""
    total = keys.count * SENDS
    for at in sorted(random.randrange(total // 20, total * 19 // 20) for _ in range(kills)):
        await until(lambda at=at: keys.heard >= at, 120)  # type: ignore[misc]
        await asyncio.to_thread(wall.kill)
        await asyncio.to_thread(wall.start)


def in_some_order(count: int) -> list[int]:
    """Each key three times: some at once, some later, some from different publishers in the same moment."""
    sends = list(itertools.chain.from_iterable([key] * SENDS for key in range(count)))
    half = len(sends) // 2
    far, near = sends[:half], sends[half:]
    random.shuffle(far)
    return [*near, *far]


@pytest.mark.gen_test(timeout=900)
@pytest.mark.parametrize(
    ("count", "batch", "kills"),
    [(600, 4, 3), pytest.param(10_000, 1, 20, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
async def test_a_key_is_stored_once_and_answered_alike(
    tmp_path: Path, start_wall: StartWall, count: int, batch: int, kills: int, figures: Callable[..., None]
) -> None:
    path = tmp_path / "eyewall.db"
    wall = start_wall(f"log: {{path: {path}}}\n")
    keys = Keys(wall, count, batch)
    todo: asyncio.Queue[int] = asyncio.Queue()
    for key in in_some_order(count):
        todo.put_nowait(key)
    sending = [asyncio.ensure_future(keys.send(todo)) for _ in range(PUBLISHERS)]
    await kill_in_between(wall, keys, kills)
    await asyncio.gather(*sending)
    assert await asyncio.to_thread(wall.stop) == 0

    with closing(sqlite3.connect(path)) as connection:
        said = Counter(text for (text,) in connection.execute("SELECT message FROM message"))
    different = sum(len(answers) > 1 for answers in keys.answers.values())
    figures(
        keys=count,
        sends=keys.heard + keys.broken_off,
        kills=kills,
        broken_off=keys.broken_off,
        stored=said.total(),
        expected=keys.messages,
        said_twice=sum(times > 1 for times in said.values()),
        answered_differently=different,
        refused=len(keys.refused),
    )
    assert (said.total(), len(said), different, keys.refused) == (keys.messages, keys.messages, 0, [])
    assert keys.heard == count * SENDS
