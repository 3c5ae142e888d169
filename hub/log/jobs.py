"""What the log's writer is asked to do, and who waits for it."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import EyewallError
from hub.log import Once, Receipt
from hub.message import Draft, Message


@dataclass(slots=True)
class Append:
    """What one publisher waits for."""

    drafts: Sequence[Draft]
    size: int  # Bytes, about.
    once: Once | None
    answer: "asyncio.Future[Receipt]"
    receipt: Receipt | EyewallError | None = None
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """Something else to do with the connection."""

    function: Callable[[sqlite3.Connection], Any]
    answer: "asyncio.Future[Any]"
