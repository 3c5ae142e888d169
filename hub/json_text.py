"""JSON from clients: decoded, or rejected with the line and column of the error.

msgspec also rejects NaN, 1e999 and half a surrogate pair; the standard library reports positions more precisely.
"""

import json
import re
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from hub.errors import InvalidInput

T = TypeVar("T")

EXPLAINED_BYTES: Final = 64 << 10  # Of a text that is decoded again to explain its error. 8 MiB took 0.5 s (measured).
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AT_BYTE: Final = re.compile(r" ?\(byte ([0-9]+)\)$")  # Position of the error in msgspec's message, from 0.
_ANYTHING: Final = msgspec.json.Decoder()
_encoder: Final = msgspec.json.Encoder()
# Line ends of Unicode (NEL, LS, PS). In UTF-8 no other character has these bytes, and JSON has them in strings only.
_LINE_ENDS: Final = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


def encode(value: object) -> bytes:
    """Return JSON on one line for every client: some end a line at U+0085, U+2028 or U+2029 (measured)."""
    text = _encoder.encode(value)
    if not text.isascii():
        for character, escape in _LINE_ENDS:
            text = text.replace(character, escape)
    return text


def decode(decoder: msgspec.json.Decoder[T], text: bytes | msgspec.Raw, *, field: str = "body", hint: str = "") -> T:
    """Return `text` as the decoder's type. Raises InvalidInput for `field`, with the position."""
    return _read(decoder.decode, text, field, hint)


def one_line(value: msgspec.Raw) -> msgspec.Raw:
    """Return the same JSON without line ends. Some errors are found by `check` only. Raises InvalidInput for `data`."""
    return msgspec.Raw(_read(lambda text: msgspec.json.format(text, indent=-1), value, "data", ""))


def check(value: msgspec.Raw) -> None:
    """Decode a Raw, in up to 33 times its bytes of memory. Raises InvalidInput for `data`."""
    decode(_ANYTHING, value, field="data")


def _read(read: Callable[[bytes | msgspec.Raw], T], text: bytes | msgspec.Raw, field: str, hint: str) -> T:
    try:
        return read(text)
    except RecursionError:
        raise InvalidInput(field, "JSON nested too deeply", hint="use at most 900 levels") from None
    except msgspec.ValidationError as error:  # Valid JSON with an unknown field or a wrong type.
        raise InvalidInput(field, str(error), hint=hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(field, _explained(bytes(text), str(error)), hint=hint) from None


def _explained(text: bytes, error: str) -> str:
    """Return the standard library's error for a short text, else msgspec's with line and column counted from 1."""
    try:
        string = text.decode()
        if len(text) <= EXPLAINED_BYTES and _LONE_SURROGATE.search(json.dumps(json.loads(string), ensure_ascii=False)):
            return "half a surrogate pair in a \\u escape"
    except UnicodeDecodeError as bad:
        return f"byte {bad.start + 1} is not UTF-8"
    except json.JSONDecodeError as bad:
        return f"invalid JSON at line {bad.lineno} column {bad.colno}: {bad.msg}"
    except (RecursionError, ValueError):
        pass
    found = _AT_BYTE.search(error)
    if found is None:
        return f"invalid JSON: {error}"
    above = text[: int(found[1])]
    line, column = above.count(b"\n") + 1, len(above[above.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    what = error[: found.start()].removeprefix("JSON is malformed: ")
    return f"invalid JSON at line {line} column {column}: {what}"
