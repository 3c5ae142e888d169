"""What the log's writer is asked to do, and who waits for it."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from hub.errors import Conflict, EyewallError
from hub.log.protocol import IdempotencyKey, Receipt, format_time
from hub.message import Draft, Message


@dataclass(slots=True)
class Append:
    """What one publisher waits for."""

    drafts: Sequence[Draft]
    size: int  # Bytes, about.
    once: IdempotencyKey | None
    answer: "asyncio.Future[Receipt]"
    receipt: Receipt | EyewallError | None = None
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """Something else to do with the connection."""

    function: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"

    def settle(self, result: object, error: BaseException | None) -> None:
        """On the loop. Its caller may have gone."""
        if self.answer.done():
            return
        if error is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(result)


STEP_SECONDS: Final = 0.003  # When a step of a chore begins nothing more.
# Of the write-ahead log, between two looks of the chores while somebody publishes: to ask them all takes as long as a
# small commit, and what they look for then is counted in megabytes.
UNASKED_BYTES: Final = 256 << 10
COMMIT_FRAMES: Final = 8 << 10  # Bytes that the smallest commit adds to it.

Chore = Callable[[sqlite3.Connection, bool], bool]
"""A step of at most some 20 ms; true when there is more to do. Told whether it stands between two commits."""


@contextmanager
def relaxed_transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that a power cut may undo, as what chores do may be: it waits for no disk.

    The next commit of messages syncs it too, because both are in the write-ahead log, in order.
    """
    (level,) = connection.execute("PRAGMA synchronous").fetchone()
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    yield  # After an error the writer rolls back, and syncs as before (Writer._recover).
    connection.execute("COMMIT")
    connection.execute(f"PRAGMA synchronous = {level}")


def find_receipt(connection: sqlite3.Connection, epoch: int, once: IdempotencyKey) -> Receipt | EyewallError | None:
    """What was answered to this key, also earlier in this very transaction."""
    row = connection.execute("SELECT digest, first, count, time FROM receipt WHERE key = ?", (once.key,)).fetchone()
    if row is None:
        return None
    digest, first, count, milliseconds = row
    if digest != once.digest:
        return Conflict("this Idempotency-Key was used for something else", hint="use a fresh key for each message")
    return Receipt(epoch, first, count, format_time(milliseconds), is_repeat=True)
