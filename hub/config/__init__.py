"""The settings: one frozen tree, a section for each part, and what changed between two trees.

Owns every setting's name, default and range; config.yaml has the reasons, and a test keeps the two alike.
A part receives its section, never the tree. Knows neither files nor YAML nor the environment (file.py
does): a Config that exists is valid. Names carry their unit: `_ms`, `_seconds`, `_bytes`.
"""

import json
import re
import socket
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from hub.config.values import (
    AnyLevel,
    Between,
    Duration,
    Host,
    Items,
    ListenAddress,
    Network,
    Origin,
    Size,
    Topic,
    to_yaml_value,
)
from hub.message import MAX_MESSAGE_BYTES, Level

KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30

NEEDS_RESTART: Final = frozenset({"server.address", "server.port", "log.path", "log.synchronous"})


class Section(BaseModel):
    """A group of settings. One that nobody knows is an error, not a note: it would silently do nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerConfig(Section):
    """Who can reach the server, and how many at a time."""

    address: ListenAddress = "127.0.0.1"
    port: Annotated[int, Between(0, 65535)] = 3030  # 0: any free one
    allowed_hosts: Items[Host] = ()
    cors_origins: Items[Origin] = ()
    trusted_proxies: Items[Network] = ()
    max_connections: Annotated[int, Between(1, 1_000_000)] = 10_000
    max_connections_per_address: Annotated[int, Between(1, 1_000_000)] = 1_000
    drain_seconds: Annotated[float, Between(0, 60)] = 3.0


class StreamConfig(Section):
    """When bytes go out."""

    flush_ms: Annotated[int, Between(2, 1000)] = 5  # below 2 ms epoll rounds up
    heartbeat_seconds: Annotated[float, Between(1, 60)] = 15.0  # nginx cuts after 60 silent seconds
    stall_seconds: Annotated[float, Between(1, 3600)] = 10.0


class PublishConfig(Section):
    """What may be handed in. No limit below 1KiB: there somebody forgot the unit."""

    max_message_bytes: Annotated[int, Size(KIB, 64 * MIB)] = MAX_MESSAGE_BYTES
    max_body_bytes: Annotated[int, Size(KIB, GIB)] = 8 * MIB
    max_unfinished_bytes: Annotated[int, Size(KIB, 64 * GIB)] = 256 * MIB


class LogConfig(Section):
    """Where messages are stored, how safely, and how many: whichever limit is reached first."""

    path: Annotated[str, Field(min_length=1, max_length=4096)] = "eyewall.db"
    synchronous: Literal["full", "normal"] = "full"
    keep_for: Annotated[float, Duration(1, 36_500 * 86_400)] = 30.0 * 86_400
    keep_messages: Annotated[int, Between(1, 1_000_000_000)] = 1_000_000
    keep_bytes: Annotated[int, Size(MIB, 1024 * GIB)] = GIB


class DashboardConfig(Section):
    """What the page shows."""

    title: Annotated[str, Field(max_length=100)] = ""

    @property
    def shown_title(self) -> str:
        """The title, or this machine's name where there is none."""
        return self.title or socket.gethostname()


class GreetingConfig(Section):
    """A source that says the same thing again and again, so that a new wall is not empty."""

    kind: Literal["greeting"]
    # 256 characters are at most 1KiB, so that no valid publish.max_message_bytes refuses them.
    message: Annotated[str, Field(min_length=1, max_length=256)] = "Hello from the server"
    every_seconds: Annotated[float, Between(0.1, 86_400)] = 5.0
    topic: Topic = "server"
    level: AnyLevel = Level.INFO


# With the second kind: Annotated[GreetingConfig | OtherConfig, Field(discriminator="kind")].
SourceConfig = GreetingConfig


class LoggingConfig(Section):
    """What the process says about itself, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Section):
    """Everything that can be set."""

    server: ServerConfig = ServerConfig()
    stream: StreamConfig = StreamConfig()
    publish: PublishConfig = PublishConfig()
    log: LogConfig = LogConfig()
    dashboard: DashboardConfig = DashboardConfig()
    logging: LoggingConfig = LoggingConfig()
    sources: Annotated[Items[SourceConfig], Field(max_length=100)] = ()


def settings(config: Config) -> dict[str, object]:
    """Every setting by its key path: {"server.address": "127.0.0.1", …}; the sources as one."""
    found: dict[str, object] = {}
    for name, section in config:
        if isinstance(section, Section):
            found |= {f"{name}.{key}": value for key, value in section}
        else:
            found[name] = section
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that is different now. `restart`: it will only be when the server has been restarted."""

    key: str
    old: object
    new: object
    restart: bool

    def __str__(self) -> str:
        return f"{self.key} {_text(self.key, self.old)} → {_text(self.key, self.new)}"


def changes(old: Config, new: Config) -> tuple[Change, ...]:
    """What is different in `new`, in the order of the file."""
    before = settings(old)
    return tuple(
        Change(key, before[key], value, key in NEEDS_RESTART)
        for key, value in settings(new).items()
        if value != before[key]
    )


def _text(key: str, value: object) -> str:
    """A value on one line, as it could stand in the file; of a source only what is not the default."""
    if isinstance(value, tuple):
        return f"[{', '.join(_text(key, item) for item in value)}]"
    if isinstance(value, Section):
        fields = type(value).model_fields
        said = (f"{name}: {_text(name, item)}" for name, item in value if item != fields[name].default)
        return f"{{{', '.join(said)}}}"
    text = str(to_yaml_value(key, value))
    plain = not isinstance(value, str) or re.fullmatch(r"[\w./:-]+", text)
    return text if plain else json.dumps(text, ensure_ascii=False)
