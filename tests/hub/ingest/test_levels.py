"""Which level the words of a line suggest, and what a field declares."""

import pytest

from hub.ingest.levels import guess_level, level_of
from hub.message import Level


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-23 11:02:04 startup archives unpack", Level.INFO),
        ("status installed libgpg-error0:amd64 1.46-1", Level.INFO),
        ("0 errors, 0 warnings", Level.INFO),
        ("GET /error.html 200", Level.INFO),
        ("[ERROR] disk full", Level.ERROR),
        ("error: no such file", Level.ERROR),
        ("level=warn msg=slow", Level.WARNING),
        ("WARNING:root:careful", Level.WARNING),
        ("FATAL could not start", Level.CRITICAL),
        ("kernel: panic - not syncing", Level.CRITICAL),
        ("DEBUG x=1", Level.DEBUG),
        ("ValueError: bad", Level.ERROR),
        ("java.io.IOException: closed", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("warning: 3 errors ignored", Level.WARNING),
        ("x" * 400 + " error", Level.INFO),
        ("", Level.INFO),
    ],
)
def test_a_level_is_guessed_from_the_first_telling_word(line: str, level: Level) -> None:
    assert guess_level(line) is level


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (50, Level.ERROR),
        ("ERROR", Level.ERROR),
        ("crit", Level.CRITICAL),
        ("unheard of", None),
        (True, None),
        (1e30, None),
        (None, None),
        ([1], None),
    ],
)
def test_a_field_declares_a_level_by_name_or_number(value: object, level: Level | None) -> None:
    assert level_of(value) is level
