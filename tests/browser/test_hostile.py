"""Messages that mean harm are shown as text, in every field, and nothing of them runs."""

import json
import urllib.request
from collections.abc import Mapping, Sequence

from playwright.sync_api import Page, expect

from tests.browser.hostile import LANGUAGES, STRANGE, XSS
from tests.browser.parts import open_live, role, rows, texts, wait_received
from tests.wall import StartWall, Wall


def publish_all(wall: Wall, messages: Sequence[Mapping[str, object]]) -> None:
    body = "\n".join(json.dumps({"topic": "strange", **message}) for message in messages).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    with urllib.request.urlopen(urllib.request.Request(f"{wall.url}/messages", body, headers), timeout=20) as answer:
        assert json.load(answer)["rejected"] == []


def test_two_hundred_attacks_in_every_field_are_text(page: Page, wall: Wall) -> None:
    requests: list[str] = []
    page.context.on("request", lambda request: requests.append(request.url))
    page.add_init_script("addEventListener('securitypolicyviolation', () => { globalThis.hacked = 2; })")
    assert len(XSS) > 200
    open_live(page, wall)
    publish_all(
        wall,
        [
            {
                "topic": "xss",
                "message": text,
                "source": text.replace("\x1b", "").replace("\x07", "")[:60],
                "data": {text[:200]: [text, {"deep": text}]},
            }
            for text in XSS
        ],
    )
    wait_received(page, len(XSS))
    expect(rows(page).filter(has_text="<img").first).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    for _ in range(30):  # In the details, too, where addresses become links.
        page.keyboard.press("k")
    expect(role(page, "details")).to_contain_text("xss")
    page.keyboard.press("x")
    expect(role(page, "mode-bar")).to_contain_text("From the server’s history.")
    role(page, "filter").fill("/<img/ OR script")
    assert page.evaluate("() => globalThis.hacked") is None
    assert "hacked" not in page.title()
    hrefs = page.evaluate("() => [...document.querySelectorAll('a[href]')].map((a) => a.protocol)")
    assert set(hrefs) <= {"http:", "https:"}
    assert page.locator(":is(.row, .details) :is(img, script, svg, iframe, object, form, style)").count() == 0
    assert [url for url in requests if not url.startswith(wall.url)] == []


def test_strange_texts_keep_the_page_in_one_piece(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("publish:\n  max_message_bytes: 2MiB\n  max_body_bytes: 8MiB\n")
    open_live(page, wall)
    deep: object = "bottom"
    for _ in range(60):
        deep = [{"k": deep}]
    wide = {f"key {n}": n for n in range(3000)}
    publish_all(
        wall,
        [{"message": text} for text in STRANGE]
        + [{"message": "deep", "data": deep}, {"message": "wide", "data": wide}],
    )
    wall.publish("x" * 1_000_000)
    publish_all(wall, [{"message": text} for text in LANGUAGES])
    many = len(STRANGE) + 3 + len(LANGUAGES)
    wait_received(page, many)
    assert len(LANGUAGES) >= 40
    expect(rows(page).filter(has_text=LANGUAGES[-1])).to_have_count(1)
    seen = texts(page)
    assert seen == LANGUAGES[-len(seen) :]
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    for _ in range(many - 1):
        page.keyboard.press("k")
    expect(role(page, "details")).to_contain_text("gnp.exe")
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    heights = page.locator(".row:not([hidden])").evaluate_all("(rows) => rows.map((row) => row.offsetHeight)")
    assert set(heights) == {24}
    assert page.locator('[data-notice="failed"]').count() == 0


def test_a_megabyte_of_text_is_shown_in_part_and_then_in_whole(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("publish:\n  max_message_bytes: 2MiB\n  max_body_bytes: 8MiB\n")
    open_live(page, wall)
    wall.publish("y" * 1_000_000)
    row = rows(page).first
    expect(row).to_be_visible()
    assert len(row.inner_text()) < 600
    row.click()
    details = role(page, "details").locator(".full-text")
    assert len(details.inner_text()) == 2048
    role(page, "details").get_by_role("button", name="Show all 1.0 MB").click()
    assert len(role(page, "details").locator(".full-text").inner_text()) == 1_000_000
