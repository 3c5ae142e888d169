"""Server-Sent Events on the wire: values in, bytes out (WHATWG HTML, "Interpreting an event stream").

Every function but `retry` returns whole blocks, each ending in an empty line. Only messages carry an `id:`;
an id on anything else would move the reader's cursor. Data is always one line of JSON, in which
CR and LF are escaped, so no text can end a line, a field or a block.
"""

from typing import Final

import msgspec

from hub.message import Message

_json: Final = msgspec.json.Encoder()

END_OF_CHUNKS: Final = b"0\r\n\r\n"


def encode(message: Message) -> bytes:
    """The frame of one message. `event:` is left out: its default is `message`."""
    # A BOM in front of "id" could be eaten only at the start of the stream, where `retry:` stands.
    return b"id: %b\ndata: %b\n\n" % (message.id.encode(), _json.encode(message))


def event(name: str, data: dict[str, object]) -> bytes:
    """A control event: a name, and no id."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), _json.encode(data))


def retry(milliseconds: int) -> bytes:
    """How long the browser waits before it reconnects by itself: a line to put in front of a block.

    In a block of its own some clients (httpx-sse, sseclient-py) take it for a message without data.
    """
    return b"retry: %d\n" % milliseconds


class PayloadCache:
    """Frames as one piece. Who is to be sent the same as the one before is given the very same bytes.

    With many filters each of them wants the message of 1 MiB: that is one payload then, not hundreds.
    """

    def __init__(self) -> None:
        self._last: tuple[bool, list[bytes]] | None = None
        self._payload = b""

    def payload(self, frames: list[bytes], *, chunked: bool) -> bytes:
        """Framed for HTTP/1.1 if `chunked`; nothing at all stays nothing."""
        if self._last != (chunked, frames):
            self._last = chunked, frames
            payload = b"".join(frames)
            self._payload = chunk(payload) if payload and chunked else payload
        return self._payload


def chunk(payload: bytes) -> bytes:
    """`payload` as one chunk of an HTTP/1.1 body (RFC 9112 section 7.1). Never call it with b"": that ends the body."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)
