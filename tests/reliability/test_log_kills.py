"""kill -9 while eight publish in every way and eight read: nothing acknowledged is lost, doubled or out of order."""

import asyncio
import itertools
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.reliability.prefilled import EPOCH, prefill
from tests.reliability.reader import Reader
from tests.reliability.wire import Wire, seq_of
from tests.waiting import until
from tests.wall import StartWall, Wall

REST_SECONDS = 0.005  # Between two requests of one publisher; the readers are Python too.
SETTINGS = "log: {{path: {path}, keep_messages: 100000000, keep_bytes: 100GiB, keep_for: 36500d}}\n"


class Publisher:
    """Says `<name>:1`, `<name>:2`, …, each once, whatever becomes of it."""

    def __init__(self, wall: Wall, name: str) -> None:
        self.wall = wall
        self.name = name
        self.acknowledged: dict[str, int | None] = {}  # Text to seq; None where only the end of a stream was heard.
        self.accepted_at = 0.0  # Monotonic: the last acknowledgement.
        self.wrong: list[str] = []
        self._numbers = itertools.count(1)

    def texts(self, count: int) -> list[str]:
        return [f"{self.name}:{next(self._numbers)}" for _ in range(count)]

    async def single(self, wire: Wire) -> None:
        (text,) = self.texts(1)
        answer = await wire.post("/topics/kill", text.encode())
        self._check(answer.status, answer.body)
        self.acknowledged[text] = seq_of(answer.json["id"])

    async def batch(self, wire: Wire) -> None:
        texts = self.texts(random.randrange(1, 20))
        body = json.dumps([{"topic": "kill", "message": text} for text in texts]).encode()
        answer = await wire.post("/messages", body, {"Content-Type": "application/json"})
        self._check(answer.status, answer.body)
        first = seq_of(answer.json["first"])
        self.acknowledged |= {text: first + index for index, text in enumerate(texts)}

    async def stream(self, wire: Wire) -> None:
        """Lines as they come; it is at their end that they are acknowledged."""
        sent: list[str] = []

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(random.randrange(1, 8)):
                texts = self.texts(random.randrange(1, 8))
                sent.extend(texts)
                yield "".join(f"{text}\n" for text in texts).encode()
                await asyncio.sleep(REST_SECONDS)

        answer = await wire.put("/topics/kill", pieces())
        self._check(answer.status, answer.body)
        if answer.json["accepted"] != len(sent):
            self.wrong.append(f"{len(sent)} lines sent, {answer.body!r}")
        self.acknowledged |= dict.fromkeys(sent)

    def _check(self, status: int, body: bytes) -> None:
        if status != 201:
            self.wrong.append(f"{status} {body!r}")
            raise ConnectionError
        self.accepted_at = time.monotonic()

    async def run(self, say: Callable[[Wire], Awaitable[None]], stopping: asyncio.Event) -> None:
        """Never twice the same, on a new connection when the old one breaks."""
        while not stopping.is_set():
            try:
                wire = await Wire.open(self.wall)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            try:
                while not stopping.is_set():
                    await say(wire)
                    await asyncio.sleep(REST_SECONDS)
            except OSError:
                pass
            finally:
                await wire.close()


class Follower:
    """Reads on from where it stopped, again and again, and knows every text it was shown."""

    def __init__(self, wall: Wall, cursor: int) -> None:
        self.wall = wall
        self.cursor = cursor
        self.resumed = 0
        self.texts: list[str] = []
        self.wrong: list[str] = []

    async def run(self) -> None:
        while True:
            try:
                reader = await Reader.open(self.wall, f"/events?last_event_id={EPOCH}-{self.cursor}")
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.01)
                continue
            self.resumed += 1
            try:
                while not reader.has_ended:
                    self.take(reader)
                    await asyncio.sleep(0.02)
                self.take(reader)
            finally:
                await reader.reset()

    def take(self, reader: Reader) -> None:
        """What it has read up to now."""
        self.wrong += [str(gap) for gap in reader.named("gap")]
        messages, reader.messages = reader.messages, []
        reader.events.clear()
        for message in messages:
            if seq_of(message.id) != self.cursor + 1:
                self.wrong.append(f"{message.id} after {self.cursor}")
            self.cursor = seq_of(message.id)
            self.texts.append(str(message.json["message"]))


async def kill_again_and_again(wall: Wall, kills: int, publishers: list[Publisher]) -> list[float]:
    """At random instants. Seconds from each start to the first message accepted after it."""
    waits = []
    for _ in range(kills):
        await asyncio.sleep(random.uniform(0.05, 0.5))
        await asyncio.to_thread(wall.kill)
        started = time.monotonic()
        await asyncio.to_thread(wall.start)
        await until(lambda started=started: any(publisher.accepted_at > started for publisher in publishers), 60)  # type: ignore[misc]
        waits.append(min(at for publisher in publishers if (at := publisher.accepted_at) > started) - started)
    return waits


def check(path: Path, start: int, publishers: list[Publisher], followers: list[Follower]) -> dict[str, int]:
    """How often each promise was broken."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT seq, message FROM message WHERE seq > ? ORDER BY seq", (start,)).fetchall()
        ((whole,),) = connection.execute("PRAGMA integrity_check").fetchall()
    stored = {text: seq for seq, text in rows}
    counts = Counter(text for _, text in rows)
    acknowledged = {text: seq for publisher in publishers for text, seq in publisher.acknowledged.items()}
    by_publisher: dict[str, list[int]] = {}
    for _, text in rows:
        name, _, number = text.partition(":")
        by_publisher.setdefault(name, []).append(int(number))
    return {
        "holes": sum(seq != start + 1 + index for index, (seq, _) in enumerate(rows)),
        "lost": sum(text not in stored for text in acknowledged),
        "misnumbered": sum(seq is not None and stored.get(text) != seq for text, seq in acknowledged.items()),
        "duplicated": sum(count - 1 for count in counts.values()),
        "reordered": sum(numbers != sorted(numbers) for numbers in by_publisher.values()),
        "damaged": int(whole != "ok"),
        "misread": sum(follower.texts != [text for _, text in rows] for follower in followers),
        "unreported gaps": sum(len(follower.wrong) for follower in followers),
        "wrong answers": sum(len(publisher.wrong) for publisher in publishers),
    }


@pytest.mark.gen_test(timeout=1800)
@pytest.mark.parametrize(
    ("kills", "old"), [(5, 1000), pytest.param(200, 1_000_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])]
)
async def test_kill_9_takes_nothing_that_was_acknowledged(
    tmp_path: Path, start_wall: StartWall, kills: int, old: int, figures: Callable[..., None]
) -> None:
    path = tmp_path / "eyewall.db"
    prefill(path, old)
    wall = start_wall(SETTINGS.format(path=path))
    publishers = [Publisher(wall, f"p{number}") for number in range(8)]
    followers = [Follower(wall, old) for _ in range(8)]
    stopping = asyncio.Event()
    ways = [publisher.single for publisher in publishers[:3]] + [publisher.batch for publisher in publishers[3:6]]
    ways += [publisher.stream for publisher in publishers[6:]]
    saying = [asyncio.ensure_future(one.run(way, stopping)) for one, way in zip(publishers, ways, strict=True)]
    reading = [asyncio.ensure_future(follower.run()) for follower in followers]
    waits = sorted(await kill_again_and_again(wall, kills, publishers))
    stopping.set()
    await asyncio.gather(*saying)
    head = int(wall.metrics()["eyewall_messages_total"])
    await until(lambda: all(follower.cursor >= head for follower in followers), 60)
    for task in reading:
        task.cancel()
    assert await asyncio.to_thread(wall.stop) == 0

    broken = check(path, old, publishers, followers)
    figures(
        kills=kills,
        stored=head - old,
        acknowledged=sum(len(publisher.acknowledged) for publisher in publishers),
        resumed=sum(follower.resumed for follower in followers),
        **broken,
        first_publish_median_s=round(waits[len(waits) // 2], 2),
        first_publish_max_s=round(waits[-1], 2),
    )
    assert not any(broken.values()), [
        wrong[:3] for wrong in [*(p.wrong for p in publishers), *(f.wrong for f in followers)] if wrong
    ]
