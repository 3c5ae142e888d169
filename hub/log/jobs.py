"""The jobs of the log's writer."""

import asyncio
import queue
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.errors import Conflict, EyewallError, NotStored, OutcomeUnknown
from hub.log.generations import Generations
from hub.log.protocol import IdempotencyKey, Receipt, format_time
from hub.log.tuning import Tuning
from hub.message import Draft, Message

COMMIT_DRAFTS: Final = 4096  # Drafts in one transaction, about 20 ms.
COMMIT_BYTES: Final = 4 << 20  # Bytes of text in one transaction.


@dataclass(slots=True)
class Append:
    drafts: Sequence[Draft]
    size: int  # Bytes, about.
    key: IdempotencyKey | None
    answer: "asyncio.Future[Receipt]"
    result: Receipt | EyewallError | None = None
    messages: list[Message] = field(default_factory=list)

    def settle(self) -> None:
        if isinstance(self.result, Receipt):
            settle(self.answer, self.result, None)
        else:
            settle(self.answer, None, self.result or EyewallError("the log gave no answer"))


@dataclass(slots=True)
class Call:
    function: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"


Jobs = queue.SimpleQueue[Append | Call | None]
"""What waits for the writer; None tells it to stop."""


def settle(answer: "asyncio.Future[Any]", result: object, error: BaseException | None) -> None:
    """Resolve a future, on the loop. Its caller may be gone."""
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)


def take(jobs: Jobs, seconds: float) -> tuple[list[Append], list[Call], bool]:
    """Return the jobs that come within `seconds`, up to the size of a commit. True: stop."""
    appends: list[Append] = []
    calls: list[Call] = []
    drafts = size = 0
    try:
        job = jobs.get(timeout=seconds) if seconds > 0 else jobs.get_nowait()
        while job is not None:
            if isinstance(job, Call):
                calls.append(job)
            else:
                appends.append(job)
                drafts += len(job.drafts)
                size += job.size
                if drafts >= COMMIT_DRAFTS or size >= COMMIT_BYTES:
                    return appends, calls, False
            job = jobs.get_nowait()
    except queue.Empty:
        return appends, calls, False
    return appends, calls, True


def closed() -> NotStored:
    return NotStored("the log is closed", hint="the server is stopping; publish again when it is back")


class Waiting:
    """Bounds the appends in the writer's queue, and their time. On the loop."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning: Final = tuning
        self._drafts = self._bytes = 0
        # By deadline (the loop's time). One timer for all costs less than one each.
        self._answers: deque[tuple[float, asyncio.Future[Receipt]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def check_room(self) -> None:
        if self._drafts >= self._tuning.max_waiting or self._bytes >= self._tuning.max_waiting_bytes:
            raise NotStored("too many messages wait for the disk", hint="publish again later", retry_seconds=1)

    def add(self, drafts: Sequence[Draft], size: int, answer: "asyncio.Future[Receipt]") -> None:
        """After the time limit the future gets OutcomeUnknown."""
        self._drafts += len(drafts)
        self._bytes += size
        loop, answers = answer.get_loop(), self._answers
        while answers and answers[0][1].done():
            answers.popleft()
        answers.append((loop.time() + self._tuning.append_seconds, answer))
        if self._timer is None:
            self._timer = loop.call_later(self._tuning.append_seconds, self._expire, loop)

    def committed(self, appends: Sequence[Append]) -> None:
        for append in appends:
            self._drafts -= len(append.drafts)
            self._bytes -= append.size

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, answers = None, self._answers
        while answers and (answers[0][1].done() or answers[0][0] <= loop.time()):
            _, answer = answers.popleft()
            settle(answer, None, timed_out(self._tuning.append_seconds))
        if answers:
            self._timer = loop.call_at(answers[0][0], self._expire, loop)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def timed_out(seconds: float) -> OutcomeUnknown:
    hint = "the messages may have been stored or not; to publish them for certain, repeat with the same Idempotency-Key"
    return OutcomeUnknown(f"the log did not answer for {seconds:g} s", hint=hint)


def find_receipt(
    connection: sqlite3.Connection, generations: Generations, key: IdempotencyKey
) -> Receipt | EyewallError | None:
    """Return the receipt of the append with this key, or Conflict."""
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
