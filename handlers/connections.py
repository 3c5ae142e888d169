"""GET /connections, and DELETE of one connection."""

import asyncio
import re
from typing import Final

import msgspec

from handlers.base import JSON_TYPE, BaseHandler
from handlers.bounded import BoundedAnswer
from hub.delivery.connection import Connection
from hub.errors import InvalidInput
from hub.hub import Hub
from hub.json_text import encode
from hub.log.protocol import format_time

MAX_LIMIT: Final = 1000  # Connections of one page: some 5 ms.
PAGE_BYTES: Final = 1 << 20  # A page ends behind the connection that reaches this. A filter may take 12 KiB.


class ConnectionsHandler(BoundedAnswer):
    """GET /connections: one page, in the order of `since`. Parameters: `limit`, `after`."""

    async def get(self) -> None:
        with self.history.slot(self.history.limits.answers), self.ends_with_its_client():
            async with self.history.turn:
                body = self._page()
                await asyncio.sleep(0)  # Other requests come between two pages.
            self.set_header("Content-Type", JSON_TYPE)
            self.set_header("Content-Length", len(body))
            await self.send(body)

    def _page(self) -> bytes:
        registry, limit, after = self.hub.registry, self._limit(), self.get_query_argument("after", None)
        readers = list(registry) if after is None else registry.after(after)
        shown: list[msgspec.Raw] = []
        size = 0
        for connection in readers[:limit]:
            shown.append(msgspec.Raw(msgspec.json.encode(_shown(connection))))
            size += len(shown[-1])
            if size >= PAGE_BYTES:
                break
        following = readers[len(shown) - 1].id if len(shown) < len(readers) else None
        return encode({"connections": shown, **registry.counts(), "next": following}) + b"\n"

    def _limit(self) -> int:
        text = self.get_query_argument("limit", str(MAX_LIMIT))
        if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_LIMIT:
            raise InvalidInput("limit", f"invalid number {text[:32]!r}", hint=f"use 1 to {MAX_LIMIT}")
        return int(text)


class ConnectionHandler(BaseHandler):
    """DELETE /connections/<id>"""

    hub: Hub

    def delete(self, connection_id: str) -> None:
        self.hub.dismiss(self.hub.registry.get(connection_id), "disconnected")
        self.set_status(204)


def _shown(connection: Connection) -> dict[str, object]:
    return {
        "id": connection.id,
        "address": connection.address,
        "client": connection.client,
        "since": format_time(int(connection.since * 1000)),
        "filter": connection.filter.as_json(),
        "sent": connection.sent,
        "state": connection.state,
    }
