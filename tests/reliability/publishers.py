"""Publishers in one process with the log. Each acknowledgement is recorded at the moment it arrives.

Run under the recording disk: `python -m tests.reliability.publishers <folder> <seed> <synchronous>`. Everything that
a log does seldom is made frequent, so that a short run has checkpoints, pruning and restarts in it.
"""

import asyncio
import os
import random
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub.config import LogConfig
from hub.errors import NotStored
from hub.log.protocol import IdempotencyKey
from hub.log.sqlite import SqliteLog
from hub.log.tuning import Tuning
from hub.message import Draft
from hub.search.index import SearchIndex

KEEP_MESSAGES: Final = 600
PUBLISHERS: Final = 8
ROUNDS: Final = 2  # The log is stopped and started in between.
PUBLISHES: Final = 25  # Of each publisher in each round.
OFTEN: Final = Tuning(
    wal_bytes=64 << 10,
    checkpoint_seconds=0,
    checkpoint_now_seconds=0,
    urgent_rows=100,
    maintenance_seconds=0.01,
)


def text(tag: str, index: int, size: int) -> str:
    """Return the text of message `index` of a publish, with a checksum of itself."""
    start = f"{tag}.{index} "
    return start + f"{zlib.crc32(start.encode()):08x}" * (size // 8)


async def publish(log: SqliteLog, acks: int, chance: random.Random, tag: str) -> None:
    for number in range(PUBLISHES):
        count = chance.choice([1, 1, 1, 5, 40])
        size = chance.choice([10, 300, 300, 2000]) if count > 1 else chance.choice([10, 300, 9000])
        own = f"{tag}.{number}"
        drafts = [Draft.parse(topic="demo", message=text(own, index, size)) for index in range(count)]
        once = IdempotencyKey(own, own.encode()) if chance.random() < 0.3 else None
        try:
            receipt = await log.append(drafts, once)
        except NotStored:  # A sync failed: it is not acknowledged.
            continue
        os.write(acks, f"{receipt.epoch} {receipt.first} {count} {size} {own} {int(once is not None)}\n".encode())
        if chance.random() < 0.1:
            await asyncio.sleep(0.003)


async def main(folder: Path, seed: int, synchronous: str) -> None:
    acks = os.open(folder / "acks", os.O_WRONLY | os.O_CREAT, 0o600)
    config = LogConfig.model_validate({"synchronous": synchronous, "keep_messages": KEEP_MESSAGES})
    for round_number in range(ROUNDS):
        log = SqliteLog(str(folder / "eyewall.db"), config, index=SearchIndex(), tuning=OFTEN)
        await log.start([])
        tags = [f"{seed}.{round_number}.{publisher}" for publisher in range(PUBLISHERS)]
        await asyncio.gather(*(publish(log, acks, random.Random(tag), tag) for tag in tags))
        await log.stop()


def start(arguments: Sequence[str]) -> None:
    asyncio.run(main(Path(arguments[0]), int(arguments[1]), arguments[2]))


if __name__ == "__main__":
    start(sys.argv[1:])
