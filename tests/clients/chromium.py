"""Opens an address in Chromium, and prints what is shown under a CSS selector whenever that changes.

Lines of JSON: {"shown": [text, …]}, and {"console": [text]} for what Chromium has to say.
"""

import json
import shutil
import sys

from playwright.sync_api import sync_playwright

WATCH = """selector => {
  let last;
  const look = () => {
    const texts = [...document.querySelectorAll(selector)].filter(e => e.checkVisibility()).map(e => e.innerText);
    const now = JSON.stringify(texts);
    if (now !== last) {
      last = now;
      tell(texts);
    }
  };
  const all = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver(look).observe(document, all);
  look();
}"""


def tell(**said: list[str]) -> None:
    """To the test that started this."""
    print(json.dumps(said), flush=True)


address, selector = sys.argv[1:]
with sync_playwright() as playwright:
    installed = shutil.which("chromium") or shutil.which("google-chrome")
    page = playwright.chromium.launch(executable_path=installed).new_page()
    page.on("console", lambda message: tell(console=[message.text]))
    page.expose_function("tell", lambda texts: tell(shown=texts))
    page.goto(address)
    page.evaluate(WATCH, selector)
    page.wait_for_event("close", timeout=0)
