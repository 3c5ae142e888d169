"""JSON from clients: decoded, or rejected with the line and column of the error.

msgspec also rejects NaN, 1e999 and half a surrogate pair; the standard library reports positions more precisely.
"""

import json
import re
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

import msgspec

from hub.errors import InvalidInput

T = TypeVar("T")

EXPLAINED_BYTES: Final = 64 << 10  # Of a text that is decoded again to explain its error. 8 MiB took 0.5 s (measured).
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AT_BYTE: Final = re.compile(r" ?\(byte ([0-9]+)\)$")  # Position of the error in msgspec's message, from 0.
_ANYTHING: Final = msgspec.json.Decoder()


def decode(decoder: msgspec.json.Decoder[T], text: bytes | msgspec.Raw, *, field: str = "body", hint: str = "") -> T:
    """Return `text` as the decoder's type. Raises InvalidInput for `field`, with the position."""
    return _read(decoder.decode, text, field, hint)


def one_line(value: msgspec.Raw) -> msgspec.Raw:
    """Return the same JSON without line ends, for one `data:` line of a stream. Raises InvalidInput for `data`.

    Keeps digits and key order. Some invalid texts and numbers are found by `check` only.
    """
    return msgspec.Raw(_read(lambda text: msgspec.json.format(text, indent=-1), value, "data", ""))


def check(value: msgspec.Raw) -> None:
    """Decode a Raw to find errors that msgspec skips over. Raises InvalidInput for `data`.

    Needs up to 33 bytes of memory per byte, so check the length first.
    """
    decode(_ANYTHING, value, field="data")


def _read(read: Callable[[bytes | msgspec.Raw], T], text: bytes | msgspec.Raw, field: str, hint: str) -> T:
    try:
        return read(text)
    except RecursionError:
        raise InvalidInput(field, "JSON nested too deeply", hint="use at most 900 levels") from None
    except msgspec.ValidationError as error:  # Valid JSON with an unknown field or a wrong type.
        raise InvalidInput(field, str(error), hint=hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _refuse(bytes(text), error, field, hint)


def _refuse(text: bytes, error: Exception, field: str, hint: str) -> NoReturn:
    try:
        string = text.decode()
    except UnicodeDecodeError as bad:
        problem = f"byte {bad.start + 1} is not UTF-8"
    else:
        problem = _explained(string, text, error) if len(text) <= EXPLAINED_BYTES else _placed(text, str(error))
    raise InvalidInput(field, problem, hint=hint) from None


def _explained(string: str, text: bytes, error: Exception) -> str:
    """Return the standard library's error."""
    try:
        value = json.loads(string)
    except json.JSONDecodeError as bad:
        return f"invalid JSON at line {bad.lineno} column {bad.colno}: {bad.msg}"
    except (RecursionError, ValueError):
        return _placed(text, str(error))
    lone = _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False))
    return "half a surrogate pair in a \\u escape" if lone else _placed(text, str(error))


def _placed(text: bytes, problem: str) -> str:
    """Return msgspec's error (the only one for NaN and Infinity) with line and column counted from 1."""
    found = _AT_BYTE.search(problem)
    if found is None:
        return f"invalid JSON: {problem}"
    above = text[: int(found[1])]
    line, column = above.count(b"\n") + 1, len(above[above.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    what = problem[: found.start()].removeprefix("JSON is malformed: ")
    return f"invalid JSON at line {line} column {column}: {what}"
