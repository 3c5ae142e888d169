"""Messages that mean harm are shown as text, in every field, and nothing of them runs."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence

import pytest
from playwright.sync_api import Page, expect

from tests.browser.figures import HubCollector, Stretch, judged
from tests.browser.hostile import LANGUAGES, STRANGE, XSS
from tests.browser.parts import open_live, role, rows, texts, wait_received
from tests.wall import StartWall, Wall


def publish_all(wall: Wall, messages: Sequence[Mapping[str, object]]) -> None:
    body = "\n".join(json.dumps({"topic": "strange", **message}) for message in messages).encode()
    headers = {"Content-Type": "application/x-ndjson"}
    with urllib.request.urlopen(urllib.request.Request(f"{wall.url}/messages", body, headers), timeout=20) as answer:
        assert json.load(answer)["rejected"] == []


def attacks() -> list[dict[str, object]]:
    """Each in every field that takes it."""
    return [
        {
            "topic": "xss",
            "message": text,
            "source": text.replace("\x1b", "").replace("\x07", "")[:60],
            "data": {text[:200]: [text, {"deep": text}]},
        }
        for text in XSS
    ]


def strange() -> list[dict[str, object]]:
    """Texts, and data deeper and wider than is readable."""
    deep: object = "bottom"
    for _ in range(60):
        deep = [{"k": deep}]
    wide = {f"key {n}": n for n in range(3000)}
    said: list[dict[str, object]] = [{"message": text} for text in STRANGE]
    return [*said, {"message": "deep", "data": deep}, {"message": "wide", "data": wide}]


def test_two_hundred_attacks_in_every_field_are_text(page: Page, wall: Wall) -> None:
    requests: list[str] = []
    page.context.on("request", lambda request: requests.append(request.url))
    page.add_init_script("addEventListener('securitypolicyviolation', () => { globalThis.hacked = 2; })")
    assert len(XSS) > 200
    open_live(page, wall)
    publish_all(wall, attacks())
    wait_received(page, len(XSS))
    expect(rows(page).filter(has_text="<img").first).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    for _ in range(30):  # In the details, too, where addresses become links.
        page.keyboard.press("k")
    expect(role(page, "details")).to_contain_text("xss")
    page.keyboard.press("x")
    expect(role(page, "mode-bar")).to_contain_text("History")
    role(page, "filter").fill("/<img/ OR script")
    expect(page.locator("mark").first).to_be_visible()
    assert page.evaluate("() => globalThis.hacked") is None
    assert "hacked" not in page.title()
    hrefs = page.evaluate("() => [...document.querySelectorAll('a[href]')].map((a) => a.protocol)")
    assert set(hrefs) <= {"http:", "https:"}
    made = ":is(img, script, svg:not(.i), .i :not(use), iframe, object, form, style)"  # Besides the page's own icons.
    assert page.locator(f":is(.row, .details) {made}").count() == 0
    icons = page.locator(":is(.row, .details) .i use").evaluate_all(
        "(all) => all.map((use) => use.getAttribute('href'))"
    )
    assert all(re.fullmatch("#[a-z0-9-]+", href) for href in icons)
    assert [url for url in requests if not url.startswith(wall.url)] == []


def test_strange_texts_keep_the_page_in_one_piece(page: Page, start_wall: StartWall) -> None:
    wall = start_wall("publish:\n  max_message_bytes: 2MiB\n  max_body_bytes: 8MiB\n")
    open_live(page, wall)
    publish_all(wall, strange())
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


HALVES = [
    r'{"topic": "a", "message": "half \ud800 of one"}',
    r'{"topic": "a", "message": "text", "source": "web-\udc00"}',
    r'{"topic": "a", "message": "text", "data": {"\udbff": 1}}',
    r'{"topic": "a", "message": "text", "data": ["\udfff\ud800"]}',
]


@pytest.mark.parametrize("body", HALVES, ids=["message", "source", "key", "value"])
def test_half_a_character_is_refused_by_name_and_reaches_no_page(page: Page, wall: Wall, body: str) -> None:
    """No encoder can write one: it would come out as another text than was published."""
    open_live(page, wall)
    headers = {"Content-Type": "application/json"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(f"{wall.url}/messages", body.encode(), headers), timeout=20)
    assert refused.value.code == 400
    assert "half a surrogate pair" in refused.value.read().decode()
    wall.publish_lines([body, "whole"], topic="lines")  # A line that is no message is a text, as it was written.
    expect(rows(page)).to_have_count(2)
    assert texts(page) == [body, "whole"]


def test_half_a_character_from_the_page_itself_is_refused_in_words(page: Page, wall: Wall) -> None:
    open_live(page, wall)
    page.keyboard.press("p")
    role(page, "publish").get_by_label("Message").fill("with data")
    role(page, "publish").locator("summary").click()
    role(page, "publish").locator("details textarea").fill(r'{"a": "\ud800"}')
    role(page, "publish").get_by_role("button", name="Send").click()
    expect(role(page, "publish-outcome")).to_contain_text("Not sent: ")
    expect(role(page, "publish-outcome")).to_contain_text("half a surrogate pair")
    assert page.locator('[data-notice="failed"]').count() == 0


@pytest.mark.long
@pytest.mark.timeout(600)
def test_no_hostile_message_holds_the_page_up(page: Page, start_wall: StartWall) -> None:
    """While they come, while they are scrolled through, and while each of them is read in full."""

    def run() -> HubCollector:
        wall = start_wall("publish:\n  max_message_bytes: 2MiB\n  max_body_bytes: 8MiB\n")
        open_live(page, wall)
        stretch = Stretch(page)
        publish_all(wall, attacks())
        publish_all(wall, strange())
        wall.publish("x" * 1_000_000)
        wall.publish("\x1b[31mred \x1b[0m" * 90_000)
        wall.publish("line\n" * 200_000)
        publish_all(wall, [{"message": text} for text in LANGUAGES])
        many = len(XSS) + len(strange()) + 3 + len(LANGUAGES)
        wait_received(page, many)
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        for _ in range(many - 1):
            page.keyboard.press("k")
        expect(role(page, "details")).to_contain_text("globalThis")
        role(page, "filter").fill("script OR /x{3}/ OR data.deep:*")
        expect(role(page, "found")).to_contain_text(f"of {many}")
        figures = stretch.end()
        assert page.evaluate("() => globalThis.hacked") is None
        wall.kill()
        return figures

    judged(page, run, lambda figures: figures.longest <= 200)
