"""Everything at once for a given time: readers that come, stall and leave, publishers, searches, config edits.

`python -m tests.reliability.churn --minutes 30` prints the server's memory at the start, in the middle and at the end.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from tests.reliability.leavers import ACTS, come_and_go
from tests.reliability.reader import Reader
from tests.reliability.wire import Wire
from tests.waiting import until
from tests.wall import Wall, walls

SETTINGS: Final = """\
server: {max_connections_per_address: 2000}
log: {keep_messages: 20000, keep_bytes: 64MiB}
stream: {stall_seconds: 2, max_unsent_bytes: 32MiB, heartbeat_seconds: 1}
sources: []
dashboard:
  title: Churn
"""
WARM_UP: Final = 0.1  # Part of the time in which caches fill. Then the memory counts as that of the start.
REST_SECONDS: Final = 10.0  # After the last client has left.
WITNESSES: Final = 3  # Readers that stay and must not miss a message.
SEARCHES: Final = [
    "/messages?q=five&limit=1000",
    "/messages?q=absent",
    "/messages?format=ndjson",
    "/messages?format=csv&level=error",
    "/connections",
    "/metrics",
    "/",
]


class Churn:
    """Counts what was done, and what was wrong."""

    def __init__(self, wall: Wall) -> None:
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._wall = wall

    async def publish(self) -> None:
        wire = await Wire.open(self._wall)
        text = random.choice(["five of them", "an error: disk full", "x" * random.choice([2000, 200_000])])
        try:
            for _ in range(random.randrange(1, 40)):
                answer = await wire.post(f"/topics/churn.{random.randrange(20)}", text.encode())
                if answer.status != 201:
                    self.wrong.append(f"POST {answer.status}: {answer.body[:200]!r}")
                await asyncio.sleep(0.01)
        finally:
            await wire.close()

    async def leave(self) -> None:
        await come_and_go(self._wall, random.choice(ACTS))
        await asyncio.sleep(0.05)

    async def stall(self) -> None:
        """Take nothing of a replay, until it is cut or for a few seconds."""
        path = random.choice(["/events?last=5000", "/events?last=300", "/events", "/events?q=five"])
        reader = await Reader.open(self._wall, path, receive_bytes=16 << 10)
        reader.stop_reading()
        try:
            await asyncio.sleep(random.uniform(0, 6))
        finally:
            await random.choice([reader.close, reader.reset])()

    async def search(self) -> None:
        """Read all of an answer, or only its start."""
        streams = await asyncio.open_connection(self._wall.host, self._wall.port)
        target = random.choice(SEARCHES)
        streams[1].write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        try:
            await streams[0].read(-1 if random.random() < 0.7 else 4096)
        finally:
            streams[1].close()

    async def edit(self) -> None:
        """A good file, a broken one, or a half of one."""
        good = SETTINGS.replace("Churn", f"Churn {random.randrange(1000)}")
        broken = good.replace("title", "titel")
        content = random.choice([good, broken, good[: random.randrange(len(good))]])
        await asyncio.to_thread(self._wall.config.write_text, content)
        await asyncio.sleep(3)

    async def witness(self) -> None:
        """Stay from the first to the last moment. Each message follows the one before."""
        reader, last = await Reader.open(self._wall), 0
        try:
            while not reader.has_ended:
                for seq in reader.seqs:
                    if last and seq != last + 1:
                        self.wrong.append(f"a witness got {seq} after {last}")
                    last = seq
                self.done["witnessed"] += len(reader.messages)
                reader.messages.clear()
                reader.events.clear()
                await asyncio.sleep(0.1)
            self.wrong.append("a witness was disconnected")
        finally:
            await reader.reset()

    async def again(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except (OSError, EOFError) as error:  # A reset, or an answer that was cut: the server may do that.
                self.done[f"{act.__name__}: {type(error).__name__}"] += 1
            except AssertionError as error:  # A limit was reached, for instance.
                self.wrong.append(f"{act.__name__}: {str(error)[:300]}")
            self.done[act.__name__] += 1


async def churn(wall: Wall, seconds: float) -> dict[str, Any]:
    """Return the figures: memory in MiB, descriptors, what was done, and `wrong`, which is empty if all is well."""
    at_work = Churn(wall)
    acts = [at_work.publish] * 4 + [at_work.leave] * 4 + [at_work.stall] * 12 + [at_work.search] * 3 + [at_work.edit]
    tasks = [asyncio.ensure_future(at_work.again(act)) for act in acts]
    tasks += [asyncio.ensure_future(at_work.witness()) for _ in range(WITNESSES)]
    began, memory = time.monotonic(), list[int]()
    marks = {}
    for name, part in (("start_mib", WARM_UP), ("middle_mib", 0.5), ("last_mib", 1.0)):
        while time.monotonic() < began + part * seconds:
            await asyncio.sleep(min(1.0, seconds / 50))
            memory.append(mebibytes(wall))
        marks[name] = memory[-1]
    for task in tasks:
        task.cancel()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    at_work.wrong += [repr(end) for end in ends if isinstance(end, Exception)]
    with contextlib.suppress(TimeoutError):
        await until(lambda: wall.metrics()["eyewall_connections"] == 0, 30)
    await asyncio.sleep(min(REST_SECONDS, seconds / 5))
    left = await asyncio.to_thread(wall.metrics)
    if left["eyewall_connections"] or left["eyewall_unsent_bytes"]:
        at_work.wrong.append(f"{left['eyewall_connections']} readers, {left['eyewall_unsent_bytes']} bytes are left")
    if "Traceback" in wall.log:
        at_work.wrong.append("an unexpected error is in the server's log")
    return {
        **marks,
        "end_mib": mebibytes(wall),
        "peak_mib": max(memory),
        "descriptors": int(left["process_open_fds"]),
        "messages": int(left["eyewall_messages_total"]),
        **dict(sorted(at_work.done.items())),
        "wrong": at_work.wrong[:10],
    }


def mebibytes(wall: Wall) -> int:
    """Return the resident memory."""
    lines = Path(f"/proc/{wall.pid}/status").read_text().split("\n")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) >> 10


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, walls(Path(folder)) as start_wall:
        found = asyncio.run(churn(start_wall(SETTINGS), 60 * asked.minutes))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
