"""What an operator does to a log while the server is stopped (server.py --new-epoch, --vacuum)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hub.log.database import begin_epoch, close_writer, open_writer
from hub.log.file import LogError, LogFile


def new_epoch(path: str, epoch: int) -> int:
    """Begin a new epoch, `epoch` or later (ms since 1970), and return it. Raises LogError."""
    with _opened(path, epoch) as connection:
        begin_epoch(connection, epoch)
        (begun,) = connection.execute("SELECT epoch FROM log").fetchone()
        return int(begun)


def vacuum(path: str, epoch: int) -> None:
    """Give the file's unused space back to the file system. Needs as much free disk as the file is large. Raises
    LogError.
    """
    with _opened(path, epoch) as connection:
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")


@contextmanager
def _opened(path: str, epoch: int) -> Iterator[sqlite3.Connection]:
    if not Path(path).exists():
        raise LogError(f"{path}: there is no log; check log.path")
    file = LogFile(path)
    try:
        with closing(open_writer(file.path, "full", epoch, file)) as connection:
            try:
                yield connection
                close_writer(connection)
            except sqlite3.Error as error:
                raise LogError(f"{file.path}: {error}; nothing was changed") from None
            file.write_marker(*connection.execute("SELECT epoch, head FROM log").fetchone(), synced=True)
    finally:
        file.release()
