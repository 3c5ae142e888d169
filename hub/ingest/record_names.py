"""The names under which loggers, shippers and clouds put text, level, source and time.

To teach a logger, add its names. A name with dots is looked up as one key and as keys inside each other. The first name
of a table that has a usable value counts. What is used leaves `data`, unless it is inside an object.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from hub.ingest.level_names import NO_NUMBERS, NUMBERS, OPENTELEMETRY, PYTHON, Scale

TEXT: Final = (
    *("message", "msg", "short_message"),  # most; GELF
    *("record.message", "fields.message", "event.message", "jsonPayload.message", "properties.message"),
    *("@message", "@m", "MESSAGE", "M", "textPayload", "RenderedMessage", "body.stringValue", "eventMessage"),
    *("event", "log", "body", "Body", "text", "MessageTemplate", "@mt"),  # structlog; docker; OpenTelemetry; Serilog
)
LEVEL: Final[Mapping[str, Scale]] = {
    **dict.fromkeys(
        ("level", "severity", "lvl", "loglevel", "logLevel", "LogLevel", "log_level", "log.level"), NUMBERS
    ),
    **dict.fromkeys(("levelname", "level_name", "level.name", "record.level.name", "@level", "@l", "Level"), NUMBERS),
    **dict.fromkeys(("severityText", "severity_text", "SeverityText", "sev", "L", "syslog.severity"), NUMBERS),
    **dict.fromkeys(("severityNumber", "severity_number", "SeverityNumber"), OPENTELEMETRY),
    **dict.fromkeys(("levelno",), PYTHON),
    **dict.fromkeys(("level_value", "PRIORITY", "priority", "s"), NUMBERS),  # Logback; journald; MongoDB
    **dict.fromkeys(("status", "type"), NO_NUMBERS),  # Datadog, apprise. Numbers are HTTP's.
}
SOURCE: Final = (
    *("source", "service.name", "service", "serviceName", "SYSLOG_IDENTIFIER", "app", "appname", "application"),
    *("logger", "logger_name", "loggerName", "log.logger", "@module", "SourceContext", "channel", "target"),
    *("record.name", "name", "kubernetes.container_name", "container_name", "_SYSTEMD_UNIT", "host"),
)
TIME: Final = (
    *("time", "@timestamp", "timestamp", "Timestamp", "ts", "datetime", "asctime", "date", "@t", "T", "at"),
    *("t.$date", "record.time.repr", "eventTime", "created", "timeMillis", "timeUnixNano", "__REALTIME_TIMESTAMP"),
)
# Ambiguous names, and names of which one has to be there too.
_BESIDE: Final = {
    "name": ("hostname", "levelname", "level_name"),  # bunyan, pino, Python
    "host": ("short_message",),
    "channel": ("level_name",),
    "target": ("fields",),
    **dict.fromkeys(("M", "T"), ("L",)),
    "L": ("M",),
    "s": ("ctx",),
    "type": ("title",),
    "created": ("levelname",),
    "at": ("sev",),
}
STAY: Final = frozenset(("priority", "status", "type"))  # In `data`, also where they give the level.
WRAPPERS: Final = frozenset(("log", "MESSAGE"))  # Of lines, which may be JSON.


class Row(NamedTuple):
    """A name, as the key of a record and the keys below it."""

    name: str
    key: str
    inside: tuple[str, ...]


_ROWS: Final = tuple(
    tuple(
        Row(name, *path)
        for name in names
        for path in dict.fromkeys(((name, ()), (name.partition(".")[0], tuple(name.split(".")[1:]))))
    )
    for names in (TEXT, tuple(LEVEL), SOURCE, TIME)
)
NAMES: Final = frozenset(row.key for rows in _ROWS for row in rows).union(*_BESIDE.values())


@lru_cache(1024)
def rows_of(names: frozenset[str]) -> tuple[tuple[Row, ...], ...]:
    """Return the rows for text, level, source and time of a record that has these NAMES, the best first."""
    return tuple(
        tuple(
            row
            for row in rows
            if row.key in names and (row.name not in _BESIDE or not names.isdisjoint(_BESIDE[row.name]))
        )
        for rows in _ROWS
    )
