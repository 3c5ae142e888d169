"""An event loop on a monotonic clock: a step of the wall clock would silence every PeriodicCallback (measured)."""

from tornado.platform.asyncio import AsyncIOLoop


class MonotonicLoop(AsyncIOLoop):
    """Tornado's IOLoop on asyncio's clock. `asyncio_loop=` wraps a loop that already runs."""

    def time(self) -> float:
        """Return seconds on a monotonic clock. Its zero has no meaning."""
        return self.asyncio_loop.time()
