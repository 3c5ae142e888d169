"""hub/sources/greeting.py: a source whose log fails."""

from collections.abc import Sequence

import pytest

from hub.config import GreetingConfig
from hub.errors import LogFull
from hub.log.protocol import Receipt
from hub.message import Draft
from hub.sources.greeting import Greeting
from tests.waiting import until


@pytest.mark.gen_test
async def test_a_log_that_fails_is_the_logs_to_say(caplog: pytest.LogCaptureFixture) -> None:
    said: list[Draft] = []

    async def publish(drafts: Sequence[Draft]) -> Receipt:
        said.extend(drafts)
        raise LogFull("the disk is full")

    greeting = Greeting(GreetingConfig(kind="greeting", every_seconds=0.1), publish, dict)
    greeting.start()
    await until(lambda: len(said) > 2)
    greeting.stop()
    assert not caplog.records
