"""Stack traces: several lines of text that are one message.

Only a line that can head a record takes the lines behind it: one of level error or critical, or a head of the table.
To teach a language, add a row.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from hub.ingest.levels import guess_level
from hub.ingest.lines import Line, TruncatedLine
from hub.message import RANK, Level

MAX_LINES: Final = 1000
_HEAD_CHARACTERS: Final = 300


class _Row(NamedTuple):
    """How a record of a language begins, continues, and with which line of its own it ends."""

    head: re.Pattern[bytes]
    continues: re.Pattern[bytes]
    ends: re.Pattern[bytes] | None = None


_JAVA: Final = rb"[ \t]|Caused by:|Suppressed:|\.\.\. \d+ more"
_EXCEPTION: Final = rb"(?:[a-zA-Z_][\w$]{0,60}\.){0,12}[A-Z][\w$]{0,80}(?:Error|Exception)(?:: |$)"
_ROWS: Final = (
    _Row(re.compile(rb"Traceback \(most recent call last\):"), re.compile(rb""), re.compile(rb"[^ \t]")),  # Python
    _Row(re.compile(rb"Exception in thread|Caused by:"), re.compile(_JAVA)),
    _Row(re.compile(_EXCEPTION), re.compile(_JAVA + rb"|\}$")),
    _Row(  # Go
        re.compile(rb"panic: |fatal error: |goroutine \d+ \["),
        re.compile(
            rb"$|[ \t]|goroutine \d+ |\[signal |created by |panic: |[\w./*()\[\]{}-]{1,300}\(.{0,300}\)$|exit status \d"
        ),
        re.compile(rb"exit status \d"),
    ),
    _Row(re.compile(rb"(?:Uncaught|Unhandled)\b"), re.compile(rb"[ \t]|\}$|Caused by:")),  # Node, .NET
    _Row(re.compile(rb"PHP [A-Z][\w ]{1,40}: |Stack trace:"), re.compile(rb"[ \t]|#\d+ |Stack trace:")),
    _Row(re.compile(rb"[^\s:]{1,200}\.rb:\d+:in "), re.compile(rb"[ \t]")),  # Ruby
)
# After any line of level error or critical. A Python traceback and the trace of a PHP error may follow it.
_ANY: Final = re.compile(
    _JAVA + rb"|(?=[a-z])" + _EXCEPTION + rb"|Traceback \(most recent|Stack trace:|#\d+ |\}$|goroutine \d+ \["
)
_HEADS: Final = re.compile(b"|".join(row.head.pattern for row in _ROWS))
_TRACEBACK: Final = _ROWS[0]


class Record(NamedTuple):
    """A line, or several joined by LF, and how many lines it has."""

    line: Line
    lines: int


class Joiner:
    """Joins the lines of one publisher. `held` is the record that may continue."""

    def __init__(self, max_lines: int = MAX_LINES) -> None:
        self.held: list[bytes] = []
        self.held_bytes = 0
        self._max_lines = max_lines
        self._row: _Row | None = None  # Of the record that is held, or was published last.
        self._severe: bool | None = None

    def feed(self, lines: Iterable[Line], max_bytes: int) -> list[Record]:
        """Return the records that are complete. The last line is held if it can head a record."""
        records: list[Record] = []
        for line in lines:
            if not self._takes(line, max_bytes):
                records += self.release()
                self._begin(line, records)
            elif self._is_ended():
                records += self.release()
                self._row = None
        if self.held and self._row is None and not self._is_severe():
            records += self.release()
            self._row = None
        return records

    def release(self) -> list[Record]:
        """Return the record that is held. Lines that continue it begin a record of their own."""
        held, self.held, self.held_bytes = self.held, [], 0
        return [Record(held[0] if len(held) == 1 else b"\n".join(held), len(held))] if held else []

    def _begin(self, line: Line, records: list[Record]) -> None:
        if isinstance(line, TruncatedLine) or line.startswith(b"{"):
            self._row = None
            records.append(Record(line, 1))
            return
        row = next(row for row in _ROWS if row.head.match(line)) if _HEADS.match(line) else None
        if row is None and self._row is not None and line[:1] in (b" ", b"\t") and self._row.continues.match(line):
            row = self._row  # Its head has been published already.
        self._row, self._severe = row, None
        self.held, self.held_bytes = [line], len(line)

    def _takes(self, line: Line, max_bytes: int) -> bool:
        """Add a line to the record that is held. Return False if it does not continue it."""
        if not self.held or isinstance(line, TruncatedLine) or line.startswith(b"{"):
            return False
        if not (self._row.continues if self._row else _ANY).match(line) or not (self._row or self._is_severe()):
            return False
        if line.startswith(b"Caused by:") and self.held[-1][:1] not in (b" ", b"\t"):
            return False
        if len(self.held) >= self._max_lines or self.held_bytes + 1 + len(line) > max_bytes:
            return False
        if self._row is None and _TRACEBACK.head.match(line):
            self._row = _TRACEBACK
        self.held.append(line)
        self.held_bytes += 1 + len(line)
        return True

    def _is_ended(self) -> bool:
        row, line = self._row, self.held[-1]
        return row is not None and row.ends is not None and not row.head.match(line) and bool(row.ends.match(line))

    def _is_severe(self) -> bool:
        if self._severe is None:
            text = self.held[0][: 4 * _HEAD_CHARACTERS].decode(errors="replace")
            self._severe = RANK[guess_level(text)] >= RANK[Level.ERROR]
        return self._severe
