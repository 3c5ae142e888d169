"""Log files with a past: made by SQL, because publishing a million messages would take too long."""

from contextlib import closing
from pathlib import Path

from hub.log.database import open_writer
from hub.log.file import LogFile

EPOCH = 1_795_400_000_000


def prefill(path: Path, count: int, size: int = 100) -> None:
    """A log that holds `count` messages, `old 1`, `old 2`, …, filled up to `size` characters."""
    file = LogFile(str(path))
    with closing(open_writer(str(path), "normal", EPOCH, file)) as connection:
        rows = ((seq, EPOCH + seq, "old", 1, "", f"old {seq}".ljust(size), None) for seq in range(1, count + 1))
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE log SET head = ?", (count,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.write_marker(EPOCH, count)
    file.release()
