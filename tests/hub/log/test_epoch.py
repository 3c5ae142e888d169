"""When a log begins a new epoch: a reader must never take one message for another (hub/log/database.py)."""

from contextlib import closing
from pathlib import Path

import pytest

from hub.log import database
from hub.log.database import close_writer, open_writer
from tests.hub.parts import EPOCH


@pytest.mark.parametrize(
    ("synchronous", "went_down", "in_order", "is_new"),
    [
        ("normal", True, False, True),
        ("normal", False, False, False),  # Only the server was killed: the kernel still had everything.
        ("normal", True, True, False),
        ("full", True, False, False),
    ],
)
def test_a_log_whose_end_may_be_lost_begins_a_new_epoch(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    synchronous: str,
    went_down: bool,
    in_order: bool,
    is_new: bool,
) -> None:
    """Its seqs would be given out again: a reader who saw the first ones must not take the second for them."""
    path = tmp_path / "eyewall.db"
    with closing(open_writer(str(path), synchronous, EPOCH)) as connection:
        if in_order:
            close_writer(connection)
    if went_down:
        (tmp_path / "boot").write_text("another boot\n")
        monkeypatch.setattr(database, "BOOT", tmp_path / "boot")
    for _ in range(2):  # And only once.
        with closing(open_writer(str(path), synchronous, EPOCH + 1)) as connection:
            (epoch,) = connection.execute("SELECT epoch FROM log").fetchone()
            assert epoch == EPOCH + is_new
