"""The publishers inside the process: one file for each kind, and their supervisor."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from hub.config import SourceConfig

logger = logging.getLogger("eyewall.sources")


@dataclass(slots=True, eq=False)
class Running:
    """A configured source. `error` is its last failure, or ""."""

    config: SourceConfig
    error: str = ""
    task: asyncio.Task[None] | None = None


class Sources:
    """Keeps the configured sources running. Loop thread only.

    `run` publishes for one source until it is cancelled. An exception or a return is a failure.
    A failed source starts again after a delay, which doubles from `first_delay` to `longest_delay` seconds. After a run
    of `longest_delay` it is `first_delay` again.
    """

    def __init__(
        self, run: Callable[[SourceConfig], Awaitable[None]], *, first_delay: float = 1.0, longest_delay: float = 60.0
    ) -> None:
        self.running: list[Running] = []
        self._run = run
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
                await self._run(running.config)
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
