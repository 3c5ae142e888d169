"""Readers that come back at any place of the log while it grows: from the file, from memory, at the head."""

import asyncio
import contextlib
import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reliability.prefilled import EPOCH, prefill
from tests.reliability.reader import Dechunked
from tests.reliability.wire import Wire, seq_of
from tests.wall import StartWall, Wall

OLD = 60_000  # Messages of 600 bytes in the file: twice what is kept in memory.
SIZE = 600
A_SECOND = 1000
READERS = 24  # At a time.
IDS = re.compile(rb"\nid: %d-([0-9]+)\n" % EPOCH)


@dataclass(slots=True)
class Reconnects:
    """How often each way of being wrong happened, and from where readers resumed."""

    wall: Wall
    head: int = OLD
    done: int = 0
    messages: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)

    def place(self) -> tuple[str, int, int]:
        """A cursor, and how many messages to read behind it. A reader near the head reads on into new messages."""
        name = random.choice(["file", "file", "memory", "head", "head"])
        if name == "file":
            return name, random.randrange(1, OLD // 2), random.choice([1, 100, 1200])
        if name == "memory":
            return name, self.head - random.randrange(100, 10_000), random.choice([1, 100, 1200])
        back = random.choice([0, 0, 1, random.randrange(2, 100)])
        return name, self.head - back, back + random.choice([1, 20, 200])

    async def read_on(self) -> None:
        """One reader: from its cursor on each seq must follow the one before."""
        name, cursor, wanted = self.place()
        self.places[name] += 1
        reader, writer = await asyncio.open_connection(self.wall.host, self.wall.port)
        version = random.choice(["1.0", "1.1"])
        head = f"GET /events?last_event_id={EPOCH}-{cursor} HTTP/{version}\r\nHost: {self.wall.host}\r\n\r\n"
        writer.write(head.encode())
        try:
            await reader.readuntil(b"\r\n\r\n")
            last, left, frames = cursor, b"\n", Dechunked()
            while last < cursor + wanted:
                received = await asyncio.wait_for(reader.read(1 << 18), 60)
                assert received, "the stream has ended"
                data = left + (frames.feed(received) if version == "1.1" else received)
                self.wrong["gap"] += data.count(b"\nevent: gap\n")
                whole = data.rfind(b"\n\n") + 1  # An id in a block that is not all there counts with the next piece.
                for found in IDS.finditer(data, 0, whole):
                    last = self._follow(last, int(found[1]))
                left = data[max(whole - 1, 0) :]
            self.messages += last - cursor
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        self.done += 1

    def _follow(self, last: int, seq: int) -> int:
        if seq > last + 1:
            self.wrong["hole"] += 1
        elif seq == last:
            self.wrong["duplicate"] += 1
        elif seq < last:
            self.wrong["inversion"] += 1
        return seq

    async def publish(self) -> None:
        """A thousand a second, by the clock: what was late is made up for."""
        wire = await Wire.open(self.wall)
        began, sent = time.monotonic(), 0
        try:
            for number in itertools.count():
                due = int((time.monotonic() - began) * A_SECOND)
                if count := min(due - sent, 200):
                    texts = ",".join(f'{{"topic":"new","message":"new {number}"}}' for _ in range(count))
                    answer = await wire.post("/messages", f"[{texts}]".encode())
                    self.head = seq_of(answer.json["last"])
                    sent += count
                await asyncio.sleep(0.005)
        finally:
            await wire.close()


@pytest.mark.gen_test(timeout=1800)
@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
async def test_a_reader_that_comes_back_reads_on_exactly(
    tmp_path: Path, start_wall: StartWall, count: int, figures: Callable[..., None]
) -> None:
    path = tmp_path / "eyewall.db"
    prefill(path, OLD, SIZE)
    wall = start_wall(f"log: {{path: {path}, keep_messages: 10000000, keep_bytes: 10GiB, keep_for: 36500d}}\n")
    reconnects = Reconnects(wall)
    publishing = asyncio.ensure_future(reconnects.publish())
    todo = iter(range(count))

    async def again_and_again() -> None:
        for _ in todo:
            await reconnects.read_on()

    began = time.monotonic()
    await asyncio.gather(*(again_and_again() for _ in range(READERS)))
    seconds = time.monotonic() - began
    assert not publishing.done(), publishing.result()
    publishing.cancel()
    await asyncio.wait([publishing])
    figures(
        reconnects=reconnects.done,
        **reconnects.places,
        messages_read=reconnects.messages,
        published_a_second=round((reconnects.head - OLD) / seconds),
        holes=reconnects.wrong["hole"],
        gaps=reconnects.wrong["gap"],
        duplicates=reconnects.wrong["duplicate"],
        inversions=reconnects.wrong["inversion"],
    )
    assert reconnects.done == count
    assert not reconnects.wrong.total()
