"""The lines that the server writes about itself."""

import json
import logging
import os
from collections.abc import Iterator
from typing import Literal

import pytest

from hub.config import LoggingConfig
from hub.process_logging import QUEUED_LINES, LogOutput

logger = logging.getLogger("eyewall.test")


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """As they were."""
    before = {name: logging.getLogger(name).level for name in ("", "asyncio")}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def break_something() -> None:
    """What is said of an error whose text comes from outside, with what would be a line of ours."""
    try:
        raise ValueError("bad\n2026-11-23T00:00:00.000Z INFO eyewall: all is \x1b[32mwell")
    except ValueError:
        logger.exception("%s broke\nin two", "it")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a thread that has its turn late; where somebody reads, the end may wait."""
    monkeypatch.setattr("hub.process_logging.STOP_SECONDS", 60)


def written(form: Literal["text", "json"]) -> list[str]:
    reading, writing = os.pipe()
    logs = LogOutput(LoggingConfig(format=form), writing)
    logs.start()
    break_something()
    logger.info("and on")
    logs.stop()
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


@pytest.mark.usefixtures("patience")
def test_a_traceback_stands_set_in_below_its_line_so_that_nothing_in_it_passes_for_one() -> None:
    first, *traceback, last = written("text")
    assert first.endswith("Z ERROR eyewall.test: it broke\\nin two")
    assert traceback[0] == "    Traceback (most recent call last):"
    assert traceback[-1] == "    2026-11-23T00:00:00.000Z INFO eyewall: all is \\x1b[32mwell"
    assert all(line.startswith("    ") for line in traceback)
    assert last.endswith("Z INFO eyewall.test: and on")


@pytest.mark.usefixtures("patience")
def test_as_json_each_event_is_one_line_and_the_traceback_a_field() -> None:
    broken, fine = map(json.loads, written("json"))
    assert broken["message"] == "it broke\nin two"
    assert broken["error"].startswith("Traceback")
    assert fine == {"time": fine["time"], "level": "info", "logger": "eyewall.test", "message": "and on"}


def test_when_nobody_reads_lines_are_dropped_and_counted_and_the_end_does_not_wait() -> None:
    reading, writing = os.pipe()
    logs = LogOutput(LoggingConfig(), writing)
    logs.start()
    for _ in range(QUEUED_LINES + 5000):
        logger.info("nobody reads this")
    logs.stop()
    assert 0 < len(os.read(reading, 1 << 20)) < QUEUED_LINES * 20
    os.close(reading)
