"""Splits pieces of bytes into lines. A line is bytes, or a text that ends in a mark if it was truncated."""

from collections.abc import Iterator
from typing import Final

CHUNK_BYTES: Final = 64 << 10  # Of a whole body, split at once: 8 MiB of line feeds would be a list of 64 MiB.


class TruncatedLine(str):
    """The start of a line over the limit, with a mark that gives its length. Never JSON."""

    __slots__ = ()


Line = bytes | TruncatedLine


class Lines:
    """Splits a stream of bytes into lines. `max_bytes` may change at any time."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._start = bytearray()  # Of the unfinished line: the limit and one byte more, which may be its CR.
        self._length = 0  # Of the unfinished line, including the bytes that were dropped.

    @property
    def unfinished_bytes(self) -> int:
        return len(self._start)

    def feed(self, data: bytes) -> Iterator[Line]:
        """Return the lines that end in `data`, without LF or CRLF. Exhaust the iterator before the next call."""
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self._append(piece)
            yield self._end_line()
        self._append(rest)

    def end(self) -> list[Line]:
        """Return the last line if it had no line end."""
        return [self._end_line()] if self._length else []

    def _append(self, piece: bytes) -> None:
        # Never negative: the limit may have been lowered in the middle of a line.
        self._start += piece[: max(0, self.max_bytes + 1 - len(self._start))]
        self._length += len(piece)

    def _end_line(self) -> Line:
        line, length = bytes(self._start), self._length
        self._start.clear()
        self._length = 0
        if length == len(line) and line.endswith(b"\r"):
            line, length = line[:-1], length - 1
        if length <= self.max_bytes:
            return line
        return truncated(line.decode(errors="replace"), length, self.max_bytes)


def lines_of(body: bytes, max_bytes: int) -> Iterator[Line]:
    """Return the lines of a whole body."""
    lines = Lines(max_bytes)
    for start in range(0, len(body), CHUNK_BYTES):
        yield from lines.feed(body[start : start + CHUNK_BYTES])
    yield from lines.end()


def truncated(text: str, length: int, max_bytes: int) -> TruncatedLine:
    """Return at most `max_bytes` of UTF-8, ending in a mark that gives `length`, the bytes of the whole line."""
    mark = f" … [cut: {length:,} bytes]"
    return TruncatedLine(text.encode()[: max_bytes - len(mark.encode())].decode(errors="ignore") + mark)
