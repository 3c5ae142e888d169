"""Webhooks of common services, recognised by the shape of their JSON: a readable text, a level and a source.

To teach a service, add a function and a row of `_SHAPES`: the keys by which its body is recognised.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from hub.ingest.level_names import ERROR, INFO, STATES, WARNING, level_of
from hub.message import RANK, Level

MAX_PARTS: Final = 20  # Alerts, commits or embeds that are named in a text. All are in `data`.
MAX_CHARACTERS: Final = 2000  # Of each part.
MAX_DEPTH: Final = 8  # Of blocks inside each other.


class Webhook(NamedTuple):
    """What a body says. `kind` is the service. The level is None where the words of the text decide."""

    kind: str
    text: str
    level: Level | None
    source: str


def read_webhook(body: Mapping[str, Any]) -> Webhook | None:
    """Return what the body of a known service says, or None."""
    for kind, keys, read in _SHAPES:
        if all(key in body for key in keys):
            text, level, source = read(body)
            if text:
                return Webhook(kind, text, level, source or kind)
    return None


Said = tuple[str, Level | None, str]


def _at(value: Any, *names: str) -> Any:
    """Return the value under these keys, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any, *names: str) -> str:
    found = _at(value, *names)
    return found.strip()[:MAX_CHARACTERS] if isinstance(found, str) else ""


def _first(value: Any, *names: str) -> str:
    """Return the first of these fields that is a text."""
    return next((found for name in names if (found := _text(value, name))), "")


def _parts(value: Any) -> list[Any]:
    return value[:MAX_PARTS] if isinstance(value, list) else []


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def _alerts(body: Mapping[str, Any]) -> Said:
    """Alertmanager and Grafana."""
    status, lines, worst = _text(body, "status"), [], INFO
    for alert in _parts(body.get("alerts")):
        labels, notes = _at(alert, "labels"), _at(alert, "annotations")
        about = _joined(", ", _text(labels, "alertname"), _text(labels, "instance"))
        summary = _first(notes, "summary", "description", "message")
        state = _text(alert, "status") or status
        lines.append(_joined(" ", f"{state}:", summary or about, f"({about})" if summary and about else ""))
        if state != "resolved":
            worst = max(worst, level_of(_text(labels, "severity")) or ERROR, key=RANK.__getitem__)
    return "\n".join(lines) or _joined(": ", status, _text(body, "title")), worst, _text(body, "receiver")


def _old_grafana(body: Mapping[str, Any]) -> Said:
    """Grafana to version 8."""
    text = _joined(": ", _text(body, "title") or _text(body, "ruleName"), _text(body, "message"))
    return text, STATES.get(_text(body, "state")), "grafana"


def _kuma(body: Mapping[str, Any]) -> Said:
    status = _at(body, "heartbeat", "status")
    levels = (ERROR, INFO, WARNING, INFO)  # Down, up, pending, maintenance.
    is_known = isinstance(status, int) and 0 <= status < len(levels)
    return _text(body, "msg"), levels[status] if is_known else None, _text(body, "monitor", "name")


_GITHUB: Final = (
    *("workflow_run", "workflow_job", "check_run", "check_suite", "pull_request", "comment", "issue", "release"),
    *("discussion", "deployment_status", "deployment", "alert"),
)


def _github(body: Mapping[str, Any]) -> Said:
    kind = next((name for name in _GITHUB if name in body), "push" if "commits" in body else "event")
    subject = _at(body, kind)
    result = _first(subject, "conclusion", "state") if kind != "issue" else ""
    if kind in ("pull_request", "issue", "comment", "discussion", "event", "alert") or not result:
        result = _first(body, "action", "state")
    title = _first(subject, "title", "name", "display_title", "tag_name", "body", "environment")
    title = title or _text(subject, "security_advisory", "summary")
    title = title or _joined(": ", _first(body, "context", "ref", "zen"), _text(body, "description"))
    if kind == "push":
        title = _commits(body)
    elif kind == "comment":
        title = _joined(": ", _text(body, "issue", "title") or _text(body, "pull_request", "title"), title)
    what = _joined(" ", kind.replace("_", " "), "merged" if _at(subject, "merged") is True else result)
    text = _joined(": ", _text(body, "repository", "full_name"), what, title)
    level = WARNING if kind == "alert" else STATES.get(result, INFO) if result != "open" else INFO
    return _joined(" ", text, f"({_text(body, 'sender', 'login')})"), level, "github"


def _commits(body: Mapping[str, Any]) -> str:
    branch = _text(body, "ref").removeprefix("refs/heads/").removeprefix("refs/tags/")
    return _joined(": ", branch, "; ".join(_text(commit, "message") for commit in _parts(body.get("commits"))))


def _gitlab(body: Mapping[str, Any]) -> Said:
    about = body.get("object_attributes")
    result = _first(about, "status", "action", "state") or _first(body, "build_status", "status")
    title = _first(about, "title", "note", "ref") or _first(body, "build_name", "environment") or _commits(body)
    project = _text(body, "project", "path_with_namespace") or _text(body, "project_name")
    what = _joined(" ", _text(body, "object_kind").replace("_", " "), result)
    level = STATES.get(result, INFO) if result != "open" else INFO
    return _joined(": ", project, what, title), level, "gitlab"


def _sentry(body: Mapping[str, Any]) -> Said:
    data = body["data"]
    about = next((found for name in ("event", "issue", "error", "metric_alert") if (found := _at(data, name))), data)
    title = _first(about, "title", "message") or _text(data, "description_title")
    text = _joined(": ", _text(body, "action"), title)
    level = INFO if _text(body, "action") == "resolved" else level_of(_first(about, "level")) or ERROR
    return text if title else "", level, _text(about, "project", "name")


def _slack(body: Mapping[str, Any]) -> Said:
    """Slack, Mattermost and the cards of Teams."""
    parts, worst = [_text(body, "text")], None
    for part in _parts(body.get("attachments")):
        title = _joined("\n", _text(part, "pretext"), _text(part, "title"))
        parts.append(
            _joined(": ", title, _text(part, "text") or ("" if _text(part, "title") else _text(part, "fallback")))
        )
        parts += [*_fields(part, "title"), *_texts(_at(part, "blocks") or _at(part, "content"))[:MAX_PARTS]]
        level = STATES.get(_text(part, "color"))
        worst = max(worst or INFO, level, key=RANK.__getitem__) if level else worst
    parts += _texts(body.get("blocks"))[:MAX_PARTS]
    return _joined("\n", *dict.fromkeys(parts)), worst, _text(body, "username")


def _texts(value: Any, depth: int = 0) -> list[str]:
    """Return the texts of blocks, in their order."""
    if isinstance(value, list):
        return [text for part in _parts(value) for text in _texts(part, depth)]
    if not isinstance(value, dict) or depth > MAX_DEPTH:
        return []
    own = [text] if (text := _text(value, "text")) else []
    return own + [text for inner in islice(value.values(), MAX_PARTS) for text in _texts(inner, depth + 1)]


def _fields(value: Any, name: str) -> list[str]:
    return [_joined(": ", _text(part, name), _text(part, "value")) for part in _parts(_at(value, "fields"))]


def _discord(body: Mapping[str, Any]) -> Said:
    embeds = []
    for part in _parts(body.get("embeds")):
        embeds += [_joined(": ", _text(part, "title"), _text(part, "description")), *_fields(part, "name")]
    return _joined("\n", _text(body, "content"), *embeds), None, _text(body, "username")


def _cloud_event(body: Mapping[str, Any]) -> Said:
    data = body.get("data")
    inside = data.strip()[:MAX_CHARACTERS] if isinstance(data, str) else _first(data, "message", "msg", "text")
    about = _joined(" ", _text(body, "type"), _text(body, "subject"))
    return _joined(": ", about, inside), level_of(_first(data, "level", "severity")), _text(body, "source")


def _check(body: Mapping[str, Any]) -> Said:
    """Healthchecks, and other monitors that send a name and up or down."""
    status = _text(body, "status").lower()
    if status not in STATES:
        return "", None, ""
    return f"{_text(body, 'name')} is {status}", STATES[status], _text(body, "name")


def _apprise(body: Mapping[str, Any]) -> Said:
    text = _joined(": ", _text(body, "title"), _text(body, "message"))
    return text, STATES.get(_text(body, "type")), "apprise"


_SHAPES: Final[tuple[tuple[str, tuple[str, ...], Callable[[Mapping[str, Any]], Said]], ...]] = (
    ("grafana", ("alerts", "status", "orgId"), _alerts),
    ("alertmanager", ("alerts", "status"), _alerts),
    ("grafana", ("ruleId", "state"), _old_grafana),
    ("uptime-kuma", ("heartbeat", "monitor", "msg"), _kuma),
    ("github", ("repository", "sender"), _github),
    ("gitlab", ("object_kind",), _gitlab),
    ("sentry", ("action", "data", "actor"), _sentry),
    ("apprise", ("version", "title", "message", "type"), _apprise),
    ("cloudevents", ("specversion", "type", "source"), _cloud_event),
    ("teams", ("attachments", "type"), _slack),
    ("slack", ("attachments",), _slack),
    ("slack", ("blocks",), _slack),
    ("slack", ("text", "username"), _slack),
    ("discord", ("embeds",), _discord),
    ("discord", ("content",), _discord),
    ("healthchecks", ("name", "status"), _check),
)
