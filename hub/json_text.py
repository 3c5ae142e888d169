"""JSON from outside: checked, or refused with the line and column where it goes wrong.

msgspec refuses what a stream could not carry (NaN, 1e999, half a surrogate pair, bytes that are
not UTF-8), which the standard library lets through; the standard library knows the place better.
"""

import json
import re
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

import msgspec

from hub.errors import InvalidInput

T = TypeVar("T")

EXPLAINED_BYTES: Final = 64 << 10  # Of 8 MiB, objects were made for half a second, only to say what is wrong.
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AT_BYTE: Final = re.compile(r" ?\(byte ([0-9]+)\)$")  # Where msgspec stumbled, counted from 0.
_ANYTHING: Final = msgspec.json.Decoder()


def decode(decoder: msgspec.json.Decoder[T], text: bytes | msgspec.Raw, *, field: str = "body", hint: str = "") -> T:
    """`text` as the decoder's type. Raises InvalidInput for `field`, with the place in it."""
    return _read(decoder.decode, text, field, hint)


def one_line(value: msgspec.Raw) -> msgspec.Raw:
    """The same JSON without line ends, so that it can stand in one `data:` line. Raises InvalidInput for `data`.

    Digits and order stay as they were written: 1.10 stays 1.10, and 30 digits stay 30 digits. Of some texts and
    numbers only `check` sees that they are wrong.
    """
    return msgspec.Raw(_read(_without_blanks, value, "data", ""))


def check(value: msgspec.Raw) -> None:
    """Look at what a Raw only skips over. Raises InvalidInput for `data`.

    It makes objects, a hundred bytes for three: know first that it is not too long.
    """
    decode(_ANYTHING, value, field="data")


def _without_blanks(text: bytes | msgspec.Raw) -> bytes:
    return msgspec.json.format(text, indent=-1)


def _read(read: Callable[[bytes | msgspec.Raw], T], text: bytes | msgspec.Raw, field: str, hint: str) -> T:
    try:
        return read(text)
    except RecursionError:
        raise InvalidInput(field, "this JSON is nested too deeply", hint="at most some 900 levels") from None
    except msgspec.ValidationError as error:  # Well-formed, but a field is of the wrong type or unknown.
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
    """What the standard library says, which makes objects of all that is right in it."""
    try:
        value = json.loads(string)
    except json.JSONDecodeError as bad:
        return f"no valid JSON at line {bad.lineno} column {bad.colno}: {bad.msg}"
    except (RecursionError, ValueError):
        return _placed(text, str(error))
    lone = _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False))
    return "half a surrogate pair in a \\u escape" if lone else _placed(text, str(error))


def _placed(text: bytes, problem: str) -> str:
    """What msgspec minds (only it: NaN, Infinity), with line and column as the standard library counts them."""
    found = _AT_BYTE.search(problem)
    if found is None:
        return f"no valid JSON: {problem}"
    above = text[: int(found[1])]
    line, column = above.count(b"\n") + 1, len(above[above.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    what = problem[: found.start()].removeprefix("JSON is malformed: ")
    return f"no valid JSON at line {line} column {column}: {what}"
