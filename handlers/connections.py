"""GET /connections, and DELETE of one connection."""

import asyncio
from typing import Final

from handlers.base import BaseHandler
from hub.delivery.connection import Connection
from hub.hub import Hub
from hub.log.protocol import format_time

AT_ONCE: Final = 1000  # Connections listed in one turn of the loop, some 5 ms.


class ConnectionsHandler(BaseHandler):
    """GET /connections"""

    hub: Hub

    async def get(self) -> None:
        registry, shown = self.hub.registry, []
        for connection in registry:
            shown.append(_shown(connection))
            if len(shown) % AT_ONCE == 0:
                await asyncio.sleep(0)
        self.write_json({"connections": shown, **registry.counts()})


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
