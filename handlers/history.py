"""GET /messages: what was said before, as JSON by the page, or all of it as NDJSON or CSV."""

import asyncio
import csv
import io
import logging
import re
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Final

import msgspec
from tornado.iostream import StreamClosedError

from handlers.messages import MessagesHandler
from handlers.params import request_filter
from handlers.publish import NDJSON
from hub.config.live import LiveConfig
from hub.delivery.cursor import Gap
from hub.delivery.transports import RST_ON_CLOSE
from hub.errors import InvalidInput
from hub.history import History, HistoryPage, HistoryQuery
from hub.hub import Hub
from hub.ingest.upload_budget import UploadBudget
from hub.message import Message
from hub.timestamps import parse_time

logger = logging.getLogger("eyewall.http")

DEFAULT_LIMIT: Final = 100
MAX_LIMIT: Final = 1000  # Of JSON, which is made in one piece.
EVERYTHING: Final = 1 << 40
# For one piece. Who takes nothing at all the kernel has cut by then (front.py); this is for those who trickle.
TAKE_SECONDS: Final = 60.0
COLUMNS: Final = ("id", "time", "topic", "level", "source", "message", "data")
TYPES: Final = {"json": "application/json", "ndjson": "application/x-ndjson", "csv": "text/csv"}
# A cell that begins so is a formula to a spreadsheet, and could call out (OWASP, "CSV Injection"). The last four are
# the wide forms that East Asian ones take for the same.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_json: Final = msgspec.json.Encoder()


class HistoryHandler(MessagesHandler):
    """`topic` (globs, repeatable), `level`, `q`, `after`, `before`, `since`, `until`, `order`, `limit`, `format`."""

    def initialize(  # type: ignore[override]  # each names what it uses
        self, live: LiveConfig, hub: Hub, uploads: UploadBudget, history: History
    ) -> None:
        super().initialize(live, hub, uploads)
        self.history = history

    async def get(self) -> None:
        kind = self._format()
        asked = self._asked(kind)
        self.add_header("Vary", "Accept")
        try:
            async with aclosing(self.history.pages(asked)) as pages:
                await self._answer(kind, pages)
        except StreamClosedError:
            return  # Who asked has gone.
        except TimeoutError:
            logger.info("%s was cut, who took too long over its answer from /messages", self.request.remote_ip)

    async def _answer(self, kind: str, pages: AsyncIterator[HistoryPage]) -> None:
        """Piece by piece: the next one is looked for when the socket has taken the last one. JSON is one piece."""
        page = await anext(pages)  # What is wrong with the request can still be said as such.
        said = FORMS[kind](page)
        self.set_header("Content-Type", f"{TYPES[kind]}; charset=utf-8")
        if kind == "json":
            self.set_header("Content-Length", len(said))
        else:
            self.set_header("Content-Disposition", f'attachment; filename="eyewall.{kind}"')
        try:
            await self._hand_over(_csv([COLUMNS]) + said if kind == "csv" else said)
            if kind == "json" or self.request.method == "HEAD":
                return
            async for page in pages:
                await self._hand_over(FORMS[kind](page))
        except BaseException:
            self._break_off()
            raise

    async def _hand_over(self, piece: bytes) -> None:
        """Wait until the socket has taken it. Raises TimeoutError when others have waited long enough for the place."""
        self.write(piece)
        async with asyncio.timeout(TAKE_SECONDS):
            await self.flush()

    def _break_off(self) -> None:
        """Hang up with RST: an end in order, also HTTP/1.0's mere FIN, would be taken for the end of the export."""
        stream = self.detach()
        if not stream.closed():
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST_ON_CLOSE)
            stream.close()

    def _format(self) -> str:
        asked = self.get_query_argument("format", "")
        if asked and asked not in TYPES:
            raise InvalidInput("format", f"{asked[:32]!r} is none of ours", hint=f"use one of {', '.join(TYPES)}")
        accept = self.request.headers.get("Accept", "")
        if asked:
            return asked
        if any(name in accept for name in NDJSON):
            return "ndjson"
        return "csv" if "text/csv" in accept else "json"

    def _asked(self, kind: str) -> HistoryQuery:
        one = self.get_query_argument
        after = one("after", None)
        order = one("order", "desc" if after is None else "asc")
        if order not in ("asc", "desc"):
            raise InvalidInput("order", f"{order[:32]!r} is no order", hint="use asc (oldest first) or desc")
        return HistoryQuery(
            request_filter(self),
            after=after,
            before=one("before", None),
            since=self._moment("since"),
            until=self._moment("until"),
            limit=self._limit(kind),
            newest_first=order == "desc",
            is_export=kind != "json",
        )

    def _moment(self, name: str) -> int | None:
        text = self.get_query_argument(name, None)
        return None if text is None else parse_time(text, time.time(), field=name)

    def _limit(self, kind: str) -> int:
        text = self.get_query_argument("limit", None)
        if text is None:
            return DEFAULT_LIMIT if kind == "json" else EVERYTHING
        if not re.fullmatch("[0-9]{1,12}", text) or int(text) < 1:
            raise InvalidInput(
                "limit", f"{text[:32]!r} is no number of messages", hint="use a whole number from 1 to 999999999999"
            )
        if kind == "json" and int(text) > MAX_LIMIT:
            raise InvalidInput(
                "limit", f"{text} messages are too many in one piece", hint=f"at most {MAX_LIMIT}, or format=ndjson"
            )
        return int(text)


def json_page(page: HistoryPage) -> bytes:
    """All of it, with where it goes on."""
    return _json.encode(page.as_json()) + b"\n"


def json_lines(page: HistoryPage) -> bytes:
    """A message a line; in front of them, if there is one, the gap."""
    said = [{"gap": page.gap.as_json()}] if page.gap else []
    return b"".join(_json.encode(value) + b"\n" for value in (*said, *page.messages))


def csv_lines(page: HistoryPage) -> bytes:
    """The same as rows."""
    return _csv([*([_gap_cells(page.gap)] if page.gap else []), *map(_cells, page.messages)])


def _cells(message: Message) -> tuple[str, ...]:
    data = bytes(message.data).decode() if message.data is not None else ""
    cells = (message.id, message.time, message.topic, message.level, message.source, message.message, data)
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)


def _gap_cells(gap: Gap) -> tuple[str, ...]:
    count = "an unknown number of" if gap.missing is None else f"{gap.missing}"
    return (gap.before, "", "", "", "", f"in front of this id {count} messages are missing: {gap.reason}", "")


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    """RFC 4180."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


FORMS: Final[dict[str, Callable[[HistoryPage], bytes]]] = {"json": json_page, "ndjson": json_lines, "csv": csv_lines}
