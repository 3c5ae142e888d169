"""The publishers inside the process: one file for each kind, and their supervisor."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.config import SourceConfig
from hub.log.protocol import Receipt
from hub.message import Draft
from hub.sources.greeting import Greeting

logger = logging.getLogger("eyewall.sources")

Publish = Callable[[Sequence[Draft]], Awaitable[Receipt]]


class Source(Protocol):
    async def run(self, publish: Publish) -> None:
        """Publish until cancelled. An exception or a return is a failure: the supervisor starts a new source."""


def make(config: SourceConfig, status: Callable[[], dict[str, object]]) -> Source:
    """Return the source for a config section. `status` returns a greeting's data."""
    return Greeting(config, status)


@dataclass(slots=True, eq=False)
class Running:
    """A configured source. `error` is its last failure, or ""."""

    config: SourceConfig
    error: str = ""
    task: asyncio.Task[None] | None = None


class Sources:
    """Keeps the configured sources running. Loop thread only.

    A failed source starts again after a delay, which doubles from `first_delay` to `longest_delay` seconds. After a run
    of `longest_delay` it is `first_delay` again.
    """

    def __init__(
        self,
        publish: Publish,
        make: Callable[[SourceConfig], Source],
        *,
        first_delay: float = 1.0,
        longest_delay: float = 60.0,
    ) -> None:
        self.running: list[Running] = []
        self._publish = publish
        self._make = make
        self._first_delay = first_delay
        self._longest_delay = longest_delay

    def configure(self, configs: Sequence[SourceConfig]) -> None:
        """Start new sources, and stop those no longer configured. Equal ones continue."""
        before, self.running = self.running, []
        for config in configs:
            found = next((one for one in before if one.config == config), None)
            if found is None:
                found = Running(config)
                found.task = asyncio.ensure_future(self._supervise(found))
            else:
                before.remove(found)
            self.running.append(found)
        for one in before:
            if one.task is not None:
                one.task.cancel()

    def stop(self) -> None:
        """Idempotent."""
        self.configure(())

    async def _supervise(self, running: Running) -> None:
        loop, delay = asyncio.get_running_loop(), self._first_delay
        while True:
            started = loop.time()
            failure: Exception | None = None
            try:
                await self._make(running.config).run(self._publish)
                running.error = "it ended"
            except Exception as error:
                failure = error
                running.error = f"{type(error).__name__}: {error}"
            if loop.time() - started >= self._longest_delay:
                delay = self._first_delay
            message = "source %s failed: %s; next start in %g s"
            logger.error(message, running.config.kind, running.error, delay, exc_info=failure)
            await asyncio.sleep(delay)
            delay = min(2 * delay, self._longest_delay)
