"""The limits that retention applies. A narrower one deletes for good, so it is announced and takes effect later."""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from hub.config import LogConfig
from hub.log.age import Age
from hub.log.protocol import format_time
from hub.log.rows import find_seq
from hub.log.schema import used_bytes

logger = logging.getLogger("eyewall.log")

_KEYS: Final = ("keep_for", "keep_messages", "keep_bytes")


class Keep(NamedTuple):
    """What is kept at most. The fields are in the order of _KEYS."""

    seconds: float
    messages: int
    bytes: int


UNKNOWN: Final = Keep(float(1 << 40), 1 << 62, 1 << 62)  # Of a log of an older version.


@dataclass(frozen=True, slots=True)
class Deletion:
    """Messages that a narrower limit will delete."""

    count: int
    text: str  # For operators.


class Limits:
    """`announce` gets each Deletion to come, and None when it is cancelled or begins. For the writer's thread.

    The limits in force are stored in the log. So a narrower one waits after a restart, too.
    """

    def __init__(
        self, config: LogConfig, age: Age, announce: Callable[[Deletion | None], None], delay_seconds: float
    ) -> None:
        self.config = config  # Any thread may replace it.
        self.in_force = UNKNOWN
        self._age = age
        self._announce = announce
        self._delay = delay_seconds
        self._wanted: Keep | None = None  # The limits of the config in the last call.
        self._due = 0.0  # Monotonic.
        self._is_announced = False

    def begin(self, connection: sqlite3.Connection) -> None:
        """Load the limits in force. A new log begins with those of the config."""
        *stored, head = connection.execute("SELECT keep_seconds, keep_messages, keep_bytes, head FROM log").fetchone()
        if None not in stored:
            self.in_force = Keep(*stored)
        elif not head:
            self._store(connection, self._of_config())

    def update(self, connection: sqlite3.Connection) -> None:
        """Follow the config: at once to wider limits, to narrower ones after the delay."""
        wanted, now = self._of_config(), self._age.monotonic()
        if wanted != self._wanted:
            deletion = self._deletion(connection, wanted)
            self._wanted = wanted
            self._due = now + self._delay if deletion else now
            self._tell(deletion)
        wider = Keep._make(max(pair) for pair in zip(wanted, self.in_force, strict=True))
        limits = wanted if now >= self._due else wider
        if limits != self.in_force:
            self._store(connection, limits)
        if limits == wanted:
            self._tell(None)

    def _of_config(self) -> Keep:
        config = self.config
        return Keep(config.keep_for, config.keep_messages, config.keep_bytes)

    def _store(self, connection: sqlite3.Connection, limits: Keep) -> None:
        connection.execute("UPDATE log SET keep_seconds = ?, keep_messages = ?, keep_bytes = ?", limits)
        self.in_force = limits

    def _tell(self, deletion: Deletion | None) -> None:
        if deletion:
            logger.warning("%s", deletion.text)
        if deletion or self._is_announced:
            self._announce(deletion)
        self._is_announced = deletion is not None

    def _deletion(self, connection: sqlite3.Connection, wanted: Keep) -> Deletion | None:
        """Return what the wanted limits will delete; None if none is narrower. For a size the number is an estimate."""
        narrower = [key for key, new, old in zip(_KEYS, wanted, self.in_force, strict=True) if new < old]
        (head,) = connection.execute("SELECT head FROM log").fetchone()
        clock = self._age.now()
        expired, first = find_seq(connection, int(((clock or 0) + self._delay - wanted.seconds) * 1000))
        last = max(expired if clock else 0, head - wanted.messages)
        used = used_bytes(connection)
        by_size = first - 1 + (used - wanted.bytes) * (head - first + 1) // used
        count = max(0, min(max(last, by_size), head - 1) - first + 1)
        if not narrower or (self.in_force is UNKNOWN and not count):
            return None
        shown = self.config.model_dump(mode="json")
        settings = ", ".join(f"log.{key} {shown[key]}" for key in narrower)
        about = "about " if by_size > last else ""
        at = format_time(int((self._age.clock() + self._delay) * 1000))
        text = f"{settings}: will delete {about}{count:,} messages at {at[11:19]} UTC unless it is changed back"
        return Deletion(count, text)
