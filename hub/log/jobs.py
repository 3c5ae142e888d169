"""The jobs of the log's writer."""

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.errors import Conflict, EyewallError, NotStored
from hub.log.generations import Generations
from hub.log.protocol import IdempotencyKey, Receipt, format_time
from hub.message import Draft, Message

COMMIT_DRAFTS: Final = 4096  # Drafts in one transaction, about 20 ms. More would delay the first of them.
COMMIT_BYTES: Final = 4 << 20  # Bytes of text in one transaction.


@dataclass(slots=True)
class Append:
    """One append, and the future that its publisher awaits."""

    drafts: Sequence[Draft]
    size: int  # Bytes, about.
    key: IdempotencyKey | None
    answer: "asyncio.Future[Receipt]"
    result: Receipt | EyewallError | None = None
    messages: list[Message] = field(default_factory=list)

    def settle(self) -> None:
        """Resolve the future, on the loop. Its publisher may be gone, or may have got OutcomeUnknown."""
        if self.answer.done():
            return
        if isinstance(self.result, Receipt):
            self.answer.set_result(self.result)
        else:
            self.answer.set_exception(self.result or EyewallError("the log gave no answer"))


@dataclass(slots=True)
class Call:
    """A function to run on the writing connection."""

    function: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"

    def settle(self, result: object, error: BaseException | None) -> None:
        """Resolve the future, on the loop. Its caller may be gone."""
        if self.answer.done():
            return
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(result)


Jobs = queue.SimpleQueue[Append | Call | None]
"""What waits for the writer; None tells it to stop."""


def take(jobs: Jobs, seconds: float) -> tuple[list[Append], list[Call], bool]:
    """Return the jobs that wait, up to the size of a commit; none after so many seconds. True: stop."""
    appends: list[Append] = []
    calls: list[Call] = []
    drafts = size = 0
    try:
        job = jobs.get(timeout=seconds) if seconds > 0 else jobs.get_nowait()
        while True:
            if job is None:
                return appends, calls, True
            if isinstance(job, Call):
                calls.append(job)
            else:
                appends.append(job)
                drafts += len(job.drafts)
                size += job.size
                if drafts >= COMMIT_DRAFTS or size >= COMMIT_BYTES:
                    break
            job = jobs.get_nowait()
    except queue.Empty:
        pass
    return appends, calls, False


def closed() -> NotStored:
    """Return the error of a job that came after the end."""
    return NotStored("the log is closed", hint="the server is stopping; publish again when it is back")


def find_receipt(
    connection: sqlite3.Connection, generations: Generations, key: IdempotencyKey
) -> Receipt | EyewallError | None:
    """Return the receipt of the append with this key, also of one in the same transaction; Conflict for another one."""
    row = connection.execute(
        "SELECT digest, first, count, time FROM receipt WHERE principal = ? AND key = ?", (key.principal, key.key)
    ).fetchone()
    if row is None:
        return None
    digest, first, count, milliseconds = row
    if digest != key.digest:
        hint = "use a new key for each message"
        return Conflict("this Idempotency-Key was used for another request", hint=hint)
    return Receipt(generations.epoch_of(first), first, count, format_time(milliseconds), is_repeat=True)


def store_receipt(connection: sqlite3.Connection, key: IdempotencyKey, first: int, count: int, time: int) -> None:
    """Remember an append under its key, in the transaction of its messages. `time`: ms since 1970."""
    row = (key.principal, key.key, key.digest, first, count, time)
    connection.execute("INSERT INTO receipt VALUES (?, ?, ?, ?, ?, ?)", row)
