"""What waits for the log's writer: how much, and for how long."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from hub.errors import NotStored, OutcomeUnknown
from hub.log.jobs import Append
from hub.log.protocol import Receipt
from hub.log.tuning import Tuning
from hub.message import Draft


def timed_out(seconds: float) -> OutcomeUnknown:
    hint = "the messages may have been stored or not; to publish them for certain, repeat with the same Idempotency-Key"
    return OutcomeUnknown(f"the log did not answer for {seconds:g} s", hint=hint)


class Waiting:
    """Bounds the appends in the writer's queue, and ends the wait of their publishers. On the loop."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning: Final = tuning
        self._drafts = self._bytes = 0
        # In the order of their deadlines (the loop's time). One timer for all costs less than one each.
        self._answers: deque[tuple[float, asyncio.Future[Receipt]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def check_room(self) -> None:
        """Raises NotStored when too much waits."""
        if self._drafts >= self._tuning.max_waiting or self._bytes >= self._tuning.max_waiting_bytes:
            raise NotStored("too many messages wait for the disk", hint="publish again later", retry_seconds=1)

    def add(self, drafts: Sequence[Draft], size: int, answer: "asyncio.Future[Receipt]") -> None:
        """Count an append until `committed`. After the time limit its future gets OutcomeUnknown."""
        self._drafts += len(drafts)
        self._bytes += size
        loop, answers = answer.get_loop(), self._answers
        while answers and answers[0][1].done():
            answers.popleft()
        answers.append((loop.time() + self._tuning.append_seconds, answer))
        if self._timer is None:
            self._timer = loop.call_later(self._tuning.append_seconds, self._expire, loop)

    def committed(self, appends: Sequence[Append]) -> None:
        """These have left the queue, also those of which the publisher is gone."""
        for append in appends:
            self._drafts -= len(append.drafts)
            self._bytes -= append.size

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, answers = None, self._answers
        while answers and (answers[0][1].done() or answers[0][0] <= loop.time()):
            _, answer = answers.popleft()
            if not answer.done():
                answer.set_exception(timed_out(self._tuning.append_seconds))
        if answers:
            self._timer = loop.call_at(answers[0][0], self._expire, loop)

    def stop(self) -> None:
        """Cancel the timer. Idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
