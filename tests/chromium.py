"""The Chromium of the browser tests: the system's, else Playwright's own."""

import shutil
import subprocess
import sys
from functools import cache
from typing import Final

import pytest
from playwright.sync_api import sync_playwright

from tests.wall import ROOT

# The path of the system's Chromium. None: Playwright's own, which `make dev` tries to download.
CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")


@cache
def _playwrights_own_starts() -> bool:
    """False where it was not downloaded, or lacks a system library."""
    command = [sys.executable, "-m", "tests.chromium"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120).returncode == 0


def skip_without_chromium() -> None:
    """Skip the test. The system's Chromium must work: where it does not start, tests fail."""
    if CHROMIUM is None and not _playwrights_own_starts():
        pytest.skip("no Chromium: sudo apt install chromium")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        playwright.chromium.launch().close()
