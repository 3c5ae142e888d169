"""The rules of every request: Host check, CORS, and errors with their statuses and JSON form."""

import logging
import re
from collections.abc import Awaitable
from email.utils import formatdate
from functools import cache
from http.client import responses
from typing import Any, Final
from urllib.parse import urlsplit

from tornado.web import HTTPError, RequestHandler, stream_request_body

from hub.config import ServerConfig
from hub.config.live import LiveConfig
from hub.config.values import is_address
from hub.errors import (
    Conflict,
    CrossOrigin,
    EyewallError,
    InvalidInput,
    LogFailed,
    LogFull,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    TooLarge,
    TooManyConnections,
    UnknownType,
)
from hub.ingest.upload_budget import REFUSED_BYTES
from hub.json_text import encode

logger = logging.getLogger("eyewall.http")

# The first match counts: subclasses come before their base.
STATUS: Final[tuple[tuple[type[EyewallError], int], ...]] = (
    (TooLarge, 413),
    (UnknownType, 415),
    (InvalidInput, 400),
    (CrossOrigin, 403),
    (NotFound, 404),
    (Conflict, 409),
    (LogFull, 507),
    (TooManyConnections, 429),
    (Overloaded, 503),
    (LogFailed, 503),
    (OutcomeUnknown, 503),
)

# The errors that Tornado itself raises: code, message, hint.
HTTP_ERRORS: Final[dict[int, tuple[str, str, str]]] = {
    400: ("bad_request", "malformed request", "see /openapi.json for the requests of this API"),
    403: (
        "cross_origin",
        "a page of another origin may not publish",
        "list that origin under server.cors_origins; behind a proxy list the name in the browser's address "
        "under server.allowed_hosts",
    ),
    404: ("not_found", "no such address", "see /openapi.json for the addresses of this API"),
    405: ("method_not_allowed", "this address does not support this method", "the Allow header lists the methods"),
    421: ("wrong_host", "unknown host name in the Host header", "list the name under server.allowed_hosts"),
}
ALLOWED_HEADERS: Final = "Content-Type, Idempotency-Key, Last-Event-ID, X-Level, X-Source"
# The headers of every answer, in both tiers.
COMMON_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Resource-Policy", "same-origin"),  # CORS decides for listed origins: it is another mode.
)
JSON_TYPE: Final = "application/json; charset=utf-8"
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")


class BaseHandler(RequestHandler):
    """A handler of this product. Each class declares the parts of its route as attributes."""

    live: LiveConfig
    error: dict[str, str] | None = None  # Of an error answer: code, message, hint.

    def initialize(self, **parts: object) -> None:
        self.__dict__.update(parts)
        try:
            urlsplit(self.request.headers.get("Origin", ""))
        except ValueError:  # Tornado parses it again, and would fail with a 500.
            self.request.headers["Origin"] = "null"

    @property
    def server(self) -> ServerConfig:
        return self.live.current.server

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in COMMON_HEADERS:
            self.set_header(name, value)

    def prepare(self) -> None:
        """Refuse a wrong Host (DNS rebinding) and an unsupported method before the body is read."""
        self._check_host()
        self._allow_origin()
        if self.request.method not in self.allowed_methods():
            raise HTTPError(405)

    def head(self, *path: str) -> Awaitable[None] | None:
        """Answer as GET; Tornado sends no body."""
        return self.get(*path)

    def options(self, *_: str) -> None:
        """Answer a preflight, or list the methods."""
        self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Methods", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Headers", ALLOWED_HEADERS)
        self.set_header("Access-Control-Max-Age", "600")
        self.set_status(204)

    @classmethod
    @cache
    def allowed_methods(cls) -> list[str]:
        """Return the methods that this class defines. HEAD needs GET."""
        has = {m for m in cls.SUPPORTED_METHODS if getattr(cls, m.lower()) is not getattr(RequestHandler, m.lower())}
        return [m for m in cls.SUPPORTED_METHODS if m in has and (m != "HEAD" or "GET" in has)]

    def check_trusted_origin(self, origin: str) -> bool:
        """Return True if pages of this origin may publish. "*" and "null" may only read.

        A proxy may have changed Host. Then our own page is known by Sec-Fetch-Site, or on plain http, where browsers
        do not send it, by a name under server.allowed_hosts.
        """
        if origin in self.server.cors_origins:
            return origin not in ("*", "null")
        is_plain = "Sec-Fetch-Site" not in self.request.headers
        return is_plain and urlsplit(origin).hostname in self.server.allowed_hosts

    def check_site(self) -> None:
        """Refuse a search or stream that a page of another site starts, unless it is listed, or a link was followed."""
        headers, listed = self.request.headers, self.server.cors_origins
        is_listed = "*" in listed or headers.get("Origin") in listed
        is_link = headers.get("Sec-Fetch-Mode") == "navigate"
        if headers.get("Sec-Fetch-Site") == "cross-site" and not (is_listed or is_link):
            hint = "list that origin under server.cors_origins"
            raise CrossOrigin("a page of another site may not read", hint=hint)

    def write_json(self, value: object, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", JSON_TYPE)
        self.finish(encode(value) + b"\n")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, Overloaded):
            self.set_header("Retry-After", str(error.retry_seconds))
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        self._allow_origin()  # Tornado clears all headers before an error.
        answer = error_json(error, status_code)
        self.error = answer["error"]
        self.write_json(answer, status_code)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, EyewallError):
            status_code = status_of(error)
        super().send_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:  # noqa: ARG002  # Tornado's hook
        if not isinstance(value, EyewallError | HTTPError):
            logger.error("unexpected error in %s %s", self.request.method, self.request.path, exc_info=value)

    def _check_host(self) -> None:
        if not is_allowed_host(self.request.host, self.server):
            raise HTTPError(421)

    def _allow_origin(self) -> None:
        origin, listed = self.request.headers.get("Origin"), self.server.cors_origins
        if listed:
            self.set_header("Vary", "Origin")
        if origin and (origin in listed or "*" in listed):
            self.set_header("Access-Control-Allow-Origin", origin if origin in listed else "*")


@stream_request_body
class NotFoundHandler(BaseHandler):
    """Every address without a handler."""

    def prepare(self) -> None:
        self._check_host()
        if "Transfer-Encoding" in self.request.headers:
            raise HTTPError(404)  # The body may be endless. An answer before its end closes the connection.
        self.request.connection.set_max_body_size(REFUSED_BYTES)  # type: ignore[union-attr]  # HTTP1Connection has it

    def data_received(self, chunk: bytes) -> None:
        """Drop the body. Unread, it would reset a client that has not read the 404 yet."""

    def options(self, *_: str) -> None:
        raise HTTPError(404)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        # Tornado refuses methods that it does not know with 405 before `prepare`.
        super().send_error(404 if status_code == 405 else status_code, **kwargs)


def status_of(error: EyewallError) -> int:
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def error_code(error: EyewallError) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()


def error_json(error: BaseException | None, status: int = 500) -> dict[str, Any]:
    """Return the body of an error answer. It hides the text of an unexpected error."""
    if not isinstance(error, EyewallError):
        unknown = ("internal_error", "internal server error", "see the server's log")
        return {"error": dict(zip(("code", "message", "hint"), HTTP_ERRORS.get(status, unknown), strict=True))}
    return {"error": {"code": error_code(error), "message": error.message, "hint": error.hint}, **error.details}


def raw_error_response(error: BaseException, *headers: tuple[str, str], status: int = 0) -> bytes:
    """Return a whole answer for a request without a handler. `status` replaces the error's own."""
    status = status or (status_of(error) if isinstance(error, EyewallError) else 500)
    body = encode(error_json(error)) + b"\n"
    fields = [("Date", formatdate(usegmt=True)), ("Content-Type", JSON_TYPE), *COMMON_HEADERS]
    fields += [("Content-Length", str(len(body))), *headers]
    if isinstance(error, Overloaded):
        fields.append(("Retry-After", str(error.retry_seconds)))
    lines = (f"{name}: {value}" for name, value in fields)
    return "\r\n".join([f"HTTP/1.1 {status} {responses[status]}", *lines, "", ""]).encode() + body


def is_allowed_host(host: str, server: ServerConfig) -> bool:
    """Return True for an address, localhost, or a name listed in the settings."""
    found = _HOST.fullmatch(host)
    name = found[1].lower().removesuffix(".") if found else ""
    return name == "localhost" or name in server.allowed_hosts or is_address(name.strip("[]"))
