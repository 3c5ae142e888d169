"""The config file is edited under a running server, well and badly, in every way in which editors write."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.config.watcher import POLL_SECONDS
from tests.reliability.chromium import open_page
from tests.reliability.reader import OpenReader
from tests.waiting import block_until, until
from tests.wall import StartWall, Wall


def in_place(config: Path, text: str, number: int) -> None:
    """As `echo > file` and nano do."""
    config.write_text(text)


def in_two_steps(config: Path, text: str, number: int) -> None:
    """A slow writer: for a moment the file is half."""
    with config.open("w") as file:
        file.write(text[: len(text) // 2])
        file.flush()
        file.write(text[len(text) // 2 :])


def by_rename(config: Path, text: str, number: int) -> None:
    """As vim and `sed -i` do."""
    new = config.with_suffix(".new")
    new.write_text(text)
    new.replace(config)


def by_symlink_swap(config: Path, text: str, number: int) -> None:
    """As Kubernetes does."""
    target, link = config.with_name(f"version-{number}"), config.with_suffix(".link")
    target.write_text(text)
    link.symlink_to(target)
    link.replace(config)


Write = Callable[[Path, str, int], None]
WRITES: list[Write] = [in_place, in_two_steps, by_rename, by_symlink_swap]


def written(write: Write, config: Path, text: str, number: int) -> bool:
    """False when this process was held up meanwhile, and the server may have seen half of it for long enough."""
    began = time.monotonic()
    write(config, text, number)
    return time.monotonic() - began < POLL_SECONDS / 2


def good(number: int) -> str:
    """Changes a setting that GET / shows."""
    return f"dashboard:\n  title: Wall {number}\nstream:\n  flush_ms: {5 + number}\n"


# Each with a place where the mistake is, by line and column.
BAD: list[tuple[Callable[[int], str], str]] = [
    (lambda number: f"stream:\n  heartbeat_seconds: 0  # {number}\n", ":2:22: stream.heartbeat_seconds: must be"),
    (lambda number: f"# {number}\nstream:\n  hartbeat_seconds: 5\n", ":3:3: stream.hartbeat_seconds: unknown setting"),
    (lambda number: f"dashboard: [{number}\n", ":2:1: "),
    (lambda number: f"# {number}\n\tstream: 1\n", ":2:1: "),
    (lambda number: f"server:\n  port: 1\n  port: {number}\n", ":3:3: server.port: "),
]


@pytest.mark.parametrize("edits", [10, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
@pytest.mark.gen_test(timeout=290)
async def test_edits_half_of_them_broken_drop_no_stream(
    edits: int, start_wall: StartWall, open_reader: OpenReader
) -> None:
    """Every valid edit takes effect; every invalid one is reported with its line to all connected readers."""
    wall = start_wall("{}")
    readers = [await open_reader(wall) for _ in range(5)]
    for reader in readers:
        await reader.opened()
    mistakes = itertools.cycle(BAD)
    halves = 0
    for number in range(edits):
        write, known = WRITES[number // 2 % len(WRITES)], len(readers[0].named("config"))
        if number % 2:
            make, where = next(mistakes)
            at_once = written(write, wall.config, make(number), number)
            status = {"status": "rejected"}
        else:
            where = ""
            at_once = written(write, wall.config, good(number), number)
            status = {"status": "applied"}
        if not at_once:
            await asyncio.sleep(4 * POLL_SECONDS)  # By then it has seen the other half, too.
        for reader in readers:
            await until(lambda reader=reader, known=known: len(reader.named("config")) > known, 60)  # type: ignore[misc]  # bound now
            told = reader.named("config")[-1]
            assert told | status == told, f"{write.__name__}: {told}"
            if where:
                assert where in told["errors"][0], told
                assert str(wall.config) in told["errors"][0]
        halves += len(readers[0].named("config")) - known - 1 if not at_once else 0
        last_good = number - number % 2
        assert f"Wall {last_good}" in await asyncio.to_thread(title, wall)
    assert len(readers[0].named("config")) == edits + halves
    wall.publish("still here")
    for reader in readers:
        await until(lambda reader=reader: reader.messages)  # type: ignore[misc]  # bound now
        assert not reader.has_ended
        assert json.loads(reader.messages[0].data)["message"] == "still here"


@pytest.mark.gen_test(timeout=110)
async def test_a_narrower_limit_is_announced_and_deletes_nothing_when_it_is_changed_back(
    start_wall: StartWall, open_reader: OpenReader
) -> None:
    wall = start_wall("log: {keep_for: 30d}\n")
    wall.publish_lines([str(number) for number in range(500)])
    reader = await open_reader(wall)
    await reader.opened()
    wall.config.write_text("log:\n  keep_for: 1s\n")
    [notice] = await until(lambda: reader.named("notice"), 60)
    assert notice["text"].startswith(f"log.keep_for 1: will delete {notice['count']} messages at ")
    assert notice["count"] >= 499
    assert notice["text"] in wall.log
    wall.config.write_text("log:\n  keep_for: 30d\n")
    await until(lambda: reader.named("notice")[1:], 60)
    assert reader.named("notice")[-1] == {"kind": "will_delete", "text": "", "count": 0}
    assert wall.metrics()["eyewall_messages_kept"] >= 500


def test_a_bad_edit_is_shown_on_the_open_page_until_it_is_corrected(wall: Wall) -> None:
    """The page shows the place of the mistake, so the operator need not search the log."""
    with open_page(wall.url, "body") as page:
        block_until(lambda: "live" in "".join(page.shown).lower(), 100)
        for write, (make, where) in zip(WRITES, BAD, strict=False):
            write(wall.config, make(1), 1)
            block_until(lambda where=where: where in "".join(page.shown), 60)  # type: ignore[misc]  # bound now
        by_rename(wall.config, good(2), 2)
        block_until(lambda: "must be" not in "".join(page.shown) and "unknown setting" not in "".join(page.shown), 60)
        assert page.console == []


def title(wall: Wall) -> str:
    found = re.search("<title>(.*?)</title>", wall.get("/").decode(), re.DOTALL)
    assert found
    return found[1]
