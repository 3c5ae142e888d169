"""The fast tier: one simple message published, or one simple stream opened, without a RequestHandler.

A simple request cannot be read in two ways (RFC 9112): printable ASCII, no header name twice, a Content-Length of
digits or none, no transfer coding. A request that is not taken stays unread: Tornado's handlers have the same rules,
and all error texts.
"""

import logging
import re
import socket
import time
from collections.abc import Coroutine, Mapping
from email.utils import formatdate
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tornado.escape import parse_qs_bytes

from handlers.application import MAX_HEAD_BYTES
from handlers.base import COMMON_HEADERS, JSON_TYPE, error_code, is_allowed_host, raw_error_response
from handlers.events import STREAM_HEADERS, open_stream
from handlers.forwarded import FORWARDING_HEADERS
from handlers.messages import FORM, TEXT
from handlers.params import StreamRequest
from handlers.publish import JSON
from handlers.refusals import Refusals
from hub.config.live import LiveConfig
from hub.errors import EyewallError
from hub.hub import Hub
from hub.ingest.decode import JsonObjects, TopicText
from hub.ingest.forms import read_form
from hub.json_text import encode
from hub.log.protocol import Log
from hub.message import TOPIC, Draft

logger = logging.getLogger("eyewall.http")

MAX_PARAMETERS: Final = 100  # Of a query. Tornado's tier takes more.
_HEAD: Final = re.compile(
    rb"(?:(GET) (/events(?:\?[!-~]*)?)|(POST) (/(?:messages|topics/)[!-~]*)) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]+:[\t -~]*\r\n)+)\r\n"
)
_PATH: Final = re.compile(rf"/messages|/topics/({TOPIC.pattern})")
# With one of these headers a request is not simple.
_ODD: Final = frozenset({"Transfer-Encoding", "Expect", "Upgrade", "Te", "Trailer", *FORWARDING_HEADERS})
# Any other header may change the meaning of a publish, or the right to publish.
_UNDERSTOOD: Final = frozenset(
    {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", "Content-Type", "Content-Length"}
    | {"X-Level", "X-Source"}
)


class SimpleRequest(NamedTuple):
    """One request. `size` is the number of bytes of header and body together."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    size: int


def parse(data: bytes) -> SimpleRequest | None:
    """Return the simple request at the start of `data`. None if it is not simple, or not complete."""
    found = _HEAD.match(data)
    if found is None or found.end() > MAX_HEAD_BYTES:
        return None
    method, target = (found[1], found[2]) if found[1] else (found[3], found[4])
    headers = _read_headers(found[5])
    if headers is None:
        return None
    length = headers.get("Content-Length", "0")
    if not re.fullmatch("[0-9]{1,7}", length) or (found[1] and length != "0"):
        return None
    end = found.end() + int(length)
    if end > len(data):
        return None
    return SimpleRequest(method.decode(), target.decode(), headers, data[found.end() : end], end)


@lru_cache(256)
def _read_headers(fields: bytes) -> Mapping[str, str] | None:
    """Return header lines by name; None if they are not simple. Cached: a program repeats its own."""
    headers: dict[str, str] = {}
    for field in fields[:-2].decode("ascii").split("\r\n"):
        name, _, value = field.partition(":")
        name = "-".join(map(str.capitalize, name.split("-")))  # As Tornado does; title() differs behind a digit.
        if name in headers or name in _ODD or (name == "Connection" and value.strip().lower() != "keep-alive"):
            return None
        headers[name] = value.strip(" \t")
    return MappingProxyType(headers)


class FastTier:
    """Publishes and opens streams. Reads every setting at the time of use."""

    def __init__(self, hub: Hub, log: Log, live: LiveConfig, refusals: Refusals) -> None:
        self._hub = hub
        self._log = log
        self._live = live
        self._refusals = refusals

    def publish(self, request: SimpleRequest) -> Coroutine[Any, Any, bytes] | None:
        """Return a coroutine that publishes the message and returns the answer; it raises nothing. None: not simple.

        From the first step of the coroutine on, the request must not be handed to Tornado: it may be published.
        """
        draft = self._draft(request)
        return None if draft is None else self._answer(draft, request.target)

    def open(self, request: SimpleRequest, connection: socket.socket, address: str) -> bool:
        """Open a stream and give it to the hub. False: not simple, and `connection` is untouched."""
        server, headers = self._live.current.server, request.headers
        if (
            "Origin" in headers
            or headers.get("Sec-Fetch-Site") == "cross-site"
            or not is_allowed_host(headers.get("Host", ""), server)
        ):
            return False
        query = request.target.partition("?")[2]
        try:
            arguments = parse_qs_bytes(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
            asked = StreamRequest.parse(arguments, headers.get("Last-Event-Id"))
            position = asked.position(self._log)
            if position is None:
                return False
            head = _stream_head(int(time.time()), bool(server.cors_origins))
            agent = headers.get("User-Agent", "")
            opened = open_stream(self._hub, asked, position, address=address, user_agent=agent, head=head)
        except (EyewallError, ValueError):
            return False
        try:
            self._hub.attach(opened, connection)
        except Exception:  # No descriptor, or no epoll watch: EventsHandler answers or reports it.
            self._hub.disconnect(opened)
            return False
        connection.recv(request.size)
        return True

    def _draft(self, request: SimpleRequest) -> Draft | None:
        config, body, path = self._live.current, request.body, _PATH.fullmatch(request.target)
        if not path or not 0 < len(body) <= config.publish.max_body_bytes:
            return None
        headers = request.headers
        if not headers.keys() <= _UNDERSTOOD or not is_allowed_host(headers.get("Host", ""), config.server):
            return None
        kind, _, parameters = headers.get("Content-Type", "").lower().partition(";")
        kind = kind.strip()
        level, source = headers.get("X-Level", ""), headers.get("X-Source", "")
        if (kind not in JSON and kind not in TEXT) or (kind in JSON and (level or source)):
            return None
        if parameters.strip() not in ("", "charset=utf-8") or body[0] >= 0xEF:  # A byte order mark.
            return None
        if kind == FORM and read_form(body) is not None:
            return None
        try:
            if kind in JSON or path[1] is None:
                return JsonObjects(path[1]).decode(body, config.publish) if body.startswith(b"{") else None
            return TopicText(path[1], level, source).whole(body, config.publish)
        except EyewallError:
            return None

    async def _answer(self, draft: Draft, path: str) -> bytes:
        began, is_cross_origin = time.monotonic(), bool(self._live.current.server.cors_origins)
        try:
            receipt = await self._hub.publish([draft])
            body = encode(receipt.as_json()) + b"\n"
            status, answer = 201, _message_head(int(time.time()), is_cross_origin, len(body)) + body
        except Exception as error:
            if not isinstance(error, EyewallError):
                logger.exception("unexpected error in POST %s", path)
            else:
                self._refusals.counts[error_code(error)] += 1
            answer = raw_error_response(error, *_vary(is_cross_origin))
            status = int(answer[9:12])
        self._refusals.log_request(status, "POST", path, time.monotonic() - began)
        return answer


def _vary(is_cross_origin: bool) -> tuple[tuple[str, str], ...]:
    """Return what BaseHandler adds while `server.cors_origins` is not empty."""
    return (("Vary", "Origin"),) if is_cross_origin else ()


@lru_cache(64)
def _message_head(seconds: int, is_cross_origin: bool, length: int) -> bytes:
    fields = [("Content-Type", JSON_TYPE), *COMMON_HEADERS, *_vary(is_cross_origin), ("Content-Length", str(length))]
    return _head("201 Created", seconds, dict(fields))


@lru_cache(4)
def _stream_head(seconds: int, is_cross_origin: bool) -> bytes:
    fields = [*COMMON_HEADERS, *STREAM_HEADERS, *_vary(is_cross_origin), ("Transfer-Encoding", "chunked")]
    return _head("200 OK", seconds, dict(fields))


def _head(status: str, seconds: int, fields: Mapping[str, str]) -> bytes:
    """Return a response header as Tornado sends it. `seconds` since 1970, for the date."""
    lines = [f"{name}: {value}" for name, value in {"Date": formatdate(seconds, usegmt=True), **fields}.items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()
