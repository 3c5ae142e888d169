"""The loggers that programs use, writing into a pipe to curl: each part of a record is found.

The summary of the run shows the table: each logger, and a tick for each part that was found.
"""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.waiting import block_until
from tests.wall import Wall

CLIENTS = Path(__file__).parent.parent / "clients"
NODE = ["node", str(CLIENTS / "loggers.js")]
PYTHON = [sys.executable, str(CLIENTS / "loggers.py")]
# Loggers, and the source where it is another than "shop".
LOGGERS: dict[str, tuple[list[str], str]] = {
    **dict.fromkeys(("pino", "winston", "bunyan"), (NODE, "shop")),
    **dict.fromkeys(("structlog", "ecs-logging", "logging.HTTPHandler"), (PYTHON, "shop")),
    "python-json-logger": (PYTHON, "shop"),
    "loguru": (PYTHON, "__main__"),
}
MISSING = 3  # Exit status of a program when its logger is not installed.


def is_time(text: object) -> bool:
    """Return True for an absolute time, in one of the ways in which these loggers write it."""
    if not isinstance(text, str):
        return False
    try:
        return datetime.fromisoformat(text.replace(",", ".")).year > 2000
    except ValueError:
        return False


@pytest.mark.parametrize("logger", LOGGERS)
def test_each_part_of_a_logger_s_record_is_found(wall: Wall, figures: Callable[..., None], logger: str) -> None:
    command, source = LOGGERS[logger]
    url = f"{wall.url}/topics/app"
    written = subprocess.run([*command, logger, url], stdout=subprocess.PIPE, timeout=120)
    if written.returncode == MISSING:
        pytest.skip(f"{logger} is not installed: make dev")
    assert written.returncode == 0
    if written.stdout:
        subprocess.run(["curl", "-sfT", "-", url], input=written.stdout, check=True, timeout=120, capture_output=True)
    block_until(lambda: wall.get_json("/messages")["messages"])
    [message] = wall.get_json("/messages")["messages"]
    data = message.get("data", {})
    parts = {
        "text": message["message"] == "disk full",
        "level": message["level"] == "error",
        "source": message.get("source") == source,
        "time": is_time(data.get("time")),
        "fields": "7" in str(data),
    }
    figures(**{name: "✓" if is_found else "✗" for name, is_found in parts.items()})
    assert all(parts.values()), (message, written.stdout)
