"""Text that was written for a terminal, as a terminal shows it."""

import re
from typing import Final

# Control sequences; strings (titles, links, images), also unfinished; two-character escapes (ECMA-48). As in
# static/format/ansi.js.
_ESCAPES: Final = re.compile(
    "(?:\x1b\\[|\x9b)[\x30-\x3f]*[\x20-\x2f]*[\x40-\x7e]?"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[\x20-\x2f]*[\x30-\x7e]?"
)


def plain(text: str) -> str:
    """Return the text without escape codes. A text with only codes of eight bits stays as it is."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def overwritten(line: str) -> str:
    """Return what remains of a line in which carriage returns go back to its start, such as a progress bar."""
    *earlier, shown = line.rstrip("\r").split("\r")
    for part in reversed(earlier):
        if len(part) > len(shown):
            shown += part[len(shown) :]
    return shown
