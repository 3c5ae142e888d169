"""What a plain request is: one that the fast lane may answer.

What counts as plain is narrow on purpose (RFC 9112): one header field a line, printable ASCII, no name
twice, a Content-Length of digits or none, no transfer coding. Nothing in it can be read in two ways.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from tornado.httputil import HTTPHeaders, RequestStartLine

MAX_HEAD_BYTES: Final = 16 << 10
_HEAD: Final = re.compile(
    rb"(?:(GET) (/events(?:\?[!-~]*)?)|(POST) (/(?:messages|topics/)[!-~]*)) HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]+:[\t -~]*\r\n)+)\r\n"
)
# With one of these a request is not plain, whatever it says.
_ODD: Final = frozenset({"Transfer-Encoding", "Expect", "Upgrade", "Te", "Trailer"})


class Request(NamedTuple):
    """One request; `fields` are its header lines as they came, `size` the bytes of its head and body together."""

    start_line: RequestStartLine
    fields: bytes
    headers: HTTPHeaders
    body: bytes
    size: int


def parse(data: bytes) -> Request | None:
    """The plain request at the start of `data`; None if it is not plain, or not all there."""
    found = _HEAD.match(data)
    if found is None or found.end() > MAX_HEAD_BYTES:
        return None
    method, path = (found[1], found[2]) if found[1] else (found[3], found[4])
    headers = read_headers(found[5])
    if headers is None:
        return None
    length = headers.get("Content-Length", "0")
    if not re.fullmatch("[0-9]{1,7}", length) or (found[1] and length != "0"):
        return None
    end = found.end() + int(length)
    if end > len(data):
        return None
    start_line = RequestStartLine(method.decode(), path.decode(), "HTTP/1.1")
    return Request(start_line, found[5], headers, data[found.end() : end], end)


@lru_cache(256)
def read_headers(fields: bytes) -> HTTPHeaders | None:
    """Header lines; None if they are not plain. Programs say the same each time, so this is kept: only to be read."""
    headers = HTTPHeaders()
    for field in fields[:-2].decode("ascii").split("\r\n"):
        name, _, value = field.partition(":")
        name = name.title()
        if name in headers or name in _ODD or (name == "Connection" and value.strip().lower() != "keep-alive"):
            return None
        headers[name] = value.strip(" \t")
    return headers
