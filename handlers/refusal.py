"""The whole answer to a request that gets no handler: there is no place for it, or its header is too large."""

from collections.abc import Awaitable
from http.client import responses

import msgspec
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine

from handlers.base import error_json, status_of
from handlers.plain import MAX_HEAD_BYTES
from hub.errors import EyewallError, Overloaded, TooLarge


def refusal(error: EyewallError, status: int = 0) -> bytes:
    """What goes to the socket before it is closed; `status` where the error's own would say less."""
    status = status or status_of(error)
    body = msgspec.json.encode(error_json(error)) + b"\n"
    head = [
        f"HTTP/1.1 {status} {responses[status]}",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    if isinstance(error, Overloaded):
        head.append(f"Retry-After: {error.retry_seconds}")
    return "\r\n".join([*head, "", ""]).encode() + body


class Bounded(HTTPMessageDelegate):
    """Passes on a request whose header is not too large. Tornado's own limit hangs up without a word."""

    def __init__(self, inner: HTTPMessageDelegate, connection: HTTP1Connection) -> None:
        self._inner = inner
        self._connection = connection

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        size = sum(len(str(part)) for part in start_line)
        size += sum(len(name) + len(value) + len(": \r\n") for name, value in headers.get_all())
        if size <= MAX_HEAD_BYTES:
            return self._inner.headers_received(start_line, headers)
        hint = "send fewer or smaller cookies, or a shorter query"
        error = TooLarge("header", f"over the limit of {MAX_HEAD_BYTES:,} bytes", hint=hint)
        stream = self._connection.detach()
        stream.write(refusal(error, 431))
        stream.close()
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._inner.on_connection_close()
