"""A log in memory, for tests of the hub. The test decides what is pruned."""

from collections.abc import Sequence

from hub.log.generations import Generations
from hub.log.protocol import Deliver, IdempotencyKey, Log, Receipt, stamp
from hub.message import Draft, Message
from tests.hub.parts import EPOCH, TIME


class MemoryLog:
    """Keeps the promises of the Log protocol, except that it ends with the process."""

    def __init__(self, *, epoch: int = EPOCH) -> None:
        self.generations = Generations([(epoch, 1, 0)])
        self.first = 1
        self.reads = 0
        self.error: Exception | None = None  # Raised by each read.
        self.messages: list[Message] = []  # Pruned ones included.
        self.subscribers: Sequence[Deliver] = ()

    @property
    def epoch(self) -> int:
        return self.generations.epoch

    @property
    def head(self) -> int:
        return len(self.messages)

    async def start(self, subscribers: Sequence[Deliver]) -> None:
        self.subscribers = subscribers

    async def append(self, drafts: Sequence[Draft], key: IdempotencyKey | None = None) -> Receipt:
        return self.store(drafts)

    def store(self, drafts: Sequence[Draft]) -> Receipt:
        """Append without a task: these tests run on one thread."""
        messages = stamp(drafts, self.epoch, self.head, TIME)
        self.messages += messages
        for deliver in self.subscribers:
            deliver(messages)
        return Receipt(self.epoch, self.head - len(messages) + 1, len(messages), TIME)

    def prune(self, up_to: int) -> None:
        """Keep only the messages behind seq `up_to`."""
        self.first = max(self.first, up_to + 1)

    async def read(self, after: int, limit: int) -> Sequence[Message]:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return self.messages[after : after + limit] if after >= self.first - 1 else ()

    async def seq_at(self, milliseconds: int) -> tuple[int, int]:
        return (self.first - 1 if milliseconds <= EPOCH else self.head), self.first

    def health(self) -> str | None:
        return None

    async def stop(self) -> None:
        self.subscribers = ()


def log_of(count: int, *, forgotten: int = 0) -> MemoryLog:
    """Return a log that holds `m1`, `m2`, … without the first `forgotten`."""
    log = MemoryLog()
    log.store([Draft.parse(topic="demo", message=f"m{seq}") for seq in range(1, count + 1)])
    log.prune(forgotten)
    return log


_: type[Log] = MemoryLog  # mypy checks it against the protocol.
