"""Readers that never read: they cost little, delay no other reader, are cut in time, and miss nothing later."""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.reliability.crowd import MESSAGE_BYTES
from tests.reliability.prefilled import EPOCH, prefill
from tests.reliability.wire import Wire, seq_of
from tests.wall import ROOT, StartWall, Wall

MIB = 1 << 20
IN_KERNEL = re.compile(r"skmem:\(r([0-9]+),.*?,f([0-9]+),w([0-9]+),")
A_SECOND = 40  # Messages: for 200 readers 125 MiB a second, which a busy machine manages.


class Crowd:
    """The other process."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    async def do(self, **command: int) -> dict[str, Any]:
        """The answer also has what was delivered since the last one."""
        answer: dict[str, Any] = await asyncio.to_thread(self._ask, json.dumps(command))
        assert not answer["wrong"], answer["wrong"]
        return answer

    def _ask(self, line: str) -> Any:  # JSON
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def crowd_of(wall: Wall) -> Iterator[Crowd]:
    command = [sys.executable, "-m", "tests.reliability.crowd", wall.host, str(wall.port), str(EPOCH)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Crowd(process)
        finally:
            process.kill()


@dataclass(slots=True)
class Memory:
    """The most there was, of the server's own, and of the kernel's for both ends of all its connections."""

    wall: Wall
    rss: int = 0
    tcp: int = 0

    def look(self) -> None:
        self.rss = max(self.rss, psutil.Process(self.wall.pid).memory_info().rss)
        # Not /proc/net/sockstat, which counts all processes of this machine.
        ours = f"( sport = :{self.wall.port} or dport = :{self.wall.port} )"
        said = subprocess.run(["ss", "-tmnH", ours], capture_output=True, text=True, check=True).stdout
        self.tcp = max(self.tcp, sum(sum(map(int, found)) for found in IN_KERNEL.findall(said)))

    async def watch(self) -> None:
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(0.5)


@asynccontextmanager
async def watched(memory: Memory) -> AsyncIterator[None]:
    watching = asyncio.ensure_future(memory.watch())
    yield
    watching.cancel()


async def publish(wall: Wall, count: int) -> int:
    """At a steady rate, each message saying when it should have been sent. The last one's seq."""
    wire = await Wire.open(wall)
    began = time.monotonic()
    seq = 0
    for number in range(count):
        due = began + number / A_SECOND
        await asyncio.sleep(max(0, due - time.monotonic()))
        answer = await wire.post("/topics/stall", f"{due} ".ljust(MESSAGE_BYTES, "x").encode())
        seq = seq_of(answer.json["id"])
    await wire.close()
    return seq


async def caught_up(crowd: Crowd, seq: int) -> dict[str, Any]:
    """Wait until all readers have read it. Return what was delivered meanwhile."""
    deadline = time.monotonic() + 300
    while (answer := await crowd.do())["behind"] < seq:
        assert time.monotonic() < deadline, answer
        await asyncio.sleep(0.1)
    return answer


async def only_connected(wall: Wall, count: int) -> None:
    """Wait until all others were cut."""
    deadline = time.monotonic() + 120
    while (found := (await asyncio.to_thread(wall.metrics))["eyewall_connections"]) > count:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)


@pytest.mark.gen_test(timeout=900)
@pytest.mark.parametrize(
    ("each", "mib", "stall_seconds"),
    [(20, 2, 5), pytest.param(200, 64, 10, marks=[pytest.mark.long, pytest.mark.timeout(900)])],
)
async def test_a_reader_that_never_reads_costs_little_and_misses_nothing(
    tmp_path: Path, start_wall: StartWall, each: int, mib: int, stall_seconds: int, figures: Callable[..., None]
) -> None:
    if shutil.which("ss") is None:
        pytest.skip("ss is needed to see what the kernel holds")
    path = tmp_path / "eyewall.db"
    prefill(path, 1)
    wall = start_wall(f"log: {{path: {path}}}\nstream: {{stall_seconds: {stall_seconds}}}\n")
    count = mib * MIB // MESSAGE_BYTES
    with crowd_of(wall) as crowd:
        await crowd.do(read=each, cursor=1)
        # Before and after, so that what else this machine does weighs the same on both sides.
        seq = await publish(wall, count // 2)
        await caught_up(crowd, seq)
        before, during, resuming = Memory(wall), Memory(wall), Memory(wall)
        async with watched(before):
            seq = await publish(wall, count // 4)
        baseline = await crowd.do()

        async with watched(during):
            await crowd.do(stall=each, cursor=seq)
            began = time.monotonic()
            publishing = asyncio.ensure_future(publish(wall, count))
            await only_connected(wall, each)
            all_cut = time.monotonic() - began
            with_stalled = await crowd.do()
            seq = await publishing
            await caught_up(crowd, seq)
        seq = await publish(wall, count // 4)
        afterwards = await crowd.do()
        async with watched(resuming):
            await crowd.do(resume=1)
            began = time.monotonic()
            await caught_up(crowd, seq)
            resumed = time.monotonic() - began
    p99 = max(baseline["p99"], afterwards["p99"])
    figures(
        stalled=each,
        healthy=each,
        mib=mib,
        server_grew_mib=round((during.rss - before.rss) / MIB, 1),
        tcp_grew_mib=round((during.tcp - before.tcp) / MIB, 1),
        p99_ms=round(with_stalled["p99"] * 1000, 1),
        p99_without_ms=[round(part["p99"] * 1000, 1) for part in (baseline, afterwards)],
        all_cut_after_s=round(all_cut, 1),
        all_resumed_after_s=round(resumed, 1),
        server_grew_when_all_resumed_mib=round((resuming.rss - before.rss) / MIB, 1),
    )
    assert during.rss - before.rss <= 64 * MIB
    assert during.tcp - before.tcp <= 64 * MIB
    if mib == 64:  # The short form is too short for a tail of a hundredth.
        assert with_stalled["p99"] <= 1.2 * p99 + 0.001
