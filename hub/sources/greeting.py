"""A source that repeats one message, so that a new wall is not empty."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from hub.config import GreetingConfig
from hub.errors import EyewallError
from hub.log.protocol import Receipt
from hub.message import Draft


async def greet(
    config: GreetingConfig,
    publish: Callable[[Sequence[Draft]], Awaitable[Receipt]],
    status: Callable[[], dict[str, object]],
) -> None:
    """Publish the message every `every_seconds`, with the result of `status` as data, until cancelled."""
    while True:
        data = msgspec.Raw(msgspec.json.encode(status()))
        greeting = Draft.parse(
            topic=config.topic, message=config.message, level=config.level, source="eyewall", data=data
        )
        with contextlib.suppress(EyewallError):  # The log reports its own failures.
            await publish([greeting])
        await asyncio.sleep(config.every_seconds)
