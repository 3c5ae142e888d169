"""The fields of matching messages and their usual values, for completion and for columns."""

import re
import sqlite3
from collections import Counter
from dataclasses import replace
from typing import Final

import msgspec

from hub.counts.count import time_from
from hub.log.protocol import format_time
from hub.log.rows import Row
from hub.query.terms import BLANKS
from hub.search.find import DEFAULT_BOUNDS, Bounds, SearchRange, scan

MESSAGES: Final = 10_000  # The newest matching ones that are evaluated.
SLICE: Final = 1000  # Messages of one slice, about 10 ms to add up.
NAMES: Final = 200  # Further names are left out.
VALUES: Final = 10  # Of each name in the answer.
DISTINCT: Final = 500  # Values of one name that are counted. Further ones are left out: it holds ids or texts.
LONGEST: Final = 100  # Characters of a name or a value. Longer ones are left out.
DEPTH: Final = 8  # Names within names.
# A name that a query can have (FIELD in hub/query/terms.py).
_NAME: Final = re.compile(rf'[^{BLANKS}:()"]+')
_decode: Final = msgspec.json.Decoder(float_hook=str).decode


class Fields:
    """One look at the newest messages in slices. Any thread, one at a time."""

    def __init__(self, search: SearchRange, bounds: Bounds = DEFAULT_BOUNDS, *, messages: int = MESSAGES) -> None:
        self._search = replace(search, newest_first=True, limit=messages)
        self._bounds = bounds
        self._values: dict[str, Counter[str]] = {}
        self._counts: Counter[str] = Counter()
        self._messages = 0
        self._is_complete = False
        self._reached: int | None = None  # Time (ms since 1970) of the oldest message that was evaluated.

    def part(self, connection: sqlite3.Connection) -> bool:
        """Look for one slice of time. Return True at the end. After an error, the slice can be repeated."""
        rows: list[tuple[str, str | None]] = []
        size = 0

        def take(row: Row) -> bool:
            nonlocal size
            rows.append((row[4], row[6]))
            size += len(row[6] or "")
            return len(rows) >= min(self._search.limit, SLICE) or size >= self._bounds.page_bytes

        reached = scan(connection, self._search, take, self._bounds).reached
        if reached is not None:
            self._reached = time_from(connection, reached)
            self._search = self._search.after(reached, len(rows))
        for source, data in rows:
            if source:
                self._add("source", source)
            if data is not None:
                self._add_data(data)
        self._messages += len(rows)
        self._is_complete = reached is None or self._search.limit <= 0
        return self._is_complete

    def as_json(self) -> dict[str, object]:
        fields = [
            {"name": name, "count": count, "values": [list(pair) for pair in self._values[name].most_common(VALUES)]}
            for name, count in self._counts.most_common()
        ]
        reached = None if self._is_complete or self._reached is None else format_time(self._reached)
        return {"fields": fields, "messages": self._messages, "complete": self._is_complete, "reached": reached}

    def _add_data(self, data: str) -> None:
        try:
            waiting = [("data", _decode(data), 0)]
        except (RecursionError, msgspec.DecodeError):
            return
        while waiting:
            path, value, depth = waiting.pop()
            if not isinstance(value, dict):
                if path != "data":
                    self._add(path, value)
            elif depth < DEPTH:
                items = ((f"{path}.{name}", inner, depth + 1) for name, inner in value.items() if _NAME.fullmatch(name))
                waiting.extend(items)

    def _add(self, name: str, value: object) -> None:
        values = self._values.get(name)
        if values is None:
            if len(self._values) >= NAMES or len(name) > LONGEST:
                return
            values = self._values[name] = Counter()
        self._counts[name] += 1
        if isinstance(value, bool) or value is None:
            value = {True: "true", False: "false", None: "null"}[value]
        text = value if isinstance(value, str) else str(value) if isinstance(value, int) else None
        if text is not None and len(text) <= LONGEST and (text in values or len(values) < DISTINCT):
            values[text] += 1
