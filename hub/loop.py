"""An event loop whose clock cannot be set back.

Tornado's default clock is the wall clock: after a step back of 30 s every PeriodicCallback is
silent for 30 s (measured). `IOLoop.time` is documented as replaceable, so the cause is removed
here instead of being watched for wherever a timer is used.
"""

from tornado.platform.asyncio import AsyncIOLoop


class MonotonicLoop(AsyncIOLoop):
    """Tornado's IOLoop on asyncio's own clock. `asyncio_loop=` wraps one that already runs."""

    def time(self) -> float:
        """Seconds on a clock that only goes forward; its zero means nothing."""
        return self.asyncio_loop.time()
