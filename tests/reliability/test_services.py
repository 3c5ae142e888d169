"""Services that send webhooks, as real programs: their messages are readable and have the right level."""

import json
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.waiting import block_until
from tests.wall import Wall

ALERTMANAGER = shutil.which("prometheus-alertmanager")
APPRISE = shutil.which("apprise", path=str(Path(sys.executable).parent))
SETTINGS = """
route: {{receiver: eyewall, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: eyewall, webhook_configs: [{{url: '{url}/topics/alerts'}}]}}]
"""


def texts(wall: Wall) -> list[tuple[str, str, str]]:
    """Return text, level and source of all messages."""
    messages = wall.get_json("/messages")["messages"]
    return [(message["message"], message["level"], message.get("source", "")) for message in messages]


@pytest.fixture
def alertmanager(wall: Wall, tmp_path: Path) -> Iterator[str]:
    """Start Debian's Alertmanager with the wall as its receiver, and return its URL."""
    if ALERTMANAGER is None:
        pytest.skip("no Alertmanager: apt-get install prometheus-alertmanager")
    (tmp_path / "alertmanager.yml").write_text(SETTINGS.format(url=wall.url))
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{place.getsockname()[1]}"
    options = [f"--config.file={tmp_path}/alertmanager.yml", f"--storage.path={tmp_path}", "--cluster.listen-address="]
    with (tmp_path / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen([ALERTMANAGER, *options, f"--web.listen-address={address}"], stdout=log, stderr=log)

    def is_ready() -> bool:
        assert process.poll() is None, (tmp_path / "alertmanager.log").read_text()
        with suppress(OSError), urllib.request.urlopen(f"http://{address}/-/ready", timeout=10):
            return True
        return False

    try:
        block_until(is_ready, 60)
        yield f"http://{address}"
    finally:
        process.kill()
        process.wait()


def send_alert(url: str, *, ends: datetime) -> None:
    alert = {
        "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "web-1"},
        "annotations": {"summary": "disk full on web-1"},
        "endsAt": ends.isoformat(),
    }
    body = json.dumps([alert]).encode()
    request = urllib.request.Request(f"{url}/api/v2/alerts", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=60).close()


def test_alertmanager(wall: Wall, alertmanager: str) -> None:
    """It tells that an alert fires, and that it is resolved."""
    now = datetime.now(UTC)
    send_alert(alertmanager, ends=now + timedelta(hours=1))
    firing = ("firing: disk full on web-1 (DiskFull, web-1)", "critical", "eyewall")
    block_until(lambda: texts(wall) == [firing], 60)
    send_alert(alertmanager, ends=now)
    resolved = ("resolved: disk full on web-1 (DiskFull, web-1)", "info", "eyewall")
    block_until(lambda: sorted(texts(wall)) == [firing, resolved], 60)


@pytest.mark.parametrize("scheme", ["json", "form"])
@pytest.mark.parametrize(("kind", "level"), [("info", "info"), ("warning", "warning"), ("failure", "error")])
def test_apprise(wall: Wall, scheme: str, kind: str, level: str) -> None:
    if APPRISE is None:
        pytest.skip("apprise is not installed: make dev")
    url = f"{scheme}://127.0.0.1:{wall.port}/topics/app"
    command = [APPRISE, "-n", kind, "-t", "Backup", "-b", "it is late", url]
    done = subprocess.run(command, capture_output=True, timeout=120)
    assert done.returncode == 0, done
    [(text, got, source)] = texts(wall)
    assert (text, got, source) == ("it is late", level, "apprise")  # The title is in `data`.
