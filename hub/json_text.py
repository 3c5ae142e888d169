"""JSON from outside: checked, or refused with the line and column where it goes wrong.

msgspec refuses what a stream could not carry (NaN, 1e999, half a surrogate pair, bytes that are
not UTF-8), which the standard library lets through; the standard library knows the place better.
"""

import json
import re
from typing import Final, NoReturn, TypeVar

import msgspec

from hub.errors import InvalidInput

T = TypeVar("T")

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_AT_BYTE: Final = re.compile(r" ?\(byte ([0-9]+)\)$")  # Where msgspec stumbled, counted from 0.
_ANYTHING: Final = msgspec.json.Decoder()


def decode(decoder: msgspec.json.Decoder[T], text: bytes | msgspec.Raw, *, field: str = "body", hint: str = "") -> T:
    """`text` as the decoder's type. Raises InvalidInput for `field`, with the place in it."""
    try:
        return decoder.decode(text)
    except RecursionError:
        raise InvalidInput(field, "this JSON is nested too deeply", hint="at most some 900 levels") from None
    except msgspec.ValidationError as error:  # Well-formed, but a field is of the wrong type or unknown.
        raise InvalidInput(field, str(error), hint=hint) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _refuse(bytes(text), error, field, hint)


def one_line(value: msgspec.Raw) -> msgspec.Raw:
    """The same JSON without line ends, so that it can stand in one `data:` line. Raises InvalidInput for `data`.

    Digits and order stay as they were written: 1.10 stays 1.10, and 30 digits stay 30 digits.
    """
    decode(_ANYTHING, value, field="data")  # A Raw was only skipped over; this looks at its text and numbers.
    return msgspec.Raw(msgspec.json.format(value, indent=-1))


def _refuse(text: bytes, error: Exception, field: str, hint: str) -> NoReturn:
    try:
        string = text.decode()
    except UnicodeDecodeError as bad:
        problem = f"byte {bad.start + 1} is not UTF-8"
    else:
        try:
            value = json.loads(string)
        except json.JSONDecodeError as bad:
            problem = f"no valid JSON at line {bad.lineno} column {bad.colno}: {bad.msg}"
        except (RecursionError, ValueError):
            problem = _placed(text, str(error))
        else:
            lone = _LONE_SURROGATE.search(json.dumps(value, ensure_ascii=False))
            problem = "half a surrogate pair in a \\u escape" if lone else _placed(text, str(error))
    raise InvalidInput(field, problem, hint=hint) from None


def _placed(text: bytes, problem: str) -> str:
    """What only msgspec minds (NaN, Infinity), with line and column as the standard library counts them."""
    found = _AT_BYTE.search(problem)
    if found is None:
        return f"no valid JSON: {problem}"
    *above, line = text[: int(found[1])].decode(errors="replace").split("\n")
    what = problem[: found.start()].removeprefix("JSON is malformed: ")
    return f"no valid JSON at line {len(above) + 1} column {len(line) + 1}: {what}"
