"""A writer on a file of its own, and what the loop hears from it, in order."""

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from hub.log.database import open_writer
from hub.log.jobs import Append
from hub.log.maintenance import Step
from hub.log.protocol import IdempotencyKey, Receipt
from hub.log.tuning import DEFAULT, Tuning
from hub.log.writer import Writer
from tests.hub.log_files import Delivered, Time
from tests.hub.parts import EPOCH, draft


class Written:
    """A writer on a file of its own, and what the loop was told, in order."""

    def __init__(
        self, path: Path, steps: Sequence[Step] = (), urgent: Sequence[Step] = (), tuning: Tuning = DEFAULT
    ) -> None:
        self.path = path
        self.told: list[str] = []  # "committed …" and "answered …" as they came.
        self.delivered = Delivered()
        self.writer = Writer("the.db", self.connect, Time(), steps, urgent, self.committed, tuning=tuning)

    def connect(self) -> sqlite3.Connection:
        return open_writer(str(self.path), "full", EPOCH)

    def committed(self, appends: Sequence[Append]) -> None:
        for append in appends:
            self.delivered(append.messages)
            self.told += [f"committed {message.message}" for message in append.messages]
        for append in appends:
            append.settle()

    def say(self, *texts: str, size: int = 10, key: IdempotencyKey | None = None) -> "asyncio.Future[Receipt]":
        answer = self.writer.append([draft(text) for text in texts], size, key)
        answer.add_done_callback(lambda _: self.told.append(f"answered {texts[0]}"))
        return answer

    async def run(self, statement: str) -> list[tuple[object, ...]]:
        found = await self.writer.call(lambda connection: connection.execute(statement).fetchall())
        assert isinstance(found, list)
        return found
