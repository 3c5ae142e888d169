"""strace on a running server: faults put into its calls, and the order in which it made them."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.waiting import block_until
from tests.wall import Wall

_LINE = re.compile(r"([0-9]+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)\n")
_UNFINISHED = " <unfinished ...>"


@contextmanager
def traced(wall: Wall, *options: str, output: Path | str = "/dev/null") -> Iterator[None]:
    """In every thread, from the first line of the block on. Skips the test where there is no strace."""
    if shutil.which("strace") is None:
        pytest.skip("strace is needed")
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-o", output, *options, "-p", str(wall.pid)], stderr=subprocess.PIPE
    )
    try:
        threads = Path(f"/proc/{wall.pid}/task")
        is_traced = f"TracerPid:\t{tracer.pid}\n"
        block_until(lambda: tracer.poll() or all(is_traced in status for status in _statuses(threads)), 60)
        if tracer.poll():
            pytest.skip(f"strace may not look into other processes here: {tracer.communicate()[1].decode()}")
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=60)


@dataclass(frozen=True, slots=True)
class Call:
    """One system call. `start` and `end` are places in the trace: calls of different threads overlap."""

    name: str
    start: int
    end: int
    said: str  # Arguments and result, as strace prints them.


def calls(trace: Path) -> Iterator[Call]:
    """Each when it had ended."""
    begun: dict[str, tuple[int, str]] = {}
    with trace.open("r", encoding="latin-1") as lines:
        for place, line in enumerate(lines):
            found = _LINE.fullmatch(line)
            if not found:
                continue
            thread, resumed, name, said = found.groups()
            if resumed:
                start, before = begun.pop(thread, (place, ""))
                yield Call(resumed, start, place, before + said)
            elif said.endswith(_UNFINISHED):
                begun[thread] = place, said.removesuffix(_UNFINISHED)
            else:
                yield Call(name, place, place, said)


def _statuses(threads: Path) -> list[str]:
    return [(thread / "status").read_text() for thread in threads.iterdir()]
