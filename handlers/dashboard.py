"""GET /: the page; for a client that asks for a stream, the stream."""

from handlers.assets import CONTENT_SECURITY_POLICY, Assets
from handlers.events import EventsHandler
from hub.config import Config, ServerConfig
from hub.hub import Hub
from hub.log.protocol import Log


class DashboardHandler(EventsHandler):
    """One address for both, so that `new EventSource("http://host:3030")` works."""

    def initialize(  # type: ignore[override]  # each names what it uses
        self, server: ServerConfig, hub: Hub, log: Log, assets: Assets, config: Config, version: str
    ) -> None:
        super().initialize(server, hub, log)
        self.assets = assets
        self.config = config
        self.version = version

    @property
    def wants_stream(self) -> bool:
        return "text/event-stream" in self.request.headers.get("Accept", "")

    async def head(self, *_: str) -> None:
        self.add_header("Vary", "Accept")
        if self.wants_stream:
            await super().head()
        else:
            self._show_page()

    async def get(self) -> None:
        self.add_header("Vary", "Accept")
        if self.wants_stream:
            await super().get()
        else:
            self._show_page()

    def _show_page(self) -> None:
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("Cache-Control", "no-cache")
        self.render(
            "dashboard.html",
            title=self.config.dashboard.shown_title,
            version=self.version,
            heartbeat_seconds=self.config.stream.heartbeat_seconds,
            max_message_bytes=self.config.publish.max_message_bytes,
        )
