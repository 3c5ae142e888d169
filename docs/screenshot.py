"""Takes docs/wall.png, the picture in the README: a real server, a real log piped into it, a real Chromium.

    make screenshot

The log is the package manager's, shipped the way the README says: `tail | curl -T -`.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import sync_playwright

from tests.wall import Wall

PICTURE: Final = Path(__file__).with_name("wall.png")
PACKAGE_LOG: Final = "/var/log/dpkg.log"
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


def main(log: str) -> None:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        wall = Wall(Path(folder), SETTINGS)
        wall.start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
            page.goto(wall.url)
            shipper = f"tail -n 400 {log} | curl -sS -T - {wall.url}/topics/dpkg"
            subprocess.run(["bash", "-c", shipper], check=True, stdout=subprocess.DEVNULL)
            for topic, level, text in INCIDENT:
                wall.publish(text, topic, level=level)
            page.get_by_text(INCIDENT[-1][2]).wait_for()
            # Counts are drawn a moment later than messages.
            page.get_by_role("navigation").get_by_text("dpkg").wait_for()
            page.get_by_text('"uptime_seconds":4').wait_for()
            page.screenshot(path=str(PICTURE))
        finally:
            browser.close()
            wall.kill()
    print(f"{PICTURE} taken")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else PACKAGE_LOG)
