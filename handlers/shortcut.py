"""One plain message, from a request to the log and back, past Tornado's RequestHandler.

A RequestHandler costs 80 µs (routing, two waits, headers set one by one), a message's way through the
log 40. So what needs none of its care is answered here: one message, plain in every respect. All that
is odd or wrong is left to the handlers, who have the words for it; the rules are Draft's, as theirs are.
"""

import logging
import re
import time
from collections.abc import Awaitable
from email.utils import formatdate
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from handlers.base import is_allowed_host
from handlers.messages import TEXT
from handlers.plain import Request, read_headers
from handlers.publish import JSON
from hub.config import PublishConfig, ServerConfig
from hub.errors import EyewallError
from hub.hub import Hub
from hub.message import TOPIC, Draft, Level

logger = logging.getLogger("eyewall.http")

_PATH: Final = re.compile(rf"/messages|/topics/({TOPIC.pattern})")
# Any other header may change what a request means, or who may ask: the handlers know.
_UNDERSTOOD: Final = frozenset(
    {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Type", "Content-Length"}
    | {"X-Level", "X-Source"}
)
_json: Final = msgspec.json.Encoder()


class About(NamedTuple):
    """What the header says of the message."""

    is_json: bool
    level: str
    source: str


class Shortcut:
    """Made anew with each config. Call it with a request: the answer to come, or None when a handler has to answer."""

    def __init__(self, hub: Hub, server: ServerConfig, publish: PublishConfig) -> None:
        self._hub = hub
        self._limits = publish
        self._vary = "Vary: Origin\r\n" if server.cors_origins else ""
        self._server = server
        self._about = lru_cache(256)(self._read_fields)  # Programs say the same each time.

    def __call__(self, request: Request) -> Awaitable[bytes] | None:
        draft = self._draft(request)
        return None if draft is None else self._publish(draft)

    def _draft(self, request: Request) -> Draft | None:
        body, path = request.body, _PATH.fullmatch(request.start_line.path)
        if not path or not 0 < len(body) <= self._limits.max_body_bytes or logger.isEnabledFor(logging.DEBUG):
            return None
        about = self._about(request.fields)
        if about is None:
            return None
        limit = self._limits.max_message_bytes
        try:
            if about.is_json or path[1] is None:
                return Draft.from_json(body, topic=path[1], max_bytes=limit) if body.startswith(b"{") else None
            return Draft.parse(
                topic=path[1], message=body.decode(), level=about.level, source=about.source, max_bytes=limit
            )
        except (EyewallError, UnicodeDecodeError):
            return None

    async def _publish(self, draft: Draft) -> bytes:
        """Raises what Hub.publish raises."""
        receipt = await self._hub.publish([draft])
        answer: dict[str, object] = {"id": receipt.first_id, "time": receipt.time}
        if receipt.receivers is not None:
            answer["receivers"] = receipt.receivers
        body = _json.encode(answer) + b"\n"
        return _head(int(time.time()), self._vary, len(body)) + body

    def _read_fields(self, fields: bytes) -> About | None:
        headers = read_headers(fields)
        if (
            headers is None
            or not _UNDERSTOOD.issuperset(headers)
            or not is_allowed_host(headers.get("Host", ""), self._server)
        ):
            return None
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        level, source = headers.get("X-Level", ""), headers.get("X-Source", "")
        if (kind not in JSON and kind not in TEXT) or (kind in JSON and (level or source)):
            return None
        return About(kind in JSON, level or Level.INFO, source)


@lru_cache(64)
def _head(seconds: int, more: str, length: int) -> bytes:
    """As BaseHandler.write_json sets it."""
    return (
        "HTTP/1.1 201 Created\r\n"
        "Content-Type: application/json; charset=utf-8\r\n"
        f"Date: {formatdate(seconds, usegmt=True)}\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\n"
        f"{more}"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()
