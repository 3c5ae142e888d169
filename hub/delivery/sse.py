"""Server-Sent Events on the wire (WHATWG HTML, "Interpreting an event stream").

An `id:` moves the reader's cursor: messages have one, and heartbeats behind the first, but no other event. Data is
JSON, which escapes CR and LF: no text ends a block.
"""

from typing import Final

from hub.json_text import encode as encode_json
from hub.message import Message

END_OF_CHUNKS: Final = b"0\r\n\r\n"


def encode(message: Message) -> bytes:
    """Return the frame of one message."""
    return b"id: %b\ndata: %b\n\n" % (message.id.encode(), encode_json(message))


def event(name: str, data: dict[str, object], *, last_id: str = "") -> bytes:
    """Return the frame of another event. Everything for its reader up to `last_id` must be in front of it."""
    position = f"id: {last_id}\n" if last_id else ""
    return f"{position}event: {name}\ndata: ".encode() + encode_json(data) + b"\n\n"


def retry(milliseconds: int) -> bytes:
    """Return a line for the front of a block. Alone, some clients (httpx-sse) take it for a message."""
    return b"retry: %d\n" % milliseconds


class PayloadCache:
    """Joins frames. Consecutive calls with equal frames return the same bytes object."""

    def __init__(self) -> None:
        self._last: tuple[bool, list[bytes]] | None = None
        self._payload = b""

    def payload(self, frames: list[bytes], *, chunked: bool) -> bytes:
        if self._last != (chunked, frames):
            self._last = chunked, frames
            self._payload = framed(b"".join(frames), chunked=chunked)
        return self._payload


def framed(blocks: bytes, *, chunked: bool) -> bytes:
    """Return `blocks` framed for HTTP/1.1 if `chunked`, else unchanged. b"" stays b""."""
    return chunk(blocks) if blocks and chunked else blocks


def chunk(payload: bytes) -> bytes:
    """Return `payload` as one chunk (RFC 9112 section 7.1). An empty one ends the body."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)
