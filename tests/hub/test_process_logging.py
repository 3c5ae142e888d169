"""hub/process_logging.py: the lines that the server writes on standard error."""

import json
import logging
import os
import select
from collections.abc import Iterator
from typing import Literal

import pytest

from hub.config import LoggingConfig
from hub.process_logging import QUEUED_LINES, LogOutput
from tests.waiting import block_until

logger = logging.getLogger("eyewall.test")


@pytest.fixture(autouse=True)
def levels() -> Iterator[None]:
    """Restore the loggers' levels."""
    before = {name: logging.getLogger(name).level for name in ("", "asyncio")}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def log_an_error() -> None:
    """Log an exception with a text from a client that looks like a log line."""
    try:
        raise ValueError("bad\n2026-11-23T00:00:00.000Z INFO eyewall: all is \x1b[32mwell")
    except ValueError:
        logger.exception("%s broke\nin two", "it")


def written(form: Literal["text", "json"]) -> list[str]:
    reading, writing = os.pipe()
    logs = LogOutput(LoggingConfig(format=form), writing, stop_seconds=60)  # The pipe is read: stop may wait.
    logs.start()
    log_an_error()
    logger.info("and on")
    logs.stop()
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


def test_a_traceback_is_indented_so_that_no_line_of_it_passes_for_a_log_line() -> None:
    first, *traceback, last = written("text")
    assert first.endswith("Z ERROR eyewall.test: it broke\\nin two")
    assert traceback[0] == "    Traceback (most recent call last):"
    assert traceback[-1] == "    2026-11-23T00:00:00.000Z INFO eyewall: all is \\x1b[32mwell"
    assert all(line.startswith("    ") for line in traceback)
    assert last.endswith("Z INFO eyewall.test: and on")


def test_as_json_an_event_is_one_line_with_the_traceback_as_a_field() -> None:
    broken, fine = map(json.loads, written("json"))
    assert broken["message"] == "it broke\nin two"
    assert broken["error"].startswith("Traceback")
    assert fine == {"time": fine["time"], "level": "info", "logger": "eyewall.test", "message": "and on"}


def test_with_a_full_pipe_lines_are_dropped_and_stop_does_not_wait() -> None:
    reading, writing = os.pipe()
    logs = LogOutput(LoggingConfig(), writing)
    logs.start()
    for _ in range(QUEUED_LINES + 5000):
        logger.info("this is not read")
    block_until(lambda: select.select([reading], [], [], 0)[0])  # The thread has begun to write.
    logs.stop()
    assert 0 < len(os.read(reading, 1 << 20)) < QUEUED_LINES * 20
    os.close(reading)
