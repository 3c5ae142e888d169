"""A disk that loses what was not synced: records what a process writes, and rebuilds the files after a power cut.

Only what was synced is sure to be there. Of the rest each write is kept, lost or torn: some of its
512-byte sectors are new, some old, some garbage. A new file or a removal is sure once its folder was synced.
"""

import random
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

SECTOR: Final = 512
WRITE, TRUNCATE, SYNC, UNLINK, LOSE = 1, 2, 3, 4, 5
_RECORD: Final = struct.Struct("=IIQQ")


def compile_recorder(folder: Path) -> Path:
    """Return the library to preload. Skip the test where gcc is missing."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc: the recorder of writes is C")
    library = folder / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@dataclass(frozen=True, slots=True)
class Act:
    """One call that changed the disk."""

    kind: int
    name: str  # Of the file; "" is the folder itself.
    offset: int  # For TRUNCATE the new size.
    data: bytes


def read_trace(trace: Path, folder: Path) -> list[Act]:
    """Everything that was done, in order."""
    acts, content, at = [], trace.read_bytes(), 0
    while at < len(content):
        kind, path_bytes, offset, size = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        path = content[at : at + path_bytes].decode()
        at += path_bytes
        data = content[at : at + size] if kind == WRITE else b""
        at += len(data)
        acts.append(Act(kind, path.removeprefix(str(folder)).lstrip("/").removesuffix(" (deleted)"), offset, data))
    return acts


@dataclass(slots=True)
class File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list[Act] = field(default_factory=list)


class Disk:
    """What is on it, and what is only in the kernel's memory."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}  # As a program sees them.
        self._entries: dict[str, File] = {}  # As the folder on disk names them.

    def do(self, act: Act) -> None:
        if act.kind == SYNC and not act.name:
            self._entries = dict(self._files)
        elif act.kind == UNLINK:
            self._files.pop(act.name, None)
        elif act.kind == LOSE:  # A sync that failed.
            self._files.setdefault(act.name, File()).pending.clear()
        elif act.kind == SYNC:
            file = self._files.setdefault(act.name, File())
            for pending in file.pending:
                apply(file.synced, pending)
            file.pending.clear()
        else:
            self._files.setdefault(act.name, File()).pending.append(act)

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """The files as they may be found."""
        fate = chance.choice(["lost", "kept", "torn", "torn"])
        found = {}
        for name in self._files.keys() | self._entries.keys():
            now, then = self._files.get(name), self._entries.get(name)
            file = now if now is then else chance.choice([now, then])
            if file is not None:
                found[name] = bytes(survivor(file, fate, chance))
        return found


def survivor(file: File, fate: str, chance: random.Random) -> bytearray:
    content = bytearray(file.synced)
    for act in file.pending:
        own = chance.choice(["lost", "kept", "torn"]) if fate == "torn" else fate
        if own == "kept":
            apply(content, act)
        elif own == "torn":
            for piece in torn(act, bytes(content), chance):
                apply(content, piece)
    return content


def torn(act: Act, before: bytes, chance: random.Random) -> Iterator[Act]:
    """Some sectors of a write as they should be, some missing, some neither; but those that held the same stay."""
    if act.kind == TRUNCATE:
        yield from chance.choice([[act], []])
        return
    start = 0
    while start < len(act.data):
        stop = min(len(act.data), start + SECTOR - (act.offset + start) % SECTOR)
        fate = chance.random()
        if fate < 0.45:
            yield Act(WRITE, act.name, act.offset + start, act.data[start:stop])
        elif fate < 0.55 and before[act.offset + start : act.offset + stop] != act.data[start:stop]:
            yield Act(WRITE, act.name, act.offset + start, chance.randbytes(stop - start))
        start = stop


def apply(content: bytearray, act: Act) -> None:
    if act.kind == TRUNCATE:
        del content[act.offset :]
        content.extend(bytes(act.offset - len(content)))
    else:
        content.extend(bytes(max(0, act.offset - len(content))))
        content[act.offset : act.offset + len(act.data)] = act.data


def cuts(acts: Sequence[Act], count: int, chance: random.Random) -> Iterator[tuple[int, dict[str, bytes]]]:
    """`count` random instants: how many acts came before, and the files after a cut there."""
    disk, done = Disk(), 0
    for instant in sorted(chance.randrange(len(acts) + 1) for _ in range(count)):
        for act in acts[done:instant]:
            disk.do(act)
        done = instant
        yield instant, disk.after_a_cut(chance)
