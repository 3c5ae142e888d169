"""The webhooks of services: a text that can be read, the right level, and the whole body as data."""

import json
from typing import Any

import pytest

from hub.config import PublishConfig
from hub.ingest.decode import JsonObjects
from hub.message import Draft

ALERT = {
    "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "web-1"},
    "annotations": {"summary": "disk full on web-1"},
    "status": "firing",
}
REPOSITORY = {"repository": {"full_name": "acme/shop"}, "sender": {"login": "ana"}}
# Service: body, then topic, level, source and text.
TABLE: dict[str, tuple[dict[str, Any], tuple[str, str, str, str]]] = {
    "Alertmanager": (
        {"status": "firing", "receiver": "eyewall", "alerts": [ALERT, ALERT | {"status": "resolved"}]},
        (
            "alertmanager",
            "critical",
            "eyewall",
            "firing: disk full on web-1 (DiskFull, web-1)\nresolved: disk full on web-1 (DiskFull, web-1)",
        ),
    ),
    "Alertmanager, resolved": (
        {"status": "resolved", "receiver": "eyewall", "alerts": [ALERT | {"status": "resolved"}]},
        ("alertmanager", "info", "eyewall", "resolved: disk full on web-1 (DiskFull, web-1)"),
    ),
    "Grafana": (
        {"status": "firing", "orgId": 1, "receiver": "e", "alerts": [{"status": "firing"}], "message": "**Firing**"},
        ("grafana", "error", "e", "**Firing**"),
    ),
    "Uptime Kuma": (
        {"heartbeat": {"status": 0}, "monitor": {"name": "web"}, "msg": "[web] [Down] timeout"},
        ("uptime-kuma", "error", "web", "[web] [Down] timeout"),
    ),
    "GitHub, issue": (
        REPOSITORY | {"action": "opened", "issue": {"title": "it fails"}},
        ("github", "info", "github", "acme/shop: issue opened: it fails (ana)"),
    ),
    "GitHub, push": (
        REPOSITORY | {"ref": "refs/heads/main", "commits": [{"message": "fix"}]},
        ("github", "info", "github", "acme/shop: push: main: fix (ana)"),
    ),
    "GitHub, workflow": (
        REPOSITORY | {"action": "completed", "workflow_run": {"name": "CI", "conclusion": "failure"}},
        ("github", "error", "github", "acme/shop: workflow run failure: CI (ana)"),
    ),
    "GitLab": (
        {
            "object_kind": "pipeline",
            "project": {"path_with_namespace": "acme/shop"},
            "object_attributes": {"status": "failed", "ref": "main"},
        },
        ("gitlab", "error", "gitlab", "acme/shop: pipeline failed: main"),
    ),
    "Sentry": (
        {"action": "created", "actor": {}, "data": {"event": {"title": "TypeError: x", "level": "fatal"}}},
        ("sentry", "critical", "sentry", "created: TypeError: x"),
    ),
    "Slack": (
        {"text": "Deploy failed", "username": "ci", "attachments": [{"color": "danger", "fallback": "x"}]},
        ("slack", "error", "ci", "Deploy failed\nx"),
    ),
    "Discord": (
        {"content": "hello", "embeds": [{"title": "Build", "description": "is done"}]},
        ("discord", "info", "discord", "hello\nBuild: is done"),
    ),
    "CloudEvents": (
        {"specversion": "1.0", "type": "order.paid", "source": "/shop", "id": "1", "data": {"message": "12 EUR"}},
        ("cloudevents", "info", "/shop", "order.paid: 12 EUR"),
    ),
    "apprise": (
        {"version": "1.0", "title": "Backup", "message": "it is late", "type": "failure", "attachments": []},
        ("apprise", "error", "apprise", "it is late"),
    ),
    "Healthchecks": ({"name": "backup", "status": "down"}, ("healthchecks", "error", "backup", "backup is down")),
    "Grafana 8": (
        {"orgId": 1, "ruleId": 1, "ruleName": "cpu", "state": "alerting", "title": "[Alerting] cpu", "message": ""},
        ("grafana", "error", "grafana", "[Alerting] cpu"),
    ),
    "GitHub, merged": (
        REPOSITORY | {"action": "closed", "pull_request": {"title": "fix", "merged": True, "state": "closed"}},
        ("github", "info", "github", "acme/shop: pull request merged: fix (ana)"),
    ),
    "GitHub, comment": (
        REPOSITORY | {"action": "created", "issue": {"title": "it fails"}, "comment": {"body": "here too"}},
        ("github", "info", "github", "acme/shop: comment created: it fails: here too (ana)"),
    ),
    "GitHub, status": (
        REPOSITORY | {"state": "failure", "context": "ci/x", "description": "1 test failed"},
        ("github", "error", "github", "acme/shop: event failure: ci/x: 1 test failed (ana)"),
    ),
    "GitLab, job": (
        {"object_kind": "build", "build_name": "test", "build_status": "failed", "project_name": "acme / shop"},
        ("gitlab", "error", "gitlab", "acme / shop: build failed: test"),
    ),
    "GitLab, push": (
        {
            "object_kind": "push",
            "ref": "refs/heads/main",
            "commits": [{"message": "fix"}],
            "project": {"path_with_namespace": "acme/shop"},
        },
        ("gitlab", "info", "gitlab", "acme/shop: push: main: fix"),
    ),
    "Sentry, resolved": (
        {"action": "resolved", "actor": {}, "data": {"issue": {"title": "TypeError", "level": "error"}}},
        ("sentry", "info", "sentry", "resolved: TypeError"),
    ),
    "Slack, blocks": (
        {
            "blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": "Deploy"}},
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Host* web-1"}]},
                {"type": "rich_text", "elements": [{"elements": [{"type": "text", "text": "by ci"}]}]},
            ]
        },
        ("slack", "info", "slack", "Deploy\n*Host* web-1\nby ci"),
    ),
    "Slack, fields": (
        {"attachments": [{"pretext": "CPU", "fallback": "97 %", "fields": [{"title": "host", "value": "web-1"}]}]},
        ("slack", "info", "slack", "CPU: 97 %\nhost: web-1"),
    ),
    "Discord, fields": (
        {"embeds": [{"fields": [{"name": "host", "value": "web-1"}]}]},
        ("discord", "info", "discord", "host: web-1"),
    ),
    "Teams": (
        {"type": "message", "attachments": [{"content": {"body": [{"type": "TextBlock", "text": "disk full"}]}}]},
        ("teams", "info", "teams", "disk full"),
    ),
}
# Services that are read by the usual names of fields: body, then level and text.
OTHERS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "Statuspage": (
        {
            "page": {"id": "x"},
            "incident": {"name": "API", "status": "investigating", "incident_updates": [{"body": "We look"}]},
        },
        ("error", "API: We look (investigating)"),
    ),
    "PagerDuty": (
        {"event": {"event_type": "incident.resolved", "data": {"title": "disk full", "status": "resolved"}}},
        ("info", "disk full (resolved)"),
    ),
    "PagerDuty, event": (
        {"event_action": "trigger", "payload": {"summary": "disk full", "severity": "critical"}},
        ("critical", "disk full (trigger)"),
    ),
    "Datadog": (
        {"title": "[Recovered] cpu", "alert_transition": "Recovered", "alert_type": "success"},
        ("info", "[Recovered] cpu (recovered)"),
    ),
    "Zabbix": ({"event_name": "disk full", "trigger_severity": "Disaster"}, ("critical", "disk full")),
    "CloudWatch": (
        {"AlarmName": "cpu", "NewStateValue": "ALARM", "NewStateReason": "over 90"},
        ("error", "cpu: over 90 (alarm)"),
    ),
    "none": ({"a": 1, "b": {"c": "x"}}, ("info", '{"a": 1, "b": {"c": "x"}}')),
    "a name only": ({"name": "ana", "n": 1}, ("info", '{"name": "ana", "n": 1}')),
}


def draft_of(body: object, topic: str | None = None) -> Draft:
    draft = JsonObjects(topic).decode(json.dumps(body).encode(), PublishConfig())
    assert draft is not None
    return draft


@pytest.mark.parametrize("service", TABLE)
def test_a_webhook_is_readable_and_whole(service: str) -> None:
    body, expected = TABLE[service]
    draft = draft_of(body)
    assert (draft.topic, draft.level, draft.source, draft.message) == expected
    kept = json.loads(bytes(draft.data or b"{}"))
    assert kept.items() >= {key: value for key, value in body.items() if key not in ("message", "data")}.items()
    assert draft_of(body, "ops").topic == "ops"


@pytest.mark.parametrize("service", OTHERS)
def test_the_body_of_another_service_is_readable(service: str) -> None:
    body, expected = OTHERS[service]
    draft = draft_of(body, "ops")
    assert (draft.level, draft.message) == expected
    assert draft.data is None or json.loads(bytes(draft.data)).keys() >= body.keys() - {"severity"}


def test_our_own_message_is_no_webhook() -> None:
    draft = draft_of({"message": "m", "topic": "t", "name": "ana", "status": "down"})
    assert (draft.topic, draft.message) == ("t", "m")


@pytest.mark.parametrize(
    "key", ["alerts", "status", "heartbeat", "repository", "data", "attachments", "embeds", "name"]
)
@pytest.mark.parametrize("value", [None, 5, "x", [], [1], {}, {"a": [None]}])
def test_a_strange_body_is_stored_all_the_same(key: str, value: object) -> None:
    for body, _ in TABLE.values():
        assert draft_of(body | {key: value}, "t").topic == "t"
