"""hub/config/watcher.py: a valid edit is applied and an invalid one reported, however the file is written."""

import os
import random
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from tornado.ioloop import IOLoop

from hub.config import Change, Config, GreetingConfig
from hub.config.file import content_of, load
from hub.config.watcher import ConfigWatcher
from tests.waiting import until


class Edited:
    """A config file under a watcher, and the watcher's reports: key → values, or the errors."""

    def __init__(self, path: Path, *, open_end_seconds: float = 0) -> None:
        self.path = path
        self.reports: list[str] = []
        self.config = load(path, {}) if path.exists() else Config()
        self.watcher = ConfigWatcher(
            path,
            lambda text: load(path, {}, content=text),
            self.config,
            self.applied,
            self.rejected,
            poll_seconds=0.02,
            open_end_seconds=open_end_seconds,
        )
        self.look()

    def applied(self, config: Config, changes: tuple[Change, ...]) -> None:
        self.config = config
        self.reports.append("applied " + ", ".join(map(str, changes)))

    def rejected(self, errors: tuple[str, ...]) -> None:
        self.reports.append("rejected " + ", ".join(error.removeprefix(f"{self.path}:").strip() for error in errors))

    def write(self, text: str, path: Path | None = None) -> None:
        (path or self.path).write_text(text)

    def poll(self) -> None:
        if callback := self.watcher.poll():
            callback()

    def look(self) -> list[str]:
        """Poll twice. Return the reports since the last time."""
        self.poll()
        self.poll()
        reports, self.reports = self.reports, []
        return reports


GOOD = "stream: {flush_ms: 10}\n"
BETTER = "stream: {flush_ms: 20}\n"
BAD = "stream: {flush_ms: soon}\n"
REJECTED = "rejected 1:20: stream.flush_ms: must be a whole number between 2 and 1000, not 'soon'"


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD)
    return Edited(path)


def test_an_untouched_file_is_not_reported(edited: Edited) -> None:
    assert edited.look() == []


def test_a_valid_edit_is_applied_with_its_changes(edited: Edited) -> None:
    edited.write(BETTER)
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]
    assert edited.config.stream.flush_ms == 20
    assert edited.look() == []


def test_an_edit_without_effect_is_not_reported(edited: Edited) -> None:
    edited.write("# a comment\n" + GOOD)
    assert edited.look() == []


def test_a_bad_edit_is_reported_once_and_changes_nothing(edited: Edited) -> None:
    edited.write(BAD)
    assert edited.look() == [REJECTED]
    assert edited.look() == []
    edited.write(BAD)  # Saved again as it was.
    assert edited.look() == []
    assert edited.config.stream.flush_ms == 10


def test_another_mistake_is_reported_anew(edited: Edited) -> None:
    edited.write(BAD)
    edited.look()
    edited.write("\n" + BAD)
    assert edited.look() == [REJECTED.replace("1:20", "2:20")]


def test_a_repair_is_reported_even_without_a_change(edited: Edited) -> None:
    """Otherwise the page would keep its warning."""
    edited.write(BAD)
    edited.look()
    edited.write(GOOD)
    assert edited.look() == ["applied "]
    assert edited.look() == []


def test_a_repair_is_compared_with_the_running_settings_not_the_broken_ones(edited: Edited) -> None:
    edited.write(BAD)
    edited.look()
    edited.write(BETTER)
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]


def test_a_half_written_file_is_left_alone_until_it_rests(edited: Edited) -> None:
    for length in range(1, len(BETTER)):
        edited.write(BETTER[:length])
        edited.poll()
    edited.write(BETTER)
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]


def test_a_file_replaced_by_rename_is_seen_each_time(edited: Edited) -> None:
    """As sed -i and most editors write; it is another inode afterwards."""
    for text, expected in ((BETTER, "10 → 20"), (GOOD, "20 → 10"), (BETTER, "10 → 20")):
        new = edited.path.with_suffix(".new")
        edited.write(text, new)
        new.replace(edited.path)
        assert edited.look() == [f"applied stream.flush_ms {expected}"]


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_seen(edited: Edited) -> None:
    """As cp -p and rsync -t leave it behind."""
    before = edited.path.stat()
    new = edited.path.with_suffix(".new")
    new.write_text(BETTER)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(edited.path)
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]


def test_an_edit_in_place_that_keeps_size_and_time_is_seen(edited: Edited) -> None:
    """As on a file server with times in whole seconds."""
    before = edited.path.stat()
    edited.write(BETTER)
    os.utime(edited.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]


def test_a_swapped_symlink_is_seen_each_time(tmp_path: Path) -> None:
    """Kubernetes: config.yaml → ..data/config.yaml, ..data → a folder that is replaced by rename."""
    path = tmp_path / "config.yaml"
    path.symlink_to(Path("..data") / "config.yaml")

    def publish(version: str, text: str) -> None:
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.yaml").write_text(text)
        (tmp_path / "..tmp").symlink_to(version)
        (tmp_path / "..tmp").rename(tmp_path / "..data")

    publish("..1", GOOD)
    edited = Edited(path)
    publish("..2", BETTER)
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]
    publish("..3", BAD)
    assert edited.look() == [REJECTED]
    publish("..4", GOOD)
    assert edited.look() == ["applied stream.flush_ms 20 → 10"]


def test_a_file_that_vanishes_is_reported_once_and_its_settings_stay(edited: Edited) -> None:
    edited.path.rename(edited.path.with_suffix(".away"))
    assert edited.look() == ["rejected the file is gone; its settings stay in force until it is back"]
    assert edited.look() == []
    edited.path.with_suffix(".away").rename(edited.path)
    assert edited.look() == ["applied "]


def test_a_file_that_is_away_for_one_look_was_never_gone(edited: Edited) -> None:
    edited.path.unlink()
    edited.poll()
    edited.write(BETTER)
    assert edited.look() == ["applied stream.flush_ms 10 → 20"]


def test_a_file_that_never_existed_is_not_reported_until_it_appears(tmp_path: Path) -> None:
    edited = Edited(tmp_path / "config.yaml")
    assert edited.look() == []
    edited.write(GOOD)
    assert edited.look() == ["applied stream.flush_ms 5 → 10"]


def test_a_file_that_cannot_be_read_any_more_is_reported(edited: Edited) -> None:
    edited.path.unlink()
    edited.path.symlink_to(edited.path)
    assert edited.look() == ["rejected cannot be read: Too many levels of symbolic links"]
    edited.path.unlink()
    edited.path.mkdir()
    assert edited.look() == ["rejected is a folder: name the file in it"]


def test_an_edit_between_loading_and_watching_is_not_missed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(BETTER)
    said: list[Config] = []
    watcher = ConfigWatcher(
        path, lambda text: load(path, {}, content=text), Config(), lambda config, _: said.append(config), print
    )
    assert watcher.poll() is None
    callback = watcher.poll()
    assert callback is not None
    callback()
    assert [config.stream.flush_ms for config in said] == [20]


def test_a_write_that_begins_right_after_the_second_read_is_not_applied(tmp_path: Path) -> None:
    """Otherwise half a file would take effect, although two equal reads are required."""
    edited = Edited(tmp_path / "config.yaml")
    edited.write(BETTER)
    reads = 0

    def content(path: Path) -> str:
        nonlocal reads
        text = content_of(path)
        reads += 1
        if reads == 2:
            edited.write("stream:")
        return text

    def loaded(text: str) -> Config:
        return load(edited.path, {}, content=text)

    watcher = ConfigWatcher(edited.path, loaded, Config(), edited.applied, print, content=content)
    assert watcher.poll() is None
    callback = watcher.poll()
    assert callback is not None
    callback()
    assert edited.config.stream.flush_ms == 20


def ways_to_write(edited: Edited) -> Iterator[str]:
    """In place, by rename, and by symlink, in random order; the names of the ways."""
    dice = random.Random(7)
    for number in range(1000):
        way = dice.choice(["in place", "rename", "symlink"])
        text = dice.choice([BAD, "\tx", "stream: {flush: 1}", f"stream: {{flush_ms: {2 + number % 900}}}"])
        new = edited.path.with_name(f"{number}.yaml")
        if way == "in place":
            edited.write(text)
        elif way == "rename":
            edited.write(text, new)
            new.replace(edited.path)
        else:
            edited.write(text, new)
            link = edited.path.with_name("link")
            link.symlink_to(new)
            link.replace(edited.path)
        yield text


def test_a_thousand_edits_are_each_taken_or_reported(edited: Edited) -> None:
    last = None
    for text in ways_to_write(edited):
        said = edited.look()
        if "flush_ms: " in text and text != BAD:
            assert edited.config.stream.flush_ms == int(text.strip("}").split()[-1])
            assert [line.split()[0] for line in said] == ["applied"]
        else:
            assert [line.split()[0] for line in said] == (["rejected"] if text != last else [])
        last = text


def test_an_internal_error_is_reported_like_an_error_of_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edited = Edited(tmp_path / "config.yaml")
    edited.write(GOOD)

    def fail(_: str) -> Config:
        raise AttributeError("a defect of ours")

    watcher = ConfigWatcher(edited.path, fail, Config(), edited.applied, edited.rejected)
    assert watcher.poll() is None
    callback = watcher.poll()
    assert callback is not None
    callback()
    assert edited.reports == ["rejected cannot be loaded: internal error, see the server's log"]
    assert caplog.records[0].exc_info


@pytest.mark.gen_test
async def test_a_started_watcher_polls_until_it_is_stopped(edited: Edited, io_loop: IOLoop) -> None:
    stopped, going = Edited(edited.path), Edited(edited.path)
    stopped.watcher.start(io_loop)
    going.watcher.start(io_loop)
    edited.write(BETTER)
    await until(lambda: stopped.reports and going.reports)
    assert stopped.reports == going.reports == ["applied stream.flush_ms 10 → 20"]
    stopped.watcher.stop()
    stopped.watcher.stop()
    edited.write(GOOD)
    await until(lambda: going.reports[1:])  # The other one, started first, would have seen it too.
    assert stopped.reports[1:] == []
    going.watcher.stop()


@pytest.mark.gen_test
async def test_a_read_that_hangs_does_not_stop_the_loop(edited: Edited, io_loop: IOLoop) -> None:
    """As on a file server that does not answer. The first edit after it is applied."""
    hung, answers = threading.Event(), threading.Event()

    def content(path: Path) -> str:
        hung.set()
        answers.wait()
        return content_of(path)

    watcher = ConfigWatcher(
        edited.path,
        lambda text: load(edited.path, {}, content=text),
        edited.config,
        edited.applied,
        print,
        content=content,
        poll_seconds=0,
    )
    watcher.start(io_loop)
    edited.write(BETTER)
    await until(hung.is_set)
    turns = iter(range(100))
    await until(lambda: next(turns) == 10)  # The loop goes on.
    assert edited.reports == []
    answers.set()
    await until(lambda: edited.reports == ["applied stream.flush_ms 10 → 20"])
    watcher.stop()


@pytest.mark.gen_test
async def test_a_late_read_is_followed_by_a_full_pause(edited: Edited, io_loop: IOLoop) -> None:
    """Two reads in quick succession would both see the same half of a file."""
    reads: list[tuple[float, float]] = []

    def content(path: Path) -> str:
        began = time.monotonic()
        time.sleep(0.15 if not reads else 0)
        reads.append((began, time.monotonic()))
        return content_of(path)

    watcher = ConfigWatcher(
        edited.path, lambda _: Config(), Config(), edited.applied, print, content=content, poll_seconds=0.1
    )
    watcher.start(io_loop)
    await until(lambda: len(reads) > 3)
    watcher.stop()
    assert all(began - ended >= 0.1 for (_, ended), (began, _) in pairwise(reads)), reads


def test_a_watcher_that_was_never_started_can_be_stopped(edited: Edited) -> None:
    edited.watcher.stop()


def test_a_last_line_without_its_end_must_rest_before_it_is_applied(edited: Edited) -> None:
    """`keep_for: 3` may be the beginning of 30d."""
    growing = Edited(edited.path, open_end_seconds=0.5)
    edited.write("log:\n  keep_for: 3")
    began = time.monotonic()
    assert growing.look() == []
    while not growing.look():
        assert time.monotonic() < began + 60
    assert time.monotonic() >= began + 0.5
    assert growing.config.log.keep_for == 3


def test_a_file_that_goes_on_growing_is_not_applied_before_its_end(edited: Edited) -> None:
    growing = Edited(edited.path, open_end_seconds=60)
    edited.write("log:\n  keep_for: 3")
    assert growing.look() == growing.look() == []
    edited.write("log:\n  keep_for: 30d\n")
    assert growing.look() == ["applied stream.flush_ms 10 → 5"]


@pytest.mark.parametrize("text", ["", "\n", "# stream: {flush_ms: 20}\n", "{}\n", "stream:\n", "stream:\nlog:\n"])
def test_an_edit_that_loses_all_settings_is_not_applied(edited: Edited, text: str) -> None:
    edited.write(text)
    problem = "has no settings, so it may be incomplete; to apply the defaults, restart the server"
    assert edited.look() == [f"rejected 1:1: {problem}"]
    assert edited.config.stream.flush_ms == 10
    edited.write(GOOD)
    assert edited.look() == ["applied "]


class Guarded(Config):
    access: GreetingConfig | None = None


def test_an_edit_that_loses_access_needs_a_restart(edited: Edited) -> None:
    """Half a file must not open the wall to all."""
    guarded = GOOD + "access: {kind: greeting}\n"
    edited.write(guarded)
    config = load(edited.path, {}, model=Guarded)
    watcher = ConfigWatcher(
        edited.path,
        lambda text: load(edited.path, {}, content=text, model=Guarded),
        config,
        edited.applied,
        edited.rejected,
    )
    edited.write(BETTER)
    assert watcher.poll() is None
    callback = watcher.poll()
    assert callback is not None
    callback()
    assert edited.reports == ["rejected access is gone; restart the server to run without it"]


def test_a_reread_reports_a_file_that_has_not_changed(edited: Edited) -> None:
    edited.watcher.reread()
    assert edited.look() == ["applied "]
    assert edited.look() == []
    edited.write(BAD)
    assert edited.look() == [REJECTED]
    edited.watcher.reread()
    assert edited.look() == [REJECTED]
    assert edited.look() == []
