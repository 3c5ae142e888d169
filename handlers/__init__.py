"""HTTP in, HTTP out: `routes` is the table of all addresses."""

from collections.abc import Callable
from typing import Any

from handlers.assets import AssetHandler, Assets
from handlers.connections import ConnectionHandler, ConnectionsHandler
from handlers.counts import CountsHandler, FieldsHandler
from handlers.dashboard import DashboardHandler
from handlers.events import EventsHandler
from handlers.messages import MessagesHandler, TopicHandler
from handlers.ops import HealthHandler, MetricsHandler, OpenApiHandler, ReadyHandler
from handlers.refusals import Refusals
from hub.config.live import LiveConfig
from hub.history import History
from hub.hub import Hub
from hub.ingest.upload_budget import UploadBudget
from hub.log.protocol import Log


def routes(
    live: LiveConfig,
    hub: Hub,
    log: Log,
    history: History,
    assets: Assets,
    uploads: UploadBudget,
    refusals: Refusals,
    *,
    version: str,
    is_ready: Callable[[], bool],
) -> list[tuple[str, type, dict[str, Any]]]:
    """Return each address with its handler, and the parts that become the handler's attributes."""
    publish = {"live": live, "hub": hub, "uploads": uploads}
    stream = {"live": live, "hub": hub, "log": log}
    return [
        (r"/", DashboardHandler, stream | {"version": version, "assets": assets}),
        (r"/events", EventsHandler, stream),
        (r"/messages", MessagesHandler, publish | {"history": history}),
        (r"/counts", CountsHandler, {"live": live, "hub": hub, "history": history}),
        (r"/fields", FieldsHandler, {"live": live, "hub": hub, "history": history}),
        (r"/topics/([^/]+)", TopicHandler, publish),
        (r"/connections", ConnectionsHandler, {"live": live, "hub": hub, "history": history}),
        (r"/connections/([^/]+)", ConnectionHandler, {"live": live, "hub": hub}),
        (r"/static/(.+)", AssetHandler, {"live": live, "assets": assets}),
        (r"/healthz", HealthHandler, {"live": live}),
        (r"/readyz", ReadyHandler, {"live": live, "log": log, "is_ready": is_ready}),
        (r"/metrics", MetricsHandler, stream | {"refusals": refusals}),
        (r"/openapi\.json", OpenApiHandler, {"live": live}),
    ]
