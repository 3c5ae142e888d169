"""Times in requests: relative to now, times of day, ISO 8601, or a number since 1970. The one parser of all GETs.

A time without a zone is in the server's time zone.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as time_of_day
from functools import lru_cache
from typing import Final

from hub.errors import InvalidInput

_AGO: Final = re.compile(r"(?:now)?-?([0-9]{1,9})(s|m|h|d)|now")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_CLOCK: Final = re.compile(
    r"(today|yesterday)?"
    r"(?:(?:^|(?<=y)[ T])([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)(Z|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_LOST_PLUS: Final = re.compile("(?:.*[T ])?[0-9]{1,2}:[0-9:.]+ [0-9]{2}:?[0-9]{2}")
_UNIX: Final = re.compile(r"([0-9]{9,11}(?:\.[0-9]{1,9})?)|([0-9]{12,14})")
HINT: Final = (
    "use 15m or -15m (15 minutes ago; also s, h, d), 14:05, yesterday 14:05, 2026-11-23T11:02:04Z, "
    "or seconds or milliseconds since 1970"
)


def parse_time(text: str, now: float, *, field: str, zone: tzinfo | None = None) -> int:
    """Return ms since 1970. `now` in seconds. Raises InvalidInput for `field`.

    `14:05` is the latest one that is over. `zone` is that of times without one, None for the server's.
    """
    if ago := _AGO.fullmatch(text):
        return int((now - int(ago[1] or 0) * _SECONDS[ago[2] or "s"]) * 1000)
    if number := _UNIX.fullmatch(text):
        return int(number[2]) if number[2] else int(float(number[1]) * 1000)
    try:
        clock = _CLOCK.fullmatch(text) if text else None
        moment = _at_clock(clock, now, zone) if clock else datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        hint = "encode + as %2B in a URL, or use UTC with a Z" if _LOST_PLUS.fullmatch(text) else HINT
        raise InvalidInput(field, f"invalid time {text[:40]!r}", hint=hint) from None


def _at_clock(clock: re.Match[str], now: float, zone: tzinfo | None) -> datetime:
    """Return the moment of `today`, `yesterday`, `14:05`, or both. Raises ValueError."""
    day, text, own_zone = clock.groups()
    zone = datetime.fromisoformat(f"2000-01-01T00:00{own_zone.upper()}").tzinfo if own_zone else zone
    current = datetime.fromtimestamp(now, zone)
    at = time_of_day.fromisoformat(text if text[2:3] == ":" else f"0{text}") if text else time_of_day()
    moment = datetime.combine(current.date(), at, zone)
    if (day or "").lower() == "yesterday" or (day is None and moment.timestamp() > now):
        moment = datetime.combine(current.date() - timedelta(days=1), at, zone)
    return moment


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
