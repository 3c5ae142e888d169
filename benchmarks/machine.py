"""What the figures were measured on, without which they say little, and a command that measures a log."""

import argparse
import asyncio
import os
import platform
import re
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

TICKS: Final = os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """A core for the server and one for the generator. Raises RuntimeError when there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise RuntimeError("the server and the generator need a core each, and this process may use only one")
    return usable[0], usable[1]


def describe(folder: Path) -> list[str]:
    """Lines for people: hardware, system, versions, and the disk that `folder` is on."""
    processor = _first(r"model name\s*: (.*)", "/proc/cpuinfo")
    gibibytes = int(_first(r"MemTotal:\s*(\d+)", "/proc/meminfo")) / 2**20
    nginx = _said(["nginx", "-v"], r"nginx/([0-9.]+)", "nginx")
    node = _said(["node", "--version"], r"v([0-9.]+)", "Node")
    gcc = _said(["gcc", "--version"], r"([0-9.]+)\n", "gcc")
    return [
        f"{processor}, {os.cpu_count()} cores, {gibibytes:.0f} GiB; {platform.system()} {platform.release()}; "
        f"log on {_file_system(folder)}",
        f"Python {platform.python_version()}, Tornado {version('tornado')}, SQLite {sqlite3.sqlite_version}, "
        f"{nginx}, {node}, {gcc}",
    ]


def busy_seconds(cores: Sequence[int]) -> float:
    """CPU time that these cores have spent on anything since the system was started."""
    lines = Path("/proc/stat").read_text("ascii").splitlines()
    ticks = {line.split()[0]: list(map(int, line.split()[1:])) for line in lines if line.startswith("cpu")}
    # user, nice, system, idle, iowait, irq, softirq, steal
    return sum(sum(ticks[f"cpu{core}"][:8]) - sum(ticks[f"cpu{core}"][3:5]) for core in cores) / TICKS


def process_seconds(pid: int) -> float:
    """CPU time of a process that runs."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def load_average() -> float:
    """Of the last minute: what else this machine did."""
    return os.getloadavg()[0]


def _first(pattern: str, path: str) -> str:
    found = re.search(pattern, Path(path).read_text("utf-8"))
    return found[1].strip() if found else "0"


def _file_system(folder: Path) -> str:
    command = ["stat", "--file-system", "--format=%T", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _said(command: Sequence[str], pattern: str, name: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return f"no {name}"
    found = re.search(pattern, done.stdout + done.stderr)
    return f"{name} {found[1]}" if found else name


def benchmark_log(about: str, run: Callable[[Path, int, int], Coroutine[Any, Any, bool]], *, repeats: int) -> int:
    """Call `run(folder, messages, repeats)` as a command. Return the exit status: 0 if it passed."""
    parser = argparse.ArgumentParser(description=about.split("\n")[0])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=repeats)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="eyewall-") as name:
        print("\n".join(describe(Path(name))), f"\nload average {load_average():.1f}")
        passed = asyncio.run(run(Path(name), arguments.messages, arguments.repeats))
    print("PASS" if passed else "FAIL")
    return 0 if passed else 1
