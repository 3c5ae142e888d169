"""What every request has in common: who may ask, and how an error is said.

Owns the Host check, CORS, the table from errors to statuses, and the form of an error. Knows none
of the product's rules.
"""

import logging
import re
from collections.abc import Awaitable
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from tornado.web import HTTPError, RequestHandler, stream_request_body

from hub.config import ServerConfig
from hub.config.values import is_address
from hub.errors import (
    Conflict,
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

logger = logging.getLogger("eyewall.http")

# The first that fits counts, so the special ones stand above the general ones.
STATUS: Final[tuple[tuple[type[EyewallError], int], ...]] = (
    (TooLarge, 413),
    (UnknownType, 415),
    (InvalidInput, 400),
    (NotFound, 404),
    (Conflict, 409),
    (LogFull, 507),
    (TooManyConnections, 429),
    (Overloaded, 503),
    (LogFailed, 503),
    (OutcomeUnknown, 503),
)

# What Tornado itself answers, in our words: code, message, hint.
HTTP_ERRORS: Final[dict[int, tuple[str, str, str]]] = {
    400: ("bad_request", "this request cannot be read", "see /openapi.json for what can be sent"),
    403: (
        "cross_origin",
        "a page of another origin may not publish",
        "list that origin under server.cors_origins; behind a proxy pass the Host on: nginx needs "
        "'proxy_set_header Host $http_host;'",
    ),
    404: ("not_found", "there is nothing here", "see /openapi.json for what there is"),
    405: ("method_not_allowed", "this address does not take this method", "the Allow header lists those it takes"),
    421: ("wrong_host", "this server does not go by that name", "list the name under server.allowed_hosts"),
}
REFUSED_BYTES: Final = 64 << 20  # Read of a body that is refused, so that its sender reads why and not a reset.
ALLOWED_HEADERS: Final = "Content-Type, Idempotency-Key, Last-Event-ID, X-Level, X-Source"
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::[0-9]{1,5})?")
_json: Final = msgspec.json.Encoder()


class BaseHandler(RequestHandler):
    """Every handler of Eyewall. `server` is the config's section; subclasses name what else they use."""

    def initialize(self, server: ServerConfig) -> None:
        self.server = server
        try:
            urlsplit(self.request.headers.get("Origin", ""))
        except ValueError:  # Tornado's look at it would fail in the same way: an origin that is none, then.
            self.request.headers["Origin"] = "null"

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        """Refuse a wrong Host (DNS rebinding) and a method that is not there, before any body is read."""
        self._check_host()
        self._allow_origin()
        if self.request.method not in self.allowed_methods():
            raise HTTPError(405)

    def head(self, *path: str) -> Awaitable[None] | None:
        """As GET; Tornado sends no body. Balancers and monitors ask so."""
        return self.get(*path)

    def options(self, *_: str) -> None:
        """A preflight, or somebody who wants to know what there is."""
        self.set_header("Allow", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Methods", ", ".join(self.allowed_methods()))
        self.set_header("Access-Control-Allow-Headers", ALLOWED_HEADERS)
        self.set_header("Access-Control-Max-Age", "600")
        self.set_status(204)

    @classmethod
    @cache
    def allowed_methods(cls) -> list[str]:
        """What this handler has a method for; whoever has GET has HEAD."""
        has = {m for m in cls.SUPPORTED_METHODS if getattr(cls, m.lower()) is not getattr(RequestHandler, m.lower())}
        return [m for m in cls.SUPPORTED_METHODS if m in has and (m != "HEAD" or "GET" in has)]

    def check_trusted_origin(self, origin: str) -> bool:
        """Who else may publish: origins named in full. "*" and "null" may only read."""
        return origin in self.server.cors_origins and origin not in ("*", "null")

    def write_json(self, value: object, status: int = 200) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(_json.encode(value) + b"\n")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, Overloaded):
            self.set_header("Retry-After", str(error.retry_seconds))
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.allowed_methods()))
        self._allow_origin()  # Tornado clears all headers before an error.
        self.write_json(error_json(error, status_code), status_code)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, EyewallError):
            status_code = status_of(error)
        super().send_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:  # noqa: ARG002  # Tornado's hook
        # What the caller did wrong is the caller's to read; our log gets what we did wrong.
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
    """Every address that is none of ours."""

    def prepare(self) -> None:
        self._check_host()
        if "Transfer-Encoding" in self.request.headers:
            raise HTTPError(404)  # This body may have no end. (Said before the end, it costs the connection.)
        self.request.connection.set_max_body_size(REFUSED_BYTES)  # type: ignore[union-attr]  # HTTP1Connection has it

    def data_received(self, chunk: bytes) -> None:
        """Not kept, but read: who only writes would not hear of the 404 now."""

    def options(self, *_: str) -> None:
        raise HTTPError(404)

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        # No method is there, and Tornado refuses those that it does not know before it asks us.
        super().send_error(404 if status_code == 405 else status_code, **kwargs)


def status_of(error: EyewallError) -> int:
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def error_json(error: BaseException | None, status: int = 500) -> dict[str, object]:
    """What is said of an error; of one that is none of ours, only what its status says."""
    if not isinstance(error, EyewallError):
        unknown = ("internal_error", "something went wrong here", "the server's log says more")
        return {"error": dict(zip(("code", "message", "hint"), HTTP_ERRORS.get(status, unknown), strict=True))}
    code = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()
    return {"error": {"code": code, "message": error.message, "hint": error.hint}, **error.details}


def is_allowed_host(host: str, server: ServerConfig) -> bool:
    """Whether a Host header names this server: by an address, as localhost, or as the settings say."""
    found = _HOST.fullmatch(host)
    name = found[1].lower().removesuffix(".") if found else ""
    return name == "localhost" or name in server.allowed_hosts or is_address(name.strip("[]"))
