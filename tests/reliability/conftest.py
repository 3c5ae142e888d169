"""Real processes for the tests in this folder."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from tests.reliability.reader import OpenReader, Reader


@pytest.fixture
def open_reader(io_loop: IOLoop) -> Iterator[OpenReader]:
    """Opens streams, for tests that run on the loop."""
    opened: list[Reader] = []

    async def open_one(*args: Any, **kwargs: Any) -> Reader:
        reader = await Reader.open(*args, **kwargs)
        opened.append(reader)
        return reader

    async def close_all() -> None:
        for reader in opened:
            await reader.reset()

    yield open_one
    io_loop.run_sync(close_all)


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Say what was counted and measured: shown at the end of the run, beside PASS or FAIL."""

    def say(**values: object) -> None:
        for name, value in values.items():
            record_property(name, value)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each test that has figures."""
    for outcome, word in (("passed", "PASS"), ("failed", "FAIL")):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call" and report.user_properties:
                said = ", ".join(f"{name} {value}" for name, value in report.user_properties)
                terminalreporter.write_line(f"{word} {report.nodeid.rpartition('::')[2]}: {said}")
