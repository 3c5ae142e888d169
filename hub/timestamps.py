"""Times in requests: a duration before now, ISO 8601, or seconds since 1970."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from hub.errors import InvalidInput

_AGO: Final = re.compile(r"([0-9]{1,9})(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MILLISECONDS: Final = re.compile("[0-9]{12,14}")
_LOST_PLUS: Final = re.compile("[0-9-]{10}T[0-9:.]+ [0-9]{2}:?[0-9]{2}")
_UNIX: Final = re.compile(r"[0-9]{9,11}(\.[0-9]{1,9})?")


def parse_time(text: str, now: float, *, field: str) -> int:
    """Return ms since 1970. `now` is in seconds. A time without a zone is UTC. Raises InvalidInput for `field`."""
    if ago := _AGO.fullmatch(text):
        return int((now - int(ago[1]) * _SECONDS[ago[2]]) * 1000)
    if _UNIX.fullmatch(text):
        return int(float(text) * 1000)
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise InvalidInput(field, f"invalid time {text[:40]!r}", hint=_hint(text)) from None


def iso_of(number: object) -> str | None:
    """Return seconds, ms, us or ns since 1970, as a number or its digits, in ISO 8601; None for any other value."""
    if isinstance(number, bool) or not isinstance(number, int | float | str):
        return None
    whole, _, fraction = str(number).partition(".")
    if not 9 <= len(whole) <= 19 or not (whole + fraction).isdecimal() or not (whole + fraction).isascii():
        return None
    places = (len(whole) - 8) // 3 * 3  # Ten digits are seconds until 2286, thirteen are ms.
    seconds, fraction = whole[: len(whole) - places], whole[len(whole) - places :] + fraction
    return f"{_second(int(seconds))}.{fraction[:9].ljust(3, '0')}Z"


@lru_cache(64)
def _second(seconds: int) -> str:
    """Return a second since 1970 in ISO 8601. Cached: the records of a busy logger share it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def _hint(text: str) -> str:
    if _MILLISECONDS.fullmatch(text):
        return f"use seconds since 1970, not milliseconds: {text[:-3]}"
    if _LOST_PLUS.fullmatch(text):
        return "encode + as %2B in a URL, or use UTC with a Z"
    return "use 15m (15 minutes ago; also s, h, d), 2026-11-23T11:02:04Z, or seconds since 1970"
