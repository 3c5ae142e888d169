"""Takes docs/wall.png, the picture in the README: a real server, a real log piped into it, a real Chromium.

    make screenshot

The log is the package manager's, shipped the way the README says, with `curl -T -`; half a minute of it, in
fits and starts, with an incident near the end.
"""

import math
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import sync_playwright

from tests.chromium import CHROMIUM
from tests.wall import Wall

PICTURE: Final = Path(__file__).with_name("wall.png")
PACKAGE_LOG: Final = "/var/log/dpkg.log"
LINES: Final = 500
SETTINGS: Final = """\
dashboard: {title: ops-1}
sources: [{kind: greeting, every_seconds: 1}]
"""
INCIDENT: Final = (
    ("api.auth", "info", "login ana@example.com from 10.0.0.12"),
    ("db.primary", "warning", "slow query 2150 ms: SELECT … FROM orders WHERE customer = 4711"),
    ("api.payments", "error", "timeout calling payments after 3 tries"),
    ("host.web-1", "critical", "disk full: /var/lib/postgresql"),
    ("db.primary", "info", "vacuum done, 120 rows"),
)


def ship(wall: Wall, lines: Sequence[str]) -> None:
    """Now fast, now slow, so that the histogram has something to show."""
    curl = ["curl", "-sS", "-T", "-", f"{wall.url}/topics/dpkg"]
    with subprocess.Popen(curl, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, encoding="utf-8") as shipper:
        assert shipper.stdin is not None
        told = {len(lines) - 4 * n: said for n, said in enumerate(reversed(INCIDENT), 1)}
        for n, line in enumerate(lines):
            print(line, file=shipper.stdin, flush=True)
            if n in told:
                topic, level, text = told[n]
                wall.publish(text, topic, level=level)
            time.sleep(0.06 * (1 + math.sin(n / 30)))


def main(log: str) -> None:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        wall = Wall(Path(folder), SETTINGS)
        wall.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page.goto(wall.url)
            page.get_by_role("button", name="1 minute").click()
            ship(wall, Path(log).read_text("utf-8", "replace").strip().split("\n")[-LINES:])
            page.get_by_text(INCIDENT[-1][2]).wait_for()
            # Counts are drawn a moment later than messages.
            page.wait_for_timeout(1000)
            page.screenshot(path=str(PICTURE))
        finally:
            browser.close()
            wall.close()
    print(f"{PICTURE} taken")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else PACKAGE_LOG)
