"""Bodies in any encoding to UTF-8. A byte order mark counts before a declared charset, and is dropped."""

import codecs
import re
from typing import Final

from hub.errors import InvalidInput, UnknownType

_CHARSET: Final = re.compile(r"""(?:^|;)\s*charset\s*=\s*["']?([^"';\s]*)""", re.IGNORECASE)
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Not encodings of text, or quadratic in the length of a text.
_REFUSED: Final = frozenset(("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"))


def charset_of(content_type: str) -> str:
    """Return Python's name of the declared charset, utf-8 by default. Raises UnknownType."""
    found = _CHARSET.search(content_type)
    name = found[1] if found else ""
    known = ""
    try:
        known = codecs.lookup(name or "utf-8").name
        b"a".decode(known)
    except UnicodeError:
        pass  # One byte is no UTF-16.
    except (LookupError, ValueError):  # Also for codecs that are not of text.
        known = ""
    if not known or known.replace("-", "_") in _REFUSED:
        raise UnknownType("Content-Type", f"unknown charset {name[:32]!r}", hint="send UTF-8") from None
    return known


def to_utf8(body: bytes, charset: str) -> bytes:
    """Return a whole body in UTF-8, which is not checked if it is in UTF-8. Raises InvalidInput for other charsets."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            body, charset = body[len(mark) :], name
            break
    if charset == "utf-8":
        return body
    try:
        return body.decode(charset).removeprefix("\ufeff").encode()
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} is not {charset}"
    except UnicodeError:  # Half a surrogate pair, or a codec's own error.
        problem = f"is not {charset}"
    raise InvalidInput("body", problem, hint="declare the charset in Content-Type, or send UTF-8") from None


class Transcoder:
    """A stream of bytes to UTF-8. Bytes that are not in its charset are replaced."""

    def __init__(self, charset: str = "utf-8") -> None:
        self._charset = charset
        self._start: bytes | None = b""  # Bytes that may be a part of a mark; None behind the start.
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, piece: bytes, *, is_last: bool = False) -> bytes:
        """Return what `piece` adds to the stream. UTF-8 is not checked."""
        if self._start is not None:
            piece = self._start + piece
            if not is_last and any(mark != piece and mark.startswith(piece) for mark, _ in _MARKS):
                self._start = piece
                return b""
            piece = self._begin(piece)
        if self._decoder is None:
            return piece
        return self._decoder.decode(piece, is_last).encode("utf-8", "replace")

    def _begin(self, piece: bytes) -> bytes:
        self._start = None
        for mark, name in _MARKS:
            if piece.startswith(mark):
                piece, self._charset = piece[len(mark) :], name
                break
        if self._charset != "utf-8":
            self._decoder = codecs.getincrementaldecoder(self._charset)("replace")
        return piece
