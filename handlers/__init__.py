"""HTTP in, HTTP out. No rules, no SQL, no SSE syntax.

`routes` is the product's table of contents.
"""

from collections.abc import Callable
from typing import Any

from handlers.assets import AssetHandler, Assets
from handlers.connections import ConnectionHandler, ConnectionsHandler
from handlers.dashboard import DashboardHandler
from handlers.events import EventsHandler
from handlers.history import HistoryHandler
from handlers.messages import TopicHandler
from handlers.ops import HealthHandler, MetricsHandler, OpenApiHandler, ReadyHandler
from handlers.uploads import Uploads
from hub.config import Config
from hub.history import History
from hub.hub import Hub
from hub.log.protocol import Log


def routes(
    config: Config,
    hub: Hub,
    log: Log,
    history: History,
    assets: Assets,
    uploads: Uploads,
    *,
    version: str,
    is_ready: Callable[[], bool],
) -> list[tuple[str, type, dict[str, Any]]]:
    """Every address, who answers it, and all that this one can touch."""
    server = config.server
    publish = {"server": server, "hub": hub, "publish": config.publish, "uploads": uploads}
    stream = {"server": server, "hub": hub, "log": log}
    return [
        (r"/", DashboardHandler, stream | {"assets": assets, "config": config, "version": version}),
        (r"/events", EventsHandler, stream),
        (r"/messages", HistoryHandler, publish | {"history": history}),
        (r"/topics/([^/]+)", TopicHandler, publish),
        (r"/connections", ConnectionsHandler, {"server": server, "hub": hub}),
        (r"/connections/([^/]+)", ConnectionHandler, {"server": server, "hub": hub}),
        (r"/static/(.+)", AssetHandler, {"server": server, "assets": assets}),
        (r"/healthz", HealthHandler, {"server": server}),
        (r"/readyz", ReadyHandler, {"server": server, "log": log, "is_ready": is_ready}),
        (r"/metrics", MetricsHandler, stream),
        (r"/openapi\.json", OpenApiHandler, {"server": server}),
    ]
