"""hub/sources/greeting.py: a source with a failing log."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from hub.config import GreetingConfig
from hub.errors import LogFull
from hub.log.protocol import Receipt
from hub.message import Draft
from hub.sources.greeting import greet
from tests.waiting import until


@pytest.mark.gen_test
async def test_a_greeting_goes_on_while_the_log_fails_and_leaves_the_report_to_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    published: list[Draft] = []

    async def publish(drafts: Sequence[Draft]) -> Receipt:
        published.extend(drafts)
        raise LogFull("the disk is full")

    task = asyncio.ensure_future(greet(GreetingConfig(kind="greeting", every_seconds=0.1), publish, dict))
    await until(lambda: len(published) > 2)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not caplog.records
