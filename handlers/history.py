"""GET /messages: stored messages, a page as JSON, or all of them as NDJSON or CSV."""

import csv
import io
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Final

from tornado.iostream import StreamClosedError

from handlers.bounded import BoundedAnswer
from handlers.params import FILTER, check_names, parse_filter
from handlers.publish import NDJSON
from hub.delivery.cursor import Gap
from hub.errors import InvalidInput
from hub.history import HistoryPage
from hub.json_text import encode
from hub.message import Message
from hub.search.find import EVER, SearchRange
from hub.timestamps import parse_time

PARAMETERS: Final = (*FILTER, "after", "before", "since", "until", "order", "limit", "format")
DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000  # Messages of a JSON answer, which is one page.
UNLIMITED: Final = 1 << 40
COLUMNS: Final = ("id", "time", "topic", "level", "source", "message", "data")
TYPES: Final = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
# Spreadsheets execute a cell that begins like this (OWASP, "CSV Injection"), also the full-width forms.
# Some skip blanks, NUL and a byte order mark in front of it.
_FORMULA: Final = re.compile("[\\s\0-\x1f\ufeff]*[=+@\uff1d\uff0b\uff0d\uff20-]|[\t\r\n]")


class HistoryGet(BoundedAnswer):
    """The GET method of /messages.

    Parameters: `topic` (globs, repeatable), `level`, `q`, `after`, `before`, `since`, `until`, `order`, `limit`,
    `format`.
    """

    async def get(self) -> None:
        self.check_site()
        check_names(self.request.query_arguments, PARAMETERS)
        kind = self._format()
        after, before = self.get_query_argument("after", None), self.get_query_argument("before", None)
        search = self._search(kind, newest_first=self._order(after) == "desc")
        pages = self.history.pages(search, after=after, before=before, is_export=kind != "json")
        self.add_header("Vary", "Accept")
        with self.ends_with_its_client():
            async with aclosing(pages):
                await self._answer(kind, pages)

    async def _answer(self, kind: str, pages: AsyncIterator[HistoryPage]) -> None:
        """Send the pages, each after the socket has taken the one before. JSON is one page."""
        page = await anext(pages)  # An error here is still answered with its status.
        body = FORMS[kind](page)
        self.set_header("Content-Type", f"{TYPES[kind]}; charset=utf-8")
        if kind == "json":
            self.set_header("Content-Length", len(body))
        else:
            self.set_header("Content-Disposition", f'attachment; filename="eyewall.{kind}"')
        await self.send(_csv([COLUMNS]) + body if kind == "csv" else body)
        if kind == "json" or self.request.method == "HEAD":
            return
        async for page in pages:
            # Empty parts would not tell that the client is gone.
            if self.request.connection.stream.has_ended:  # type: ignore[union-attr]  # a PeerStream
                raise StreamClosedError
            await self.send(FORMS[kind](page))

    def _format(self) -> str:
        name = self.get_query_argument("format", "")
        if name and name not in TYPES:
            raise InvalidInput("format", f"unknown format {name[:32]!r}", hint=f"use one of {', '.join(TYPES)}")
        if name:
            return name
        accept = self.request.headers.get("Accept", "")
        if any(name in accept for name in NDJSON):
            return "ndjson"
        return "csv" if "text/csv" in accept else "json"

    def _order(self, after: str | None) -> str:
        order = self.get_query_argument("order", "desc" if after is None else "asc")
        if order not in ("asc", "desc"):
            raise InvalidInput("order", f"unknown order {order[:32]!r}", hint="use asc (oldest first) or desc")
        return order

    def _search(self, kind: str, *, newest_first: bool) -> SearchRange:
        since, until = self._time("since", EVER[0]), self._time("until", EVER[1] + 1)
        span = (since, until - 1)  # `until` is not included.
        found = parse_filter(self.request.query_arguments)
        return SearchRange(found, limit=self._limit(kind), newest_first=newest_first, span=span)

    def _time(self, name: str, default: int) -> int:
        text = self.get_query_argument(name, None)
        return default if text is None else parse_time(text, time.time(), field=name)

    def _limit(self, kind: str) -> int:
        text = self.get_query_argument("limit", None)
        if text is None:
            return DEFAULT_LIMIT if kind == "json" else UNLIMITED
        if not re.fullmatch("[0-9]{1,12}", text) or int(text) < 1:
            hint = "use a whole number from 1 to 999999999999"
            raise InvalidInput("limit", f"invalid number of messages {text[:32]!r}", hint=hint)
        if kind == "json" and int(text) > MAX_LIMIT:
            hint = f"use at most {MAX_LIMIT}, or format=ndjson"
            raise InvalidInput("limit", f"{text} messages exceed the limit of one JSON page", hint=hint)
        return int(text)


def json_page(page: HistoryPage) -> bytes:
    return encode(page.as_json()) + b"\n"


def json_lines(page: HistoryPage) -> bytes:
    """Return a page as one message per line, with the gap, if any, as the first line."""
    gap = [{"gap": page.gap.as_json()}] if page.gap else []
    return b"".join(encode(value) + b"\n" for value in (*gap, *page.messages))


def csv_lines(page: HistoryPage) -> bytes:
    """Return a page as one row per message, with the gap, if any, as the first row."""
    return _csv([*([_gap_cells(page.gap)] if page.gap else []), *map(_cells, page.messages)])


def _cells(message: Message) -> tuple[str, ...]:
    data = bytes(message.data).decode() if message.data is not None else ""
    cells = (message.id, message.time, message.topic, message.level, message.source, message.message, data)
    return tuple(f"'{cell}" if _FORMULA.match(cell) else cell for cell in cells)


def _gap_cells(gap: Gap) -> tuple[str, ...]:
    count = "an unknown number of" if gap.missing is None else f"{gap.missing}"
    return (gap.before, "", "", "", "", f"{count} messages before this id are missing: {gap.reason}", "")


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    """Return rows in the format of RFC 4180."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


FORMS: Final[dict[str, Callable[[HistoryPage], bytes]]] = {"json": json_page, "ndjson": json_lines, "csv": csv_lines}
