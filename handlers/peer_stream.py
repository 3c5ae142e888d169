"""The stream of a connection that Tornado serves: four corrections of its HTTP/1.1, by methods that are public."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tornado.iostream import IOStream, StreamClosedError

from handlers.base import raw_error_response
from hub.errors import InvalidInput

_BARE_400: Final = b"HTTP/1.1 400 Bad Request\r\n\r\n"  # Tornado's answer to a malformed request.
_CONNECTION: Final = re.compile(rb"(?im)^connection:((?:[^\r\n]|\r?\n[ \t])*)\r?\n")


class PeerStream(IOStream):
    """Reads the options of `Connection` as a list, delivers the last chunks, and gives a malformed request a reason.

    Stays open behind a half-close until the request is answered. `on_end` is called at once then.
    """

    _awaits_answer = False
    has_ended = False  # The client, or one half of it, while it waits for its answer.

    def __init__(self, connection: socket.socket, on_end: Callable[[], None]) -> None:
        super().__init__(connection)
        self._on_end = on_end

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        # Tornado sets one while a whole request waits for its answer, and at no other time.
        self._awaits_answer = callback is not None
        super().set_close_callback(callback)

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        try:
            size = super().read_from_fd(buf)
            if size != 0 or not self._awaits_answer:
                return size
            if self.has_ended:
                return None
            self.has_ended = True
            self._on_end()
            # At the end Tornado closes, and with nothing it waits for more in a busy loop. It leaves a stream alone
            # that holds unread bytes: an empty line, which it skips behind the answer.
            buf[:2] = b"\r\n"
            return 2
        finally:
            del buf  # As Tornado does: the frames of an error would keep it.

    def read_until_regex(self, regex: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
        return asyncio.ensure_future(_with_one_option(super().read_until_regex(regex, max_bytes)))

    def read_until(self, delimiter: bytes, max_bytes: int | None = None) -> Awaitable[bytes]:
        return _late(lambda: super(PeerStream, self).read_until(delimiter, max_bytes))

    def read_bytes(self, num_bytes: int, partial: bool = False) -> Awaitable[bytes]:
        return _late(lambda: super(PeerStream, self).read_bytes(num_bytes, partial))

    def write(self, data: bytes | memoryview) -> Any:
        if data == _BARE_400:
            hint = "of a chunked body, chunk extensions and trailer fields are not supported"
            data = raw_error_response(InvalidInput("request", "is malformed", hint=hint), ("Connection", "close"))
        return super().write(data)


async def _with_one_option(reading: Awaitable[bytes]) -> bytes:
    """Return a header in which `Connection` is `close` if its list has it: Tornado compares the whole value."""
    head = await reading
    fields = _CONNECTION.findall(head)
    options = {option.strip().lower() for field in fields for option in field.split(b",")}
    if len(options) < 2:
        return head
    chosen = b"close" if b"close" in options else b"keep-alive" if b"keep-alive" in options else b"other"
    line, end, rest = _CONNECTION.sub(b"", head).partition(b"\n")
    return line + end + b"Connection: " + chosen + b"\r\n" + rest


def _late(read: Callable[[], Awaitable[bytes]]) -> Awaitable[bytes]:
    """Read; fail at the end of the connection one turn later.

    Tornado drops the chunks that it has coalesced if the next read has failed already, and delivers them if it waits.
    """
    try:
        reading = read()
    except StreamClosedError:
        return _failing()
    is_closed = (
        isinstance(reading, asyncio.Future) and reading.done() and type(reading.exception()) is StreamClosedError
    )
    return _failing() if is_closed else reading


def _failing() -> Awaitable[bytes]:
    async def fail() -> bytes:
        raise StreamClosedError  # Not the error found: its frames would keep the body in a reference circle.

    failing = asyncio.ensure_future(fail())
    failing.add_done_callback(lambda done: done.cancelled() or done.exception())  # It may never be awaited.
    return failing
