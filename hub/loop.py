"""An event loop on a monotonic clock.

Tornado's default clock is the wall clock: after a step back of 30 s every PeriodicCallback is silent for 30 s
(measured). Tornado documents `IOLoop.time` as replaceable.
"""

from tornado.platform.asyncio import AsyncIOLoop


class MonotonicLoop(AsyncIOLoop):
    """Tornado's IOLoop on asyncio's clock. `asyncio_loop=` wraps a loop that already runs."""

    def time(self) -> float:
        """Return seconds on a monotonic clock. Its zero has no meaning."""
        return self.asyncio_loop.time()
