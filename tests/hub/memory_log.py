"""A log in memory, for tests of what stands on a log: the test decides what it has forgotten."""

from collections.abc import Sequence

from hub.log.generations import Generations
from hub.log.protocol import Deliver, IdempotencyKey, Log, Receipt, stamp
from hub.message import Draft, Message
from tests.hub.parts import EPOCH, TIME


class MemoryLog:
    """Keeps the Log protocol's promises but one: it ends with the process."""

    def __init__(self, *, epoch: int = EPOCH) -> None:
        self.generations = Generations([(epoch, 1, 0)])
        self.first = 1
        self.reads = 0
        self.error: Exception | None = None  # What the next read raises.
        self._messages: list[Message] = []
        self.subscribers: Sequence[Deliver] = ()

    @property
    def epoch(self) -> int:
        return self.generations.epoch

    @property
    def head(self) -> int:
        return len(self._messages)

    async def start(self, subscribers: Sequence[Deliver]) -> None:
        self.subscribers = subscribers

    async def append(self, drafts: Sequence[Draft], key: IdempotencyKey | None = None) -> Receipt:
        return self.say(drafts)

    def say(self, drafts: Sequence[Draft]) -> Receipt:
        """The same without a task: all of these tests run on one thread."""
        messages = stamp(drafts, self.epoch, self.head, TIME)
        self._messages += messages
        for deliver in self.subscribers:
            deliver(messages)
        return Receipt(self.epoch, self.head - len(messages) + 1, len(messages), TIME)

    def forget(self, up_to: int) -> None:
        """Keep only what follows seq `up_to`."""
        self.first = max(self.first, up_to + 1)

    async def read(self, after: int, limit: int) -> Sequence[Message]:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return self._messages[after : after + limit] if after >= self.first - 1 else ()

    async def seq_at(self, milliseconds: int) -> tuple[int, int]:
        return (self.first - 1 if milliseconds <= EPOCH else self.head), self.first

    def health(self) -> str | None:
        return None

    async def stop(self) -> None:
        self.subscribers = ()


def log_of(count: int, *, forgotten: int = 0) -> MemoryLog:
    """A log that holds `m1`, `m2`, … without the first `forgotten`."""
    log = MemoryLog()
    log.say([Draft.parse(topic="demo", message=f"m{seq}") for seq in range(1, count + 1)])
    log.forget(forgotten)
    return log


_: type[Log] = MemoryLog  # mypy holds it to the protocol.
