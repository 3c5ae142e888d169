"""The names and numbers of levels that programs use."""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from hub.message import LEVEL_NAMES, Level

DEBUG, INFO, WARNING, ERROR, CRITICAL = Level

NAMES: Final[dict[str, Level]] = LEVEL_NAMES | {
    **dict.fromkeys(("verbose", "dbug", "trce"), DEBUG),
    **dict.fromkeys(("information", "informational", "note", "log", "success", "normal", "default"), INFO),
    **dict.fromkeys(("emergency", "fault"), CRITICAL),
}
"""Names in lower case, as lines and fields write them."""

STATES: Final[Mapping[str, Level]] = {
    **dict.fromkeys(("firing", "alerting", "down", "failed", "failure", "danger", "timed_out", "error"), ERROR),
    **dict.fromkeys(("alarm", "triggered", "trigger", "fired", "open", "high", "major", "major_outage"), ERROR),
    **dict.fromkeys(("investigating", "sev0", "sev1", "p1", "p2"), ERROR),
    **dict.fromkeys(("pending", "warning", "no_data", "grace", "late", "action_required", "canceled"), WARNING),
    **dict.fromkeys(("degraded", "minor", "partial_outage", "average", "acknowledged"), WARNING),
    **dict.fromkeys(("resolved", "ok", "up", "success", "good", "normal", "started", "paused", "new"), INFO),
    **dict.fromkeys(("recovered", "resolve", "closed", "operational", "healthy", "completed"), INFO),
    "disaster": CRITICAL,
}
"""Words in lower case with which services tell how a check, a job or an incident is."""

LETTERS: Final[dict[str, Level]] = {
    **dict.fromkeys("TVD", DEBUG),
    **dict.fromkeys("IN", INFO),
    **dict.fromkeys("W", WARNING),
    **dict.fromkeys("E", ERROR),
    **dict.fromkeys("FCA", CRITICAL),
}


class Scale:
    """Levels by the lowest number that means them."""

    def __init__(self, levels: Mapping[int, Level | None]) -> None:
        self._bounds, self._levels = tuple(levels), tuple(levels.values())

    def level_of(self, number: int) -> Level | None:
        """Return the level of a number from 0."""
        return self._levels[bisect_right(self._bounds, number) - 1]


_Levels = dict[int, Level | None]
_SYSLOG: Final[_Levels] = {0: CRITICAL, 3: ERROR, 4: WARNING, 5: INFO, 7: DEBUG, 8: None}  # RFC 5424, section 6.2.1
_PINO: Final[_Levels] = {10: DEBUG, 30: INFO, 40: WARNING, 50: ERROR, 60: CRITICAL, 70: None}
_MONOLOG: Final[_Levels] = {100: DEBUG, 200: INFO, 300: WARNING, 400: ERROR, 500: CRITICAL, 601: None}
_LOGBACK: Final[_Levels] = {5000: DEBUG, 20000: INFO, 30000: WARNING, 40000: ERROR, 50000: CRITICAL, 50001: None}
SYSLOG: Final = Scale(_SYSLOG)
NUMBERS: Final = Scale({**_SYSLOG, **_PINO, **_MONOLOG, **_LOGBACK})
PYTHON: Final = Scale({0: None, 1: DEBUG, 20: INFO, 30: WARNING, 40: ERROR, 50: CRITICAL, 60: None})
OPENTELEMETRY: Final = Scale({0: None, 1: DEBUG, 9: INFO, 13: WARNING, 17: ERROR, 21: CRITICAL, 25: None})
NO_NUMBERS: Final = Scale({0: None})


def level_of(value: object, scale: Scale = NUMBERS) -> Level | None:
    """Return the level that a field's value names, or None. `scale` is for numbers."""
    if isinstance(value, str):
        name = value.strip().lower()
        if not (name.isascii() and name.isdecimal()):
            if len(value) < 3 and value[:1] in LETTERS:  # E, D1 (MongoDB)
                return LETTERS[value[0]]
            # ERROR+2 (Go), DEBUG5 (Google)
            return NAMES.get(name) or NAMES.get(name[:16].rstrip("0123456789").rstrip("+-"))
        value = int(name[:9])
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return scale.level_of(value)
    return None
