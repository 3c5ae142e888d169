"""Power cuts at random instants of a real run: only synced bytes survive, the rest is kept, lost or torn."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hub.config import LogConfig
from hub.log.file import LogMarker
from hub.log.sqlite import SqliteLog
from hub.log.tuning import Tuning
from tests.reliability.disk import WRITE, Act, compile_recorder, cuts, read_trace
from tests.reliability.publishers import KEEP_MESSAGES, text
from tests.wall import ROOT

CUTS_PER_RUN = 100


@dataclass(frozen=True, slots=True)
class Ack:
    """What one publisher was told, before the cut."""

    epoch: int
    first: int
    count: int
    size: int
    tag: str
    has_key: bool

    @classmethod
    def parse(cls, line: str) -> "Ack":
        epoch, first, count, size, tag, has_key = line.split(" ")
        return cls(int(epoch), int(first), int(count), int(size), tag, has_key == "1")


def record(folder: Path, seed: int, synchronous: str, recorder: Path, fail_every: int, deaths: int) -> list[Act]:
    """Runs of eight publishers, from the making of the file to its orderly end. 0: no sync fails.

    So many of them end with the first sync that fails, at once.
    """
    disk, trace = folder / f"disk-{seed}", folder / f"trace-{seed}"
    disk.mkdir()
    environ = os.environ | {"LD_PRELOAD": str(recorder), "EYEWALL_DISK": str(disk), "EYEWALL_TRACE": str(trace)}
    for run in range(deaths + 1):
        command = [sys.executable, "-m", "tests.reliability.publishers", str(disk), f"{seed}{run}", synchronous]
        dies = {"EYEWALL_FAIL_EVERY": str(fail_every), "EYEWALL_DIES": "1"} if run < deaths else {}
        environ_of_run = environ | {"EYEWALL_FAIL_EVERY": str(0 if deaths else fail_every)} | dies
        ended = subprocess.run(command, cwd=ROOT, env=environ_of_run, check=False, timeout=120)
        assert ended.returncode == (9 if dies else 0)
    acts = read_trace(trace, disk)
    trace.unlink()
    return acts


def acknowledged(acts: list[Act], instant: int) -> list[Ack]:
    said = b"".join(act.data for act in acts[:instant] if act.name == "acks" and act.kind == WRITE)
    return [Ack.parse(line) for line in said.decode().split("\n") if line]


@dataclass(frozen=True, slots=True)
class Loss:
    """What one cut did: acknowledged messages that are missing, and whether readers are told (a new epoch)."""

    lost: int
    is_told: bool


def keep_own_inodes(path: Path) -> None:
    """Write the inodes of these files into the marker: a cut leaves the same files, and these are copies."""
    lock = path.with_name(f"{path.name}-lock")
    if not lock.exists() or not path.exists():
        return
    marker = LogMarker.parse(lock.read_bytes())
    if marker is not None:
        own, log = lock.stat(), path.stat()
        lock.write_bytes(replace(marker, log=(log.st_dev, log.st_ino), lock=(own.st_dev, own.st_ino)).line)


def look_into(path: Path, acks: list[Ack]) -> Loss:
    """Raises AssertionError for what may never be."""
    boot = path.with_name("boot")  # The machine has come up again.
    boot.write_text("b007\n")
    keep_own_inodes(path)
    tuning = Tuning(boot_id=boot)
    # Raises LogError for a file it refuses.
    log = SqliteLog(str(path), LogConfig(keep_messages=KEEP_MESSAGES), tuning=tuning)
    connection = log.writer.connection
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    kept = dict(connection.execute("SELECT seq, message FROM message").fetchall())
    receipts = dict(connection.execute("SELECT key, first FROM receipt").fetchall())
    asyncio.run(log.stop())
    assert sorted(kept) == list(range(log.first, log.head + 1)), "a hole"
    assert log.first <= max(1, log.head - KEEP_MESSAGES + 1), "pruned too much"
    lost = 0
    for ack in acks:
        if ack.has_key:
            lost += receipts.get(ack.tag) != ack.first
        for index in range(ack.count):
            seq = ack.first + index
            if seq > log.head:
                lost += 1
            elif seq >= log.first:
                assert kept[seq] == text(ack.tag, index, ack.size), f"{seq} is not what was acknowledged"
    is_told = any(ack.epoch != log.epoch for ack in acks)
    assert is_told or not lost, "readers are not told"
    return Loss(lost, is_told)


def cut_power(folder: Path, count: int, synchronous: str, fail_every: int = 0, deaths: int = 0) -> list[Loss]:
    recorder = compile_recorder(folder)
    losses: list[Loss] = []
    seed = 0
    while len(losses) < count:
        seed += 1
        acts = record(folder, seed, synchronous, recorder, fail_every, deaths)
        for instant, files in cuts(acts, min(CUTS_PER_RUN, count - len(losses)), random.Random(seed)):
            place = folder / f"cut-{len(losses)}"
            place.mkdir()
            for name, content in files.items():
                if name.startswith("eyewall.db"):
                    (place / name).write_bytes(content)
            try:
                losses.append(look_into(place / "eyewall.db", acknowledged(acts, instant)))
            except Exception as error:
                raise AssertionError(f"seed {seed}, cut after act {instant} of {len(acts)}, see {place}") from error
            for left in place.iterdir():
                left.unlink()
            place.rmdir()
    return losses


@pytest.mark.parametrize("count", [60, pytest.param(1200, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_no_power_cut_takes_what_was_acknowledged(tmp_path: Path, count: int, figures: Callable[..., None]) -> None:
    """With `log.synchronous: full`, which is the default."""
    losses = cut_power(tmp_path, count, "full")
    lost, new_epochs = sum(loss.lost for loss in losses), sum(loss.is_told for loss in losses)
    # Where the cut tears the very sector in which the lock file says how the log was left, that is not known.
    figures(cuts=len(losses), lost=lost, corrupt=0, needless_epochs=new_epochs)
    assert lost == 0


@pytest.mark.parametrize("deaths", [0, 2])
@pytest.mark.parametrize("count", [60, pytest.param(600, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_a_sync_that_failed_takes_nothing_that_is_acknowledged_behind_it(
    tmp_path: Path, count: int, deaths: int, figures: Callable[..., None]
) -> None:
    """Linux takes for written what it could not write: what a chore had left to the next sync was lost for good.

    Also when the server was killed with it: the next one finds all of it in the kernel's memory.
    """
    losses = cut_power(tmp_path, count, "full", 7, deaths)
    lost = sum(loss.lost for loss in losses)
    figures(cuts=len(losses), lost=lost, corrupt=0)
    assert lost == 0


@pytest.mark.parametrize("count", [20, pytest.param(600, marks=[pytest.mark.long, pytest.mark.timeout(1800)])])
def test_with_normal_a_power_cut_takes_the_last_moments_but_never_the_file(
    tmp_path: Path, count: int, figures: Callable[..., None]
) -> None:
    losses = cut_power(tmp_path, count, "normal")
    lost = [loss.lost for loss in losses]
    figures(cuts=len(losses), cuts_that_lost=sum(map(bool, lost)), worst=max(lost), corrupt=0, untold=0)
