"""The level of a line: what it declares, else the status of its HTTP request, else what its words suggest.

A level is declared by one of the fixed shapes of `_SHAPES`, or by a level's name in one of the places of `_PLACES`.
The leftmost declaration counts. To teach a name, add it to `NAMES`; to teach a format, add a place or a shape.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from hub.ingest.level_names import CRITICAL, DEBUG, ERROR, INFO, LETTERS, NAMES, SYSLOG, WARNING, level_of
from hub.message import Level
from hub.terminal import plain

SEARCHED_CHARACTERS: Final = 300
_URL_CHARACTERS: Final = 2000  # Where the status of an HTTP request is searched, behind its URL.

# Names that count in lines in capitals only.
_CAPITALS: Final[dict[str, Level]] = {
    **dict.fromkeys(("dbg", "debu", "trc", "trac", "fine", "finer", "finest"), DEBUG),
    **dict.fromkeys(("inf",), INFO),
    **dict.fromkeys(("wrn",), WARNING),
    **dict.fromkeys(("erro",), ERROR),
    **dict.fromkeys(("ftl", "fata", "pnc", "pani", "cri", "bug"), CRITICAL),  # BUG: of the kernel
}
# Common words that declare a level only between brackets, in a column of their own, or in capitals before a colon.
_COMMON: Final = frozenset(("log", "success", "normal", "default", "fault", "bug"))

_BRACKET: Final = "[<({|"
_BRACKETS: Final = r"|. [UClXx] [ ]*[]>|)}:/,]"  # [ERROR] <warn> [ WARN:0@1]
_COLUMN: Final = (
    r"|. [UCl]:(?!//) |. [UX]: |. U[\s|,;/!\]] |\s [UClXx](?:\s\s|\t)"  # error: LOG: 10:12 ERROR x, npm ERR! x
)
_COLON: Final = "|. [UCl]:"
# The places of a declaration: the character before the name, and for it an expression of the character before that, the
# case of the name (U: CAPITALS, C: Capital, l: lower; X or x: a common word), and what is after it. "\n" starts a line.
_PLACES: Final = {
    before: re.compile(places.strip("|"), re.VERBOSE | re.DOTALL)
    for characters, places in (
        ("[<({", _BRACKETS),  # Also with blanks between.
        ("|", _BRACKETS + _COLUMN),
        (" \t", _COLUMN),
        ("\n", _COLUMN + r"|. [UClXx](?:\s\s|\t) |. [UCl][\[(]"),  # error[E0382]: ERRO[0012]
        (":", r". [UClXx]\] |. U/" + _COLON),  # [proxy:error] :ERROR:gpu.cc(991)
        ("/", r". [UClXx]\]"),  # [main/WARN]
        ("])>│", _COLON),
        (".", r". U[:\s]"),  # production.ERROR:
        ("-", r"\d U- |. U[ ]\*\*"),  # 10:12:01,123-ERROR-billing, Gtk-WARNING **
    )
    for before in characters
}
_KEY: Final = re.compile(
    r"(?:level|lvl|severity|priority|(?<![a-z])(?:sev|pri|at))[\"']?\s?[=:]\s?[\"']?$(?<! = ')"
)  # Not in SQL.
_FACILITY: Final = re.compile(
    r"(?<!\w)(?:auth|authpriv|cron|daemon|ftp|kern|lpr|mail|news|syslog|user|uucp|local[0-7])\.$"
)
_TIME: Final = re.compile(r"\n[\d\s:.,/TZ+()\[\]|-]{9,}[\s\]]")
_STARTS: Final = frozenset(("debug", "info", "warn", "warning", "error"))  # Declared as the first word, in lower case.

_SIGNS: Final = LETTERS | {".": DEBUG, "-": DEBUG, "*": INFO, "#": WARNING, "EE": ERROR, "WW": WARNING}  # Redis, X.Org
_SHAPES: Final = re.compile(
    r"""\n(?:
      ([TVDIWEFC])(?:\d{4}|\d{6})\ \d\d:\d\d                           # klog, glog, CockroachDB
    | ([VDIWEFA])/[^(:\s]{1,64}\ *\(\ *\d+\):                          # logcat -v brief
    | \d+:[XCSM]\ [\w\ :]{10,24}\.\d{3}\ ([.*\#-])\                    # Redis
    | \d[\d:T.,/+\ Z-]{6,40}?[ ](?:([VDIWEF])(?:/|\ +[A-Za-z])        # logcat, MongoDB to 4.2, TensorFlow
      |([CEWNIDT])\ \|)                                                # etcd
    | \[\d[^]]{9,40}\]\ [\da-f]{8}\ \S{1,80}\ +([FEWID])\             # WebSphere
    | \[\d+\]\{-?\d+\}\[-?\d+/-?\d+\]\ [\d\ :.-]{19,26}\ ([fewid])\    # SAP HANA
    | ([EWN]):\                                                        # apt
    | \[\ *[\d.]+\]\ \(([EWIN!?*+=-]{2})\)                             # X.Org
    | \s+(?:at\ |File\ ")()                                            # a frame of a stack trace
    | <(1?\d?\d)>                                                      # syslog
    | (fail|dbug|trce):\                                               # .NET
    | =(\w+)\ REPORT===                                                # Erlang
    )""",
    re.VERBOSE,
)
_PRI, _WORD_SHAPES = 11, (12, 13)  # Groups of _SHAPES. The others are keys of _SIGNS.
_LETTER_IN_BRACKETS: Final = re.compile(r"\[([TVDIWEFC])(?:\]| [^\]\s]*\d)")  # [E], [W socket.cpp:601]
_CISCO: Final = re.compile(r"%[A-Z][A-Z0-9_]{1,30}-([0-7])-[A-Z0-9_]{1,40}:")  # %LINK-3-UPDOWN:

_STATUS: Final = re.compile(
    r'HTTP/[\d.]{1,3}" (?:status: )?([1-5]\d\d)(?!\d)'  # Apache, nginx, uvicorn, OpenStack
    r"| (?:-?\d{1,9}/){2,4}[+-]?\d{1,9} ([1-5]\d\d) "  # HAProxy
    r"|TCP_[A-Z_]{3,40}/([0-5]\d\d) "  # Squid
    r"| ([1-5]\d\d)(?: \d{1,10}){3,5}\s*$"  # IIS
    r'|\bstatus(?:_code)?="?([1-5]\d\d)(?!\d)'  # logfmt
)
_METHODS: Final = frozenset((b"get", b"head", b"post", b"put", b"patch", b"delete", b"options", b"connect"))

# Words that suggest a level, and what has to follow some of them in lower case.
_SUGGESTED: Final[dict[str, Level]] = {
    **dict.fromkeys(("critical", "crit", "fatal", "panic", "emerg", "emergency", "segmentation"), CRITICAL),
    **dict.fromkeys(("error", "err", "severe", "traceback", "exception", "uncaught", "unhandled"), ERROR),
    **dict.fromkeys(("failed", "failure", "timed", "panicked", "out"), ERROR),
    **dict.fromkeys(("warning", "warn"), WARNING),
}
_FOLLOWED: Final = {
    "failed": re.compile(r": | to | with "),
    "failure": re.compile(":"),
    "timed": re.compile(" out after"),
    "panicked": re.compile(" at"),
    "segmentation": re.compile(" fault"),
    "out": re.compile(" of memory"),
}
# A word does not count as a part of a path, URL, key or compound, nor if it is said to be absent.
_BEFORE: Final = re.compile(
    r"[\w./=?&@#$%\\-]$|(?<!\w)(?:no|not|0|zero|without|non|any|if|on)(?: an?)?(?: (?:\w+ )?|-)$"
)
_AFTER: Final = re.compile(
    r"[\w/=@\\-]|\.\w|['\"]|: ?(?:0|none|null|no)\b"
    r"| (?:pages?|handl\w+|logs?|logging|rates?|ratio|count\w*|budget|report\w*|levels?|correct\w+|recover\w+)\b"
)
_CLASS: Final = re.compile(
    r"(?<![\w/-])[A-Z]\w{0,80}?(?:(Error|Exception)|Warning(?=:))(?![\w/-])|(?<=\.)(Exception):|\b(?:ORA|TNS)-(\d{5})\b"
)

_ALL: Final = NAMES | _CAPITALS
_TOKENS: Final = {name.encode(): name for name in (*_ALL, *_SUGGESTED)}
_LETTER: Final = frozenset(letter.lower().encode() for letter in "TVDIWEFC")
_QUIET: Final = _LETTER.union(name.encode() for name, level in _ALL.items() if level is INFO)
_KNOWN: Final = frozenset(_TOKENS) | _LETTER | _METHODS
# ASCII letters to lower case, every other ASCII character to a blank.
_TO_WORDS: Final = bytes(code if code >= 128 or chr(code).isalpha() else 32 for code in bytes(range(256)).lower())


def guess_level(text: str) -> Level:
    """Return the level of a text, or info."""
    line = "\n" + plain(text[:SEARCHED_CHARACTERS])
    if (shape := _SHAPES.match(line)) is not None:
        return _level_of_shape(shape)
    found = _KNOWN.intersection(line.encode(errors="replace").translate(_TO_WORDS).split())
    later = None if _LETTER.isdisjoint(found) else _LETTER_IN_BRACKETS.search(line)
    if later is None and "%" in line:
        later = _CISCO.search(line)
    if later is None and found <= _QUIET and _suggested(line, line, ()) is INFO:
        return INFO  # Most lines, in half the time.
    low = line.lower()
    if len(low) != len(line):  # "İ" has two characters in lower case.
        line = low
    names = [_TOKENS[name] for name in found if name in _TOKENS]
    if names and (level := _declared(line, low, names, later.start() if later else len(low))):
        return level
    if later is not None:
        return level_of(later[1], SYSLOG) or INFO
    if not _METHODS.isdisjoint(found) and (status := _STATUS.search(text, 0, _URL_CHARACTERS)):
        return ERROR if status[status.lastindex or 0] >= "500" else INFO
    return _suggested(line, low, names)


def _level_of_shape(shape: re.Match[str]) -> Level:
    group = shape.lastindex or 0
    value = shape[group]
    if group == _PRI:
        value = str(int(value) & 7)
    elif group not in _WORD_SHAPES:
        return _SIGNS.get(value.upper(), INFO)
    return level_of(value.removesuffix("l"), SYSLOG) or ERROR


def _leftmost(low: str, names: Iterable[str], end: int, counts: Callable[[int, str], bool]) -> tuple[int, str]:
    """Return position and name of the first of `names` that counts; (`end`, "") if none does."""
    first = ""
    for name in names:
        start = low.find(name, 0, end)
        while start >= 0:
            if counts(start, name):
                first, end = name, start
                break
            start = low.find(name, start + 1, end)
    return end, first


def _declared(line: str, low: str, names: list[str], end: int) -> Level | None:
    """Return the level of the leftmost name in a place of a declaration."""

    def declares(start: int, name: str) -> bool:
        stop = start + len(name)
        before, after, word = line[start - 1], low[stop : stop + 1], line[start:stop]
        case = "U" if word.isupper() else "C" if word[0].isupper() else "l"
        known = _ALL if case == "U" else NAMES
        if name not in known or after == "=" or after.isalnum() or before.isalnum():
            return False
        earlier = line[start - 2] if start > 1 else "\n"
        if (earlier in ":=" or before in "=\"'") and _KEY.search(low, max(0, start - 16), start):
            return True
        kind = case if name not in _COMMON else "X" if case == "U" else "x"
        place = _PLACES.get(earlier if before == " " and earlier in _BRACKET else before)
        if place is not None and place.match(f"{earlier}{kind}{line[stop : stop + 12]}"):
            return not low.endswith(("stack ", " no ", "\nno ", " 0 ", "without "), 0, start)
        if before == "\n":
            return case == "l" and name in _STARTS and after in " \t"
        return kind not in "Xx" and after in " \t." and _follows_a_head(line, low, start)

    at, name = _leftmost(low, names, end, declares)
    if not name:
        return None
    return CRITICAL if low.endswith("fatal ", 0, at) else _ALL[name]


def _follows_a_head(line: str, low: str, start: int) -> bool:
    """True if only a time, or the name of a syslog facility, is before `start`."""
    if line[start - 1] == ".":
        return _FACILITY.search(low, max(0, start - 9), start) is not None
    return _TIME.fullmatch(line, 0, start) is not None


def _suggested(line: str, low: str, names: Iterable[str]) -> Level:
    """Return the level of the first telling word, or info."""

    def suggests(start: int, name: str) -> bool:
        stop = start + len(name)
        if name not in _SUGGESTED or _AFTER.match(low, stop) or _BEFORE.search(low, max(0, start - 24), start):
            return False
        must = _FOLLOWED.get(name)
        return must is None or must.match(low, stop) is not None or (len(name) > 3 and line[start:stop].isupper())

    at, name = _leftmost(low, names, len(low), suggests)
    found = (
        _CLASS.search(line, 0, at)
        if "rror" in line or "xception" in line or "arning" in line or "ORA-" in line or "TNS-" in line
        else None
    )
    if found is not None:
        return ERROR if found.lastindex else WARNING
    return _SUGGESTED[name] if name else INFO
