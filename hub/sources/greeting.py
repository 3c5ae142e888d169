"""A source that says the same thing again and again, so that a new wall is not empty."""

import contextlib
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from tornado.ioloop import IOLoop, PeriodicCallback

from hub.config import GreetingConfig
from hub.errors import EyewallError
from hub.log.protocol import Receipt
from hub.message import Draft


class Greeting:
    """Says its message at once and then every `every_seconds`, with what `status` returns as data."""

    def __init__(
        self,
        config: GreetingConfig,
        publish: Callable[[Sequence[Draft]], Awaitable[Receipt]],
        status: Callable[[], dict[str, object]],
    ) -> None:
        self._config = config
        self._publish = publish
        self._status = status
        self._timer = PeriodicCallback(self._greet, config.every_seconds * 1000)

    def start(self) -> None:
        IOLoop.current().add_callback(self._greet)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    async def _greet(self) -> None:
        config = self._config
        data = msgspec.Raw(msgspec.json.encode(self._status()))
        greeting = Draft.parse(
            topic=config.topic, message=config.message, level=config.level, source="eyewall", data=data
        )
        with contextlib.suppress(EyewallError):  # The log has said what is wrong with it.
            await self._publish([greeting])
