"""`make levels`: how often the level of a labelled line is right, and what a line costs.

Each file of a folder has lines of `level TAB line`. Precision and recall are those of error and critical together.
"""

import argparse
import sys
import time
from pathlib import Path

from hub.config import PublishConfig
from hub.ingest.decode import TopicText

ROUNDS = 3  # The fastest counts.


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


if __name__ == "__main__":
    main()
