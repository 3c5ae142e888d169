"""Server-Sent Events on the wire: values in, bytes out (WHATWG HTML, "Interpreting an event stream").

Every function but `retry` returns whole blocks, each ending in an empty line. Only messages carry an `id:`,
because an id on another event would move the reader's cursor. Data is always one line of JSON. JSON
escapes CR and LF, so no text can end a line, a field or a block.
"""

from typing import Final

import msgspec

from hub.message import Message

_json: Final = msgspec.json.Encoder()

END_OF_CHUNKS: Final = b"0\r\n\r\n"


def encode(message: Message) -> bytes:
    """Return the frame of one message. `event:` is omitted: its default is `message`."""
    # A client may drop a BOM before "id" only at the start of the stream, and a stream starts with `retry:`.
    return b"id: %b\ndata: %b\n\n" % (message.id.encode(), _json.encode(message))


def event(name: str, data: dict[str, object]) -> bytes:
    """Return a control event. It has a name and no id."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), _json.encode(data))


def retry(milliseconds: int) -> bytes:
    """Return the line that sets the browser's reconnection time. Put it in front of a block.

    Some clients (httpx-sse, sseclient-py) take a block that has only this line for a message without data.
    """
    return b"retry: %d\n" % milliseconds


class PayloadCache:
    """Joins frames. Consecutive calls with equal frames return the same bytes object.

    If hundreds of filters match one message of 1 MiB, it is held once instead of hundreds of times.
    """

    def __init__(self) -> None:
        self._last: tuple[bool, list[bytes]] | None = None
        self._payload = b""

    def payload(self, frames: list[bytes], *, chunked: bool) -> bytes:
        """Return the frames as one payload; b"" for no frames."""
        if self._last != (chunked, frames):
            self._last = chunked, frames
            self._payload = framed(b"".join(frames), chunked=chunked)
        return self._payload


def framed(blocks: bytes, *, chunked: bool) -> bytes:
    """Return `blocks` framed for HTTP/1.1 if `chunked`, else unchanged. b"" stays b""."""
    return chunk(blocks) if blocks and chunked else blocks


def chunk(payload: bytes) -> bytes:
    """Return `payload` as one chunk of an HTTP/1.1 body (RFC 9112 section 7.1). An empty one would end the body."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)
