"""The order of system calls: nothing is acknowledged or delivered before it is on the disk."""

import asyncio
import bisect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.reliability.reader import OpenReader
from tests.reliability.strace import calls, traced
from tests.reliability.wire import Wire, seq_of
from tests.waiting import until
from tests.wall import StartWall, Wall

PUBLISHERS = 16
BATCH = 5
TOKEN = re.compile(r"ack-[0-9]{6}\.")
# A page is printed in up to 4 characters a byte; `-y` names files, so that the log's can be told from sockets.
OPTIONS = ["-y", "-s", "20000", "-e", "trace=pwrite64,fdatasync,sendto,write,sendmsg,writev"]


@dataclass(slots=True)
class Publishers:
    """What they were told: the token of each message, by its seq."""

    wall: Wall
    count: int
    tokens: dict[int, str] = field(default_factory=dict)
    acknowledged: int = 0
    begun: int = 0

    async def say(self) -> None:
        wire = await Wire.open(self.wall)
        while self.begun < self.count:
            number, self.begun = self.begun, self.begun + 1
            if number % 10:
                texts = [f"ack-{number:06}."]
                answer = await wire.post("/topics/order", texts[0].encode())
                first = seq_of(answer.json["id"])
            else:
                texts = [f"ack-{number + 100_000 * part:06}." for part in range(1, BATCH + 1)]
                body = json.dumps([{"topic": "order", "message": text} for text in texts]).encode()
                answer = await wire.post("/messages", body, {"Content-Type": "application/json"})
                first = seq_of(answer.json["first"])
            self.tokens |= {first + index: text for index, text in enumerate(texts)}
            self.acknowledged += 1
        await wire.close()


@dataclass(slots=True)
class Order:
    """What the trace shows of the log's file and of the sockets."""

    written: dict[str, int] = field(default_factory=dict)  # Token to where the write that first held it ended.
    syncs: list[tuple[int, int]] = field(default_factory=list)  # Where each began and ended.
    told: list[tuple[int, list[int]]] = field(default_factory=list)  # Where an answer began, and the seqs in it.
    shown: list[tuple[int, str]] = field(default_factory=list)  # Where a message went out to a reader.

    @classmethod
    def read(cls, trace: Path) -> "Order":
        order = cls()
        for call in calls(trace):
            if call.name == "fdatasync" and "-wal>" in call.said and call.said.endswith("= 0"):
                order.syncs.append((call.start, call.end))
            elif call.name == "pwrite64" and "-wal>" in call.said:
                for token in TOKEN.findall(call.said):
                    order.written.setdefault(token, call.end)
            elif "HTTP/1.1 201" in call.said:
                found = re.search(r'\\"(?:id|first)\\":\\"[0-9]+-([0-9]+)', call.said)
                last = re.search(r'\\"last\\":\\"[0-9]+-([0-9]+)', call.said)
                assert found, call.said[:400]
                first = int(found[1])
                order.told.append((call.start, list(range(first, int(last[1]) + 1 if last else first + 1))))
            elif call.name != "pwrite64":
                order.shown += [(call.start, token) for token in TOKEN.findall(call.said)]
        order.syncs.sort()
        return order

    def is_safe(self, token: str, place: int) -> bool:
        """Was it written, and then a sync begun and ended, before that place?"""
        if token not in self.written:
            return False
        index = bisect.bisect_right(self.syncs, (self.written[token], 0))
        return index < len(self.syncs) and self.syncs[index][1] < place


@pytest.mark.gen_test(timeout=900)
@pytest.mark.parametrize("count", [500, pytest.param(10_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
async def test_nothing_is_acknowledged_or_shown_before_its_sync(
    tmp_path: Path, start_wall: StartWall, open_reader: OpenReader, count: int, figures: Callable[..., None]
) -> None:
    wall = start_wall(f"log: {{path: {tmp_path / 'eyewall.db'}}}\n")
    reader = await open_reader(wall)
    await reader.opened()
    trace = tmp_path / "trace"
    publishers = Publishers(wall, count)
    with traced(wall, *OPTIONS, output=trace):
        await asyncio.gather(*(publishers.say() for _ in range(PUBLISHERS)))
        await until(lambda: len(reader.messages) == len(publishers.tokens), 60)
    order = await asyncio.to_thread(Order.read, trace)
    trace.unlink()
    early = sum(not order.is_safe(publishers.tokens[seq], place) for place, seqs in order.told for seq in seqs)
    shown_early = sum(not order.is_safe(token, place) for place, token in order.shown)
    figures(
        acknowledgements=len(order.told),
        messages=len(publishers.tokens),
        syncs=len(order.syncs),
        before_their_sync=early,
        shown=len(order.shown),
        shown_before_their_sync=shown_early,
    )
    assert len(order.told) == publishers.acknowledged == count
    assert len(order.shown) == len(publishers.tokens)
    assert (early, shown_early) == (0, 0)
