"""GET /: the page, or a stream for a client that accepts one."""

from handlers.assets import CONTENT_SECURITY_POLICY, Assets
from handlers.events import EventsHandler


class DashboardHandler(EventsHandler):
    """One address for both, so that `new EventSource("http://host:3030")` works."""

    version: str
    assets: Assets

    @property
    def wants_stream(self) -> bool:
        return "text/event-stream" in self.request.headers.get("Accept", "")

    async def head(self, *_: str) -> None:
        self.add_header("Vary", "Accept")
        if self.wants_stream:
            await super().head()
        else:
            self._render_page()

    async def get(self) -> None:
        self.add_header("Vary", "Accept")
        if self.wants_stream:
            await super().get()
        else:
            self._render_page()

    def _render_page(self) -> None:
        config = self.live.current
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("Cache-Control", "no-cache")
        self.render(
            "dashboard.html",
            title=config.dashboard.shown_title,
            version=self.version,
            fonts=self.assets.fonts,
            heartbeat_seconds=config.stream.heartbeat_seconds,
            max_message_bytes=config.publish.max_message_bytes,
        )
