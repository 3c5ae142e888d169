"""HTML forms with a text, which curl, Slack's old webhooks and Python's logging.handlers.HTTPHandler send."""

import ast
import re
from typing import Final
from urllib.parse import parse_qsl

import msgspec

TEXTS: Final = frozenset(("message", "msg", "text", "payload"))
MAX_FIELDS: Final = 100
_FORM: Final = re.compile(rb"[A-Za-z_][\w.\[\]%-]{0,63}=[^\r\n]*")
_LOGFMT: Final = re.compile(rb"[ \t][\w.]+=")  # level=error msg=x is a text.
# Widths and precisions of more than three digits would take memory.
_UNSAFE: Final = re.compile(r"%[^a-zA-Z%]*(?:\d{4}|\*)")
MAX_ARGS_CHARACTERS: Final = 10_000


def read_form(body: bytes) -> bytes | None:
    """Return the fields of a form as a JSON object, or None if `body` is a text."""
    if _FORM.fullmatch(body) is None or _LOGFMT.search(body):
        return None
    try:
        pairs = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        return None
    if TEXTS.isdisjoint(pairs):
        return None
    if pairs.get("payload", "").startswith("{"):
        return pairs["payload"].encode()
    if "levelname" in pairs and "args" in pairs:
        pairs["msg"] = _formatted(pairs["msg"], pairs.pop("args"))
        pairs = {name: value for name, value in pairs.items() if value != "None"}
    elif "payload" in pairs:
        pairs.setdefault("text", pairs.pop("payload"))
    return msgspec.json.encode(pairs)


def _formatted(text: str, args: str) -> str:
    """Return `text % args` as Python's logging does, or the text where that fails."""
    if len(args) > MAX_ARGS_CHARACTERS or _UNSAFE.search(text):
        return text
    try:
        values = ast.literal_eval(args)
        return text % values if values else text
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError, OverflowError):
        return text
