"""The records of loggers: each finds its place, and nothing is lost.

These are copies of their output. tests/reliability/test_loggers.py has the loggers of Node and Python themselves.
"""

import json
from typing import Any

import pytest

from hub.config import PublishConfig
from hub.ingest.decode import TopicText
from hub.message import Draft

NS = "2024-05-14T10:12:01.123000000Z"
MS = "2024-05-14T10:12:01.123Z"
# Logger: its record, then text, level, source and time, then names that stay in `data`.
TABLE: dict[str, tuple[str, tuple[str, str, str, str | None], set[str]]] = {
    "zap": (
        '{"level":"error","ts":1715681521.123,"logger":"http","caller":"a.go:1","msg":"dial","error":"refused"}',
        ("dial", "error", "http", MS),
        {"caller", "error"},
    ),
    "slog": (
        '{"time":"2024-05-14T10:12:01.123Z","level":"ERROR+2","source":{"file":"a.go"},"msg":"x","user_id":1234567890123456789}',
        ("x", "error", "", MS),
        {"source", "user_id"},
    ),
    "zerolog": (
        '{"level":"fatal","time":1715681521,"message":"m"}',
        ("m", "critical", "", "2024-05-14T10:12:01.000Z"),
        set(),
    ),
    "Monolog": (
        '{"message":"disk full","context":{"a":1},"level":400,"level_name":"ERROR","channel":"app",'
        '"datetime":"2024-05-14T10:12:01.123+00:00","extra":{}}',
        ("disk full", "error", "app", "2024-05-14T10:12:01.123+00:00"),
        {"context", "level_name", "extra"},
    ),
    "Logback": (
        '{"@timestamp":"2024-05-14T10:12:01.123Z","@version":"1","message":"jdbc","logger_name":"c.e.Db","thread_name":"main",'
        '"level":"ERROR","level_value":40000}',
        ("jdbc", "error", "c.e.Db", MS),
        {"@version", "thread_name", "level_value"},
    ),
    "Log4j 2": (
        '{"instant":{"epochSecond":1715681521,"nanoOfSecond":1},"thread":"main","level":"WARN","loggerName":"c.e.A","message":"m"}',
        ("m", "warning", "c.e.A", None),
        {"instant", "thread"},
    ),
    "ECS": (
        '{"@timestamp":"2024-05-14T10:12:01.123Z","log.level":"WARN","message":"pool","ecs.version":"1.2.0","service.name":"cart"}',
        ("pool", "warning", "cart", MS),
        {"ecs.version"},
    ),
    "ECS, nested": (
        '{"@timestamp":"2024-05-14T10:12:01.123Z","log":{"level":"error","logger":"app"},"message":"mail"}',
        ("mail", "error", "app", MS),
        {"log"},
    ),
    "Serilog": (
        '{"@t":"2024-05-14T10:12:01.123Z","@mt":"Cannot reach {Host}","@l":"Error","Host":"db1"}',
        ("Cannot reach {Host}", "error", "", MS),
        {"Host"},
    ),
    "Vault": (
        '{"@level":"error","@message":"disk full","@module":"core"}',
        ("disk full", "error", "core", None),
        set(),
    ),
    "tracing": (
        '{"timestamp":"2024-05-14T10:12:01.123Z","level":"ERROR","fields":{"message":"refused","peer":"db"},"target":"shop::db"}',
        ("refused", "error", "shop::db", MS),
        {"fields"},
    ),
    "MongoDB": (
        '{"t":{"$date":"2024-05-14T10:12:01.123+00:00"},"s":"W","c":"CONTROL","id":22120,"ctx":"main","msg":"open"}',
        ("open", "warning", "", "2024-05-14T10:12:01.123+00:00"),
        {"t", "c", "id", "ctx"},
    ),
    "GELF": (
        '{"version":"1.1","host":"w","short_message":"disk full","timestamp":1715681521.123,"level":3,"_app":"shop"}',
        ("disk full", "error", "w", MS),
        {"version", "_app"},
    ),
    "journald": (
        '{"PRIORITY":"3","SYSLOG_IDENTIFIER":"app","MESSAGE":"disk full","__REALTIME_TIMESTAMP":"1715681521123456"}',
        ("disk full", "error", "app", "2024-05-14T10:12:01.123456Z"),
        set(),
    ),
    "docker": (
        '{"log":"disk full\\n","stream":"stderr","time":"2024-05-14T10:12:01.123Z"}',
        ("disk full", "info", "", MS),
        {"stream"},
    ),
    "docker around JSON": (
        '{"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"boom\\",\\"n\\":1}\\n","stream":"stderr","time":"2024-05-14T10:12:01.123Z"}',
        ("boom", "error", "", MS),
        {"stream", "n"},
    ),
    "fluent-bit": ('{"date":1715681521.123,"message":"disk full"}', ("disk full", "info", "", MS), set()),
    "OpenTelemetry": (
        '{"timeUnixNano":"1715681521123000000","severityNumber":17,"body":{"stringValue":"refused"},"attributes":[]}',
        ("refused", "error", "", NS),
        {"body", "attributes"},
    ),
    "Google Cloud": (
        '{"severity":"EMERGENCY","timestamp":"2024-05-14T10:12:01.123Z","textPayload":"region down"}',
        ("region down", "critical", "", MS),
        set(),
    ),
    "Datadog": ('{"status":"error","service":"cart","message":"m"}', ("m", "error", "cart", None), {"status"}),
}


def draft_of(record: str) -> Draft:
    draft = TopicText("app").decode(record.encode(), PublishConfig())
    assert draft is not None
    return draft


def data_of(draft: Draft) -> Any:
    return json.loads(bytes(draft.data)) if draft.data else {}


@pytest.mark.parametrize("logger", TABLE)
def test_a_logger_s_record_gives_text_level_source_and_time(logger: str) -> None:
    record, expected, stays = TABLE[logger]
    draft = draft_of(record)
    data = data_of(draft)
    assert (draft.message, draft.level, draft.source, data.pop("time", None)) == expected
    assert data.keys() == stays


@pytest.mark.parametrize(
    ("record", "data"),
    [
        ('{"message":"m","data":{"a":1},"b":2,"a":3}', {"a": 1, "b": 2, "a_": 3}),
        ('{"message":"m","data":[1],"b":2}', {"data": [1], "b": 2}),
        ('{"message":"m","data":[1]}', [1]),
        ('{"message":"m","data":{"a":1}}', {"a": 1}),
        ('{"message":"m","data":null,"b":2}', {"b": 2}),
        ('{"message":"m","data":null}', {}),
        ('{"message":"m","time":0.25,"ts":1715681521}', {"time": 0.25, "time_": "2024-05-14T10:12:01.000Z"}),
        ('{"message":"m","data":{"time":1},"ts":1715681521}', {"time": 1, "time_": "2024-05-14T10:12:01.000Z"}),
        ('{"message":"m","level":"loud"}', {"level": "loud"}),
        ('{"message":"m","name":"ana"}', {"name": "ana"}),
        ('{"message":"m","status":200}', {"status": 200}),
    ],
)
def test_what_is_not_used_stays_in_data(record: str, data: object) -> None:
    draft = draft_of(record)
    assert (draft.message, data_of(draft)) == ("m", data)


def test_an_unknown_level_is_info_whatever_the_words_suggest() -> None:
    assert draft_of('{"message":"error: x","level":"loud"}').level == "info"


def test_an_empty_text_is_a_text() -> None:
    draft = draft_of('{"message":"","n":1}')
    assert (draft.message, data_of(draft)) == ("", {"n": 1})


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("1715681521", "2024-05-14T10:12:01.000Z"),
        ('"1715681521.5"', "2024-05-14T10:12:01.500Z"),
        ("1715681521.123456", "2024-05-14T10:12:01.123456Z"),
        ("99999999999", "1973-03-03T09:46:39.999Z"),  # As seconds, in the year 5138.
        ("999999999999", "2001-09-09T01:46:39.999Z"),
        ('"Tue, 14 May 2024 10:12:01 GMT"', "Tue, 14 May 2024 10:12:01 GMT"),
        ('"14/May/2024:10:12:01 +0000"', "14/May/2024:10:12:01 +0000"),
        ('"20240514T101201Z"', "20240514T101201Z"),
        ("12", None),
        ("1e300", None),
        ('"soon"', None),
    ],
)
def test_a_time_is_a_text_or_a_number_since_1970(value: str, time: str | None) -> None:
    assert data_of(draft_of(f'{{"message":"m","ts":{value}}}')).get("time") == time


def test_a_shipper_s_level_and_source_are_for_records_without_one() -> None:
    draft = draft_of('{"PRIORITY":"3","SYSLOG_IDENTIFIER":"app","MESSAGE":"{\\"msg\\":\\"boom\\"}"}')
    assert (draft.message, draft.level, draft.source) == ("boom", "error", "app")
