"""Something inside the process that publishes: one file a kind."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from hub.config import SourceConfig
from hub.log.protocol import Receipt
from hub.message import Draft
from hub.sources.greeting import Greeting

Publish = Callable[[Sequence[Draft]], Awaitable[Receipt]]


class Source(Protocol):
    """What the composition root does with a source."""

    def start(self) -> None:
        """Begin to publish."""

    def stop(self) -> None:
        """Publish nothing more. Safe to call twice."""


def make(config: SourceConfig, publish: Publish, status: Callable[[], dict[str, object]]) -> Source:
    """The source that a config section asks for; `status` is what the process can say of itself."""
    return Greeting(config, publish, status)
