"""hub/sources/__init__.py: sources run, fail, start again and change with the config."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub.config import GreetingConfig, SourceConfig
from hub.sources import Sources
from tests.waiting import until

ONE, TWO, OTHER = (GreetingConfig(kind="greeting", message=text) for text in ("one", "two", "other"))


async def go_on() -> None:
    await asyncio.Event().wait()


async def break_down() -> None:
    raise ValueError("no such file")


async def break_down_later() -> None:
    await asyncio.sleep(0.01)
    raise ValueError("no such file")


async def end() -> None:
    """Return at once."""


class Probe:
    """Runs `life` for each source, and notes each start and stop."""

    def __init__(self, life: Callable[[], Awaitable[object]] = go_on) -> None:
        self.started: list[str] = []
        self.stopped: list[str] = []
        self._life = life

    async def run(self, config: SourceConfig) -> None:
        self.started.append(config.message)
        try:
            await self._life()
        finally:
            self.stopped.append(config.message)


@pytest.mark.gen_test
async def test_an_edit_restarts_only_the_sources_that_differ() -> None:
    probe = Probe()
    sources = Sources(probe.run)
    sources.configure([ONE, TWO])
    await until(lambda: probe.started == ["one", "two"])
    sources.configure([OTHER, TWO])
    await until(lambda: probe.started == ["one", "two", "other"] and probe.stopped == ["one"])
    assert [one.config for one in sources.running] == [OTHER, TWO]
    sources.stop()
    sources.stop()
    await until(lambda: len(probe.stopped) == 3)


@pytest.mark.gen_test
async def test_equal_sources_are_counted() -> None:
    probe = Probe()
    sources = Sources(probe.run)
    sources.configure([ONE, ONE])
    await until(lambda: probe.started == ["one", "one"])
    sources.configure([ONE])
    await until(lambda: probe.stopped == ["one"])
    sources.configure([TWO, ONE])
    await until(lambda: probe.started == ["one", "one", "two"])
    sources.stop()
    await until(lambda: len(probe.stopped) == 3)


@pytest.mark.parametrize(("life", "error"), [(break_down, "ValueError: no such file"), (end, "it ended")])
@pytest.mark.gen_test
async def test_a_dead_source_is_logged_and_starts_again_after_a_growing_delay(
    life: Callable[[], Awaitable[object]], error: str, caplog: pytest.LogCaptureFixture
) -> None:
    probe = Probe(life)
    sources = Sources(probe.run, first_delay=0.001, longest_delay=0.004)
    sources.configure([ONE])
    await until(lambda: len(probe.started) >= 5)
    sources.stop()
    assert sources.running == []
    expected = [f"source greeting failed: {error}; next start in {delay} s" for delay in ("0.001", "0.002", "0.004")]
    assert [record.getMessage() for record in caplog.records][:4] == [*expected, expected[-1]]


@pytest.mark.gen_test
async def test_after_a_long_run_the_delay_is_short_again(caplog: pytest.LogCaptureFixture) -> None:
    probe = Probe(break_down_later)
    sources = Sources(probe.run, first_delay=0.001, longest_delay=0.005)
    sources.configure([ONE])
    await until(lambda: len(probe.started) >= 4)
    sources.stop()
    assert all("next start in 0.001 s" in record.getMessage() for record in caplog.records)


@pytest.mark.gen_test
async def test_the_last_error_of_a_source_can_be_read() -> None:
    sources = Sources(Probe(break_down).run)
    sources.configure([ONE])
    await until(lambda: sources.running[0].error == "ValueError: no such file")
    sources.stop()


@pytest.mark.gen_test
async def test_a_source_that_cannot_start_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    probe = Probe()

    def fail(config: SourceConfig) -> Awaitable[None]:
        if config == ONE:
            raise OSError("no such device")
        return probe.run(config)

    sources = Sources(fail)
    sources.configure([ONE, TWO])
    await until(lambda: probe.started == ["two"] and caplog.records)
    sources.stop()
