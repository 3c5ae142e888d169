"""Lines and bodies that are expensive to read, for `make levels` and for the test that none is quadratic."""

import json
from collections.abc import Iterator

_LINES = {
    "blanks": " ",
    "letters": "a",
    "digits": "1",
    "dates": "2024-05-14 10:12:01,123 ",
    "brackets": "[",
    "levels in brackets": "[ERROR",
    "names of levels": "error no error: ",
    "negations": "no errors, 0 failed, without warning ",
    "key=value": "level status=5 msg=x err= ",
    "escape codes": "\x1b[31m",
    "titles of terminals": "\x1b]0;",
    "URLs": "GET http://a/b?error=1 HTTP/1.1 ",
    "class names": "ValueErrorException",
    "dotted names": "a.b.c.D$Error.",
    "percent signs": "%LINK-",
    "carriage returns": "50 %\r",
    "slashes": "1/2/3 ",
    "capitals": "TCP_ABC_",
    "combining": "İ",
}


def inputs(size: int) -> Iterator[tuple[str, bytes]]:
    """Give names and lines of about `size` bytes."""
    for name, part in _LINES.items():
        line = part * (size // len(part.encode()))
        yield name, line.encode()
        yield f"{name}, after a word", b"x" + line.encode()
        for key in ("message", "ts", "level", "source", "log", "data"):
            if part.isprintable():
                yield f"{name} in {key}", f'{{"{key}":"{line}","msg":"x"}}'.encode()
    for name, text in (
        ("nested objects", '{"log":' * 500 + "1" + "}" * 500),
        ("nested JSON in texts", _nested(size)),
        ("many fields", "{" + ",".join(f'"k{number}":1' for number in range(size // 9)) + "}"),
        ("fields of every table", "{" + ",".join(f'"level":"{number}"' for number in range(size // 16)) + "}"),
        ("digits of a number", '{"msg":"x","ts":' + "1" * 4000 + "}"),
        ("digits of a fraction", '{"msg":"x","ts":1.' + "1" * size + "}"),
        ("underscores", '{"msg":"x","data":{' + ",".join(f'"a{"_" * number}":1' for number in range(90)) + '},"a":1}'),
        ("alerts", '{"status":"firing","alerts":[' + ",".join(["{}"] * (size // 3)) + "]}"),
        ("blocks", '{"blocks":[' + ",".join(['{"text":{"text":"x"}}'] * (size // 22)) + "]}"),
    ):
        yield name, text.encode()


def _nested(size: int) -> str:
    """Return a record in the text of a record, and so on, until the escapes fill `size`."""
    text = '{"msg":"x"}'
    while len(text) < size // 2:
        text = json.dumps({"log": text})
    return text
