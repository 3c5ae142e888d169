"""`make levels`: how often the level of a labelled line is right, and what a line costs.

Each file of a folder has lines of `level TAB line`. Precision and recall are those of error and critical together.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.hostile import inputs
from hub.config import PublishConfig
from hub.errors import InvalidInput
from hub.ingest.decode import JsonObjects, TopicText
from hub.ingest.forms import read_form
from hub.ingest.multiline import Joiner

ROUNDS = 3  # The fastest counts.
HOSTILE_SIZES = (4 << 10, 64 << 10)
SHOWN = 5  # Of the hostile lines.


def rows_of(path: Path) -> list[tuple[str, bytes]]:
    """Return levels and lines."""
    rows = []
    for row in path.read_bytes().decode("utf-8", "surrogateescape").split("\n"):
        level, tab, line = row.partition("\t")
        if tab:
            rows.append((level, line.encode("utf-8", "surrogateescape")))
    return rows


def measure(path: Path, *, is_verbose: bool) -> str:
    """Return a row of the table."""
    rows, decode, limits = rows_of(path), TopicText("levels").decode, PublishConfig()
    seconds = float("inf")
    got: list[str] = []
    for _ in range(ROUNDS):
        begin = time.thread_time()
        drafts = [decode(line, limits) for _, line in rows]
        seconds = min(seconds, time.thread_time() - begin)
        got = [draft.level if draft else "" for draft in drafts]
    wrong = [(want, level, line) for (want, line), level in zip(rows, got, strict=True) if want != level]
    for want, level, line in wrong if is_verbose else ():
        print(f"  {want} was {level}: {line.decode(errors='replace')[:150]}")
    severe = {"error", "critical"}
    wanted, claimed = (
        {at for at, level in enumerate(levels) if level in severe} for levels in ([w for w, _ in rows], got)
    )
    both = len(wanted & claimed)
    precision, recall = (100 * both / len(some) if some else 100.0 for some in (claimed, wanted))
    accuracy = 100 * (1 - len(wrong) / len(rows))
    micros = seconds / len(rows) * 1e6
    return f"{path.stem:<16}{len(rows):>7,}{accuracy:>9.2f} %{precision:>9.1f} %{recall:>9.1f} %{micros:>9.1f}"


READERS: Mapping[str, Callable[[bytes], object]] = {
    "line": lambda line: TopicText("levels").decode(line, PublishConfig()),
    "body": lambda line: JsonObjects("levels").decode(line, PublishConfig()),
    "form": lambda line: read_form(b"msg=%s&levelname=INFO&args=%%281%%2C%%29" % line),
    "behind an error": lambda line: Joiner().feed([b"[ERROR] x", line], 1 << 20),
    "behind a trace": lambda line: Joiner().feed([b"goroutine 1 [", line], 1 << 20),
    "as a head": lambda line: Joiner().feed([line], 1 << 20),
}


def costs(size: int) -> Iterator[tuple[float, str]]:
    """Give seconds and names of hostile lines of `size` bytes, each way in which a line is read."""
    for name, line in inputs(size):
        for way, read in READERS.items():
            seconds = float("inf")
            for _ in range(ROUNDS):
                begin = time.thread_time()
                with contextlib.suppress(InvalidInput):
                    read(line)
                seconds = min(seconds, time.thread_time() - begin)
            yield seconds, f"{name} ({way})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("../shared/corpus/levels"))
    parser.add_argument("--verbose", action="store_true", help="print the lines with a wrong level")
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*.tsv")) if options.folder.is_dir() else [options.folder]
    if not paths or not paths[0].is_file():
        sys.exit(f"No labelled lines in {options.folder}: name a folder of *.tsv files (make levels LEVELS=folder)")
    print(f"{'file':<16}{'lines':>7}{'right':>11}{'precision':>11}{'recall':>11}{'us/line':>9}")
    for path in paths:
        print(measure(path, is_verbose=options.verbose))
    for size in HOSTILE_SIZES:
        print(f"\nhostile, {size:,} bytes: us")
        for seconds, name in sorted(costs(size), reverse=True)[:SHOWN]:
            print(f"{seconds * 1e6:>9.0f}  {name}")


if __name__ == "__main__":
    main()
