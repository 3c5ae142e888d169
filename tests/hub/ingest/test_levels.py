"""Which level a line declares or suggests, and what a field declares."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ingest.level_names import NO_NUMBERS, OPENTELEMETRY, PYTHON, Scale, level_of
from hub.ingest.levels import guess_level
from hub.message import Level
from hub.terminal import overwritten, plain

# Nothing in these lines tells their level.
UNTOLD = {"Not Found: /favicon.ico", "app.service: Main process exited, code=exited, status=1/FAILURE"}


@pytest.mark.parametrize("file", ["levels.tsv", "levels_unseen.tsv"])
def test_lines_of_eighty_programs(file: str) -> None:
    """Lines of `level TAB line`, written from memory. JSON lines are in test_records.py.

    The second file was labelled before its first run: 93 % were right, and 98 % of its errors were errors.
    """
    rows = [row.split("\t", 1) for row in Path(__file__).with_name(file).read_text("utf-8").split("\n") if row]
    assert len(rows) > 150
    wrong = [line for level, line in rows if guess_level(line) != level and not line.startswith("{")]
    assert [line for line in wrong if not line.endswith(tuple(UNTOLD))] == []


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-23 11:02:04 startup archives unpack", Level.INFO),
        ("status installed libgpg-error0:amd64 1.46-1", Level.INFO),
        ("libfoo.error.html was served", Level.INFO),
        ("0 errors, 0 warnings", Level.INFO),
        ("GET /error.html 200", Level.INFO),
        ("EXT4-fs (sda3): re-mounted. Opts: errors=remount-ro,commit=600", Level.INFO),
        ("E0806 is not a line of klog", Level.INFO),
        ("E0806 14:55:55.980915       1 handler.go:121] failed", Level.ERROR),
        ("[ERROR] disk full", Level.ERROR),
        ("error: no such file", Level.ERROR),
        ("level=warn msg=slow", Level.WARNING),
        ("trace=4bf92f3577b34da6 level=error msg=boom", Level.ERROR),
        ("WARNING:root:careful", Level.WARNING),
        ("FATAL could not start", Level.CRITICAL),
        ("kernel: panic - not syncing", Level.CRITICAL),
        ("fatal error: all goroutines are asleep", Level.CRITICAL),
        ("DEBUG x=1", Level.DEBUG),
        ("ValueError: bad", Level.ERROR),
        ("java.io.IOException: closed", Level.ERROR),
        ("Caused by: java.lang.Exception: disk full", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("    at Error.captureStackTrace (/app/index.js:42:11)", Level.INFO),
        ("warning: 3 errors ignored", Level.WARNING),
        ("2026-06-01 10:00:00 INFO  [main] retrying after error 500", Level.INFO),
        ('time="2026-06-01T10:00:00Z" level=info msg="sync done" error=null', Level.INFO),
        ("[INFO] no fatal problems found", Level.INFO),
        ("user-settings.WARNING: slow query", Level.WARNING),
        ("2026-06-01 10:00:00,123-ERROR-billing-disk full", Level.ERROR),
        ("<11>1 2026-06-01T10:00:00Z web-1 app 12 ID47 - disk failed", Level.ERROR),
        ("cron.err web-1: cannot run", Level.ERROR),
        ("\x1b[31merror\x1b[39m: cannot reach the database", Level.ERROR),
        ("[\x1b[31merror\x1b[39m] cannot reach the database", Level.ERROR),
        ("İ 10:00:00 ERROR x", Level.ERROR),
        ("there was no error here", Level.INFO),
        ("the error page was served", Level.INFO),
        ("x" * 400 + " error", Level.INFO),
        ("", Level.INFO),
    ],
)
def test_the_leftmost_declaration_counts_then_the_words(line: str, level: Level) -> None:
    assert guess_level(line) is level


@pytest.mark.parametrize(
    ("value", "level"),
    [
        (50, Level.ERROR),
        (3, Level.ERROR),
        ("3", Level.ERROR),
        (300, Level.WARNING),
        (40000, Level.ERROR),
        (8, None),
        (10**30, None),
        (-1, None),
        ("ERROR", Level.ERROR),
        ("WARN ", Level.WARNING),
        ("ERROR+2", Level.ERROR),
        ("DEBUG5", Level.DEBUG),
        ("D1", Level.DEBUG),
        ("E", Level.ERROR),
        ("EMERGENCY", Level.CRITICAL),
        ("verbose", Level.DEBUG),
        ("crit", Level.CRITICAL),
        ("unheard of", None),
        ("", None),
        ("9" * 5000, None),
        ("²", None),
        (True, None),
        (1e30, None),
        (None, None),
        ([1], None),
    ],
)
def test_a_field_declares_a_level_by_name_or_number(value: object, level: Level | None) -> None:
    assert level_of(value) is level


@pytest.mark.parametrize(
    ("value", "scale", "level"),
    [(20, PYTHON, Level.INFO), (17, OPENTELEMETRY, Level.ERROR), (25, OPENTELEMETRY, None), (3, NO_NUMBERS, None)],
)
def test_a_number_means_what_its_scale_says(value: int, scale: Scale, level: Level | None) -> None:
    assert level_of(value, scale) is level


@given(st.text(st.sampled_from("error:[] \n=.ABE12<|/\x1b-İ\ud800"), max_size=400))
def test_each_text_has_a_level(text: str) -> None:
    assert guess_level(text) in Level


def test_a_terminal_s_codes_are_no_part_of_a_text() -> None:
    assert plain("\x1b[1mdisk\x1b[0m full \x1b]0;title\x07on \x1b[31mweb\x1b(B") == "disk full on web"
    assert plain("caf\xe9") == "caf\xe9"


def test_carriage_returns_leave_what_a_terminal_would() -> None:
    assert overwritten("Downloading 10%\rDownloading 100%") == "Downloading 100%"
    assert overwritten("0123456789\rabc\r") == "abc3456789"
    assert overwritten("\r" * 100_000 + "x" * 100_000) == "x" * 100_000


@pytest.mark.parametrize(
    "line",
    ["[INFO] caught TypeError: x", "INFO: ValueError raised", "2024-05-14 10:12:01 INFO  a DeprecationWarning: x"],
)
def test_a_declared_info_wins_over_the_name_of_an_exception(line: str) -> None:
    assert guess_level(line) is Level.INFO
