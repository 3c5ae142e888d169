"""The documents are true: each command of the README runs, and its table is the settings'."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hub.config import Config, to_yaml_values
from tests.wall import ROOT, Wall, walls

README: Final = (ROOT / "README.md").read_text("utf-8")
CURL_WRITE_ERROR: Final = 23  # curl's exit status when the reader of its output has closed the pipe.
PATIENCE_SECONDS: Final = 60  # On a machine that is busy with other things.


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wall]:
    with walls(tmp_path_factory.mktemp("docs")) as start:
        yield start("stream: {heartbeat_seconds: 1}")  # So often a stream notices that its reader has gone.


def commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.split("\n") if "localhost:3030" in line]


@pytest.mark.parametrize("command", commands())
def test_each_command_of_the_readme_runs(wall: Wall, command: str, tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("a line\n")
    limits = f"curl -sS --fail-with-body --max-time {PATIENCE_SECONDS}"
    ran = command.replace("localhost:3030", f"{wall.host}:{wall.port}").replace("curl", limits, 1)
    # A log that is followed for hours is followed to its end; a stream, which has none, to its first words.
    ran = re.sub(r"tail -F \S+", f"cat {log}", ran) + (" | head -n 1" if " -N " in command else "")
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {ran}"], capture_output=True, text=True, timeout=2 * PATIENCE_SECONDS
    )
    assert done.returncode == (CURL_WRITE_ERROR if " -N " in command else 0), (ran, done.stdout, done.stderr)
    assert done.stdout, "it says nothing"


def test_the_table_of_settings_is_the_settings() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (.*?) \|", README, re.MULTILINE))
    expected = {}
    for section, values in to_yaml_values(Config()).items():
        for name, text in values.items() if isinstance(values, dict) else ():
            expected[f"{section}.{name}"] = f"`{text}`" if text != "" else '`""`'
    assert rows.pop("sources") == "one greeting"
    assert rows == expected


def test_what_the_documents_name_is_there() -> None:
    """Files in links and in `code` that look like ours."""
    for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text("utf-8")
        named = set(re.findall(r"\]\(([\w/.-]+)\)", text))
        named |= set(re.findall(r"`((?:hub|handlers|static|tests|benchmarks|docs)/[\w/.-]*)`", text))
        missing = sorted(path for path in named if not (ROOT / path).exists())
        assert not missing, f"{name}: {missing}"
