"""A page in a real Chromium, as a process of its own that tells what it shows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from tests.chromium import skip_without_chromium
from tests.reliability.client import CLIENTS


class Page:
    """`shown` is the text of each element that matches the selector, as it is now; `console` what Chromium said."""

    def __init__(self, address: str, selector: str) -> None:
        self.shown: list[str] = []
        self.console: list[str] = []
        command = [sys.executable, str(CLIENTS / "chromium.py"), address, selector]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said = json.loads(line)
            self.shown, self.console = said.get("shown", self.shown), self.console + said.get("console", [])

    def close(self) -> None:
        """SIGTERM, at which Playwright's driver takes the browser with it."""
        self._process.terminate()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def open_page(address: str, selector: str) -> Iterator[Page]:
    """Skip the test where no Chromium can be started."""
    skip_without_chromium()
    page = Page(address, selector)
    try:
        yield page
    finally:
        page.close()
