"""The body of a service that webhooks.py does not know, read by the names that services give their fields."""

from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from hub.ingest.level_names import INFO, STATES, level_of
from hub.message import Level

MAX_OBJECTS: Final = 100  # That are looked at, the outer ones first.
MAX_FIELDS: Final = 50  # Of each.
MAX_CHARACTERS: Final = 2000  # Of a title and of details.

# What names the event, what tells more, and what gives its level. The first name counts.
_TITLES: Final = (
    *("title", "Subject", "subject", "AlarmName", "event_name", "condition_name", "alertRule", "alarm"),
    *("summary", "headline", "ruleName", "policy_name"),
)
_NAMES: Final = ("name", "event_type")  # A title only beside details or a status.
_DETAILS: Final = ("message", "Message", "description", "NewStateReason", "details", "body", "reason", "info", "text")
_LEVELS: Final = ("severity", "trigger_severity", "level", "impact", "alert_type", "priority", "urgency")
_STATUSES: Final = (
    *("status", "state", "NewStateValue", "monitorCondition", "alert_transition", "current_state"),
    *("new_status", "event_type", "event_action", "action"),
)


class UnknownBody(NamedTuple):
    """What a body says. The level is None where the words of the text decide."""

    text: str
    level: Level | None


def read_unknown(body: Mapping[str, Any]) -> UnknownBody | None:
    """Return what a body says, or None if no field has a usual name."""
    texts = _texts(body)

    def first(*names: str) -> str:
        return next((texts[name] for name in names if name in texts), "")

    details, status = first(*_DETAILS), first(*_STATUSES).lower().rpartition(".")[2]
    title = first(*_TITLES) or (first(*_NAMES) if details or status else "")
    text = ": ".join(dict.fromkeys(part for part in (title, details) if part))
    severity, level = first(*_LEVELS).lower(), STATES.get(status)
    if level is not INFO:
        level = level_of(severity) or STATES.get(severity) or level
    return UnknownBody(f"{text} ({status})" if status else text, level) if text else None


def _texts(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of a body and of its objects by their names. Outer ones win."""
    found: dict[str, str] = {}
    objects: deque[Any] = deque((body,))
    for _ in range(MAX_OBJECTS):
        if not objects:
            break
        fields = objects.popleft()
        named = fields.items() if isinstance(fields, Mapping) else enumerate(fields)
        for name, value in islice(named, MAX_FIELDS):
            if isinstance(value, dict | list):
                objects.append(value)
            elif isinstance(value, str) and value.strip():
                found.setdefault(str(name), value.strip()[:MAX_CHARACTERS])
    return found
