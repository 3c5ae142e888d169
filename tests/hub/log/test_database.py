"""Which files can be the log, and the error for each that cannot."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hub.log import database
from hub.log.database import MEMORY, open_reader, open_writer
from hub.log.file import LogError, LogFile
from hub.log.schema import APPLICATION_ID, MIGRATIONS
from tests.hub.parts import EPOCH

NEWER = len(MIGRATIONS) + 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "eyewall.db"


@pytest.fixture
def connection(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_writer(str(path), "full", EPOCH)) as connection:
        yield connection


def value(connection: sqlite3.Connection, statement: str) -> object:
    return connection.execute(statement).fetchone()[0]


def made_by_hand(path: Path, script: str) -> bytes:
    """Make a database without Eyewall, close it, and return its bytes."""
    with closing(sqlite3.connect(path)) as other:
        other.executescript(script)
    return path.read_bytes()


def refusal(path: Path, migrations: Sequence[str] = MIGRATIONS) -> str:
    with pytest.raises(LogError) as refused:
        open_writer(str(path), "full", EPOCH, migrations=migrations)
    said = str(refused.value)
    assert said.startswith(f"{path}: ")
    assert "\n" not in said
    return said


def test_a_new_file_is_an_empty_log_that_survives_power_cuts(connection: sqlite3.Connection) -> None:
    assert connection.execute("SELECT epoch, head FROM log").fetchall() == [(EPOCH, 0)]
    assert value(connection, "PRAGMA user_version") == len(MIGRATIONS)
    assert value(connection, "PRAGMA application_id") == APPLICATION_ID
    assert value(connection, "PRAGMA journal_mode") == "wal"
    assert value(connection, "PRAGMA synchronous") == 2
    assert value(connection, "PRAGMA auto_vacuum") == 0
    assert value(connection, "PRAGMA secure_delete") == 0
    assert value(connection, "PRAGMA wal_autocheckpoint") == 0


def test_synchronous_can_be_normal(path: Path) -> None:
    with closing(open_writer(str(path), "normal", EPOCH)) as connection:
        assert value(connection, "PRAGMA synchronous") == 1


def test_opening_it_again_changes_nothing(path: Path, connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO message VALUES (1, 5, 'a', 1, '', 'x', NULL)")
    connection.execute("UPDATE log SET head = 1")
    connection.close()
    with closing(open_writer(str(path), "full", EPOCH + 1)) as again:
        assert again.execute("SELECT epoch, head FROM log").fetchall() == [(EPOCH, 1)]
        assert value(again, "SELECT count(*) FROM message") == 1


def test_an_empty_file_becomes_a_log(path: Path) -> None:
    """Version 0: `touch`, or a database without a table."""
    made_by_hand(path, "PRAGMA user_version = 0; VACUUM")
    with closing(open_writer(str(path), "full", EPOCH)) as connection:
        assert value(connection, "SELECT epoch FROM log") == EPOCH


def test_an_older_version_is_brought_up_to_date_once(path: Path) -> None:
    open_writer(str(path), "full", EPOCH).close()
    second = "ALTER TABLE log ADD COLUMN name TEXT DEFAULT 'wall'"
    for _ in range(2):
        with closing(open_writer(str(path), "full", EPOCH + 1, migrations=(*MIGRATIONS, second))) as connection:
            assert connection.execute("SELECT epoch, head, name FROM log").fetchall() == [(EPOCH, 0, "wall")]
            assert value(connection, "PRAGMA user_version") == NEWER


def test_a_migration_that_fails_leaves_the_old_version_whole(path: Path) -> None:
    open_writer(str(path), "full", EPOCH).close()
    broken = (*MIGRATIONS, "CREATE TABLE more (x); CREATE TABLE log (x)")
    assert "already exists" in refusal(path, broken)
    with closing(open_writer(str(path), "full", EPOCH)) as connection:
        assert value(connection, "PRAGMA user_version") == len(MIGRATIONS)
        assert value(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'more'") == 0


def test_a_newer_version_is_refused(path: Path) -> None:
    open_writer(str(path), "full", EPOCH).close()
    before = made_by_hand(path, f"PRAGMA user_version = {NEWER}")
    assert f"newer Eyewall (version {NEWER})" in refusal(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [0, 1, 99])
def test_another_programs_database_is_refused_and_left_alone(path: Path, version: int) -> None:
    """Whatever version that program gave it."""
    before = made_by_hand(path, f"CREATE TABLE bookmark (url); PRAGMA user_version = {version}")
    assert "another program's database; choose another log.path" in refusal(path)
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"Dear diary,\n", b"Dear diary,\n" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    said = refusal(path)
    assert "damaged" in said
    assert "restore it from a backup, or move it away" in said
    assert path.read_bytes() == content


def filled(path: Path, count: int = 2000) -> None:
    with closing(open_writer(str(path), "full", EPOCH)) as connection:
        connection.execute("BEGIN")
        for seq in range(1, count + 1):
            connection.execute("INSERT INTO message VALUES (?, 5, 'a', 1, '', ?, NULL)", (seq, "x" * 300))
        connection.execute("UPDATE log SET head = ?", (count,))
        connection.execute("COMMIT")


@pytest.mark.parametrize("kept", [100, 4096, 4096 * 20, -4096])
def test_a_file_that_was_cut_off_is_refused(path: Path, kept: int) -> None:
    filled(path)
    os.truncate(path, kept if kept > 0 else path.stat().st_size + kept)
    before = path.read_bytes()
    assert "damaged" in refusal(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage", ["DELETE FROM message WHERE seq = 2000", "UPDATE log SET head = 1999", "DELETE FROM log"]
)
def test_a_head_that_is_not_the_newest_message_is_refused(path: Path, damage: str) -> None:
    """Numbers would be given out twice, or a hole would be there for ever."""
    filled(path)
    made_by_hand(path, damage)
    assert "damaged" in refusal(path)


def test_a_damaged_schema_is_refused(path: Path) -> None:
    filled(path)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\0" * 3000)
    assert "damaged" in refusal(path)


def start_refused(path: Path, damage: Callable[[], object]) -> str:
    """Return why a log with a LogFile does not open after the damage."""
    with closing_file(path) as file, closing(open_writer(file.path, "full", EPOCH, file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        file.write_marker(EPOCH, 0)
    damage()
    with closing_file(path) as file, pytest.raises(LogError) as error:
        open_writer(file.path, "full", EPOCH, file)
    return error.value.message


@contextmanager
def closing_file(path: Path) -> Iterator[LogFile]:
    file = LogFile(str(path))
    try:
        yield file
    finally:
        file.release()


@pytest.mark.parametrize("name", ["-wal", "-shm", "-journal"])
def test_a_file_beside_the_log_that_cannot_be_used_is_named(path: Path, name: str) -> None:
    beside = path.with_name(path.name + name)
    expected = f"{beside}: cannot be read and written; it must be a file of this user: change its mode"
    assert start_refused(path, beside.mkdir) == expected


@pytest.mark.parametrize("at", [0, 18, 19])
def test_a_damaged_header_is_no_full_disk(path: Path, at: int) -> None:
    def damage() -> None:
        with path.open("r+b") as file:
            file.seek(at)
            file.write(b"\x03")

    assert "this file is damaged (its header); restore it" in start_refused(path, damage)


def test_a_foreign_file_is_called_so(path: Path) -> None:
    path.write_bytes(b"Dear diary,\n" * 1000)
    file = LogFile(str(path))
    with pytest.raises(LogError, match=r"is not a log, nor any SQLite database; choose another log\.path"):
        open_writer(file.path, "full", EPOCH, file)
    file.release()


def test_a_reader_cannot_write(path: Path, connection: sqlite3.Connection) -> None:
    with closing(open_reader(str(path))) as reader, pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("UPDATE log SET head = 7")


def test_a_log_in_memory_needs_no_file() -> None:
    with closing(open_writer(MEMORY, "full", EPOCH)) as connection:
        assert value(connection, "SELECT epoch FROM log") == EPOCH


def test_a_reader_holds_the_file_from_the_start(path: Path) -> None:
    """Or the write-ahead log would go when a writer is closed that has to be opened again."""
    writer = database.open_writer(str(path), "full", 1)
    reader = database.open_reader(str(path))
    writer.close()
    assert path.with_name(path.name + "-wal").exists()
    reader.close()


def test_a_file_of_the_version_before_keeps_its_receipts_and_gets_its_first_generation(path: Path) -> None:
    with closing(open_writer(str(path), "full", EPOCH, migrations=MIGRATIONS[:5])) as old:
        old.execute("INSERT INTO receipt VALUES ('key', x'00', 7, 2, 5, 3)")
    with closing(open_writer(str(path), "full", EPOCH + 1)) as connection:
        assert connection.execute("SELECT * FROM receipt").fetchall() == [("", "key", b"\0", 7, 2, 5)]
        assert connection.execute("SELECT * FROM generation").fetchall() == [(EPOCH, 1, 0)]
        assert connection.execute("SELECT keep_messages, keep_bytes, keep_seconds FROM log").fetchall() == [(None,) * 3]
