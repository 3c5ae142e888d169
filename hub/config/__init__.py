"""The settings: one frozen tree, and the difference between two. config.yaml has the reasons for all values."""

import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from hub.config.values import (
    ONE_LINE,
    AnyLevel,
    Between,
    Host,
    Items,
    ListenAddress,
    Network,
    Origin,
    Topic,
    duration,
    size,
)
from hub.message import MAX_MESSAGE_BYTES, Level

SILENCE: Final = " (proxies close streams that are silent for 50 seconds)"
KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30

NEEDS_RESTART: Final = frozenset({"server.address", "server.port", "log.path", "log.synchronous"})
# No error and no change quotes a value in these parts.
SECRET: Final = ("access.", "cluster.", "server.tls.")


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ServerConfig(Section):
    address: ListenAddress = "127.0.0.1"
    port: Annotated[int, Between(0, 65535)] = 3030  # 0: any free port
    allowed_hosts: Items[Host] = ()
    cors_origins: Items[Origin] = ()
    trusted_proxies: Items[Network] = ()
    max_connections: Annotated[int, Between(1, 1_000_000)] = 10_000
    max_connections_per_address: Annotated[int, Between(1, 1_000_000)] = 1_000
    drain_seconds: Annotated[float, Between(0, 60)] = 3.0


class StreamConfig(Section):
    flush_ms: Annotated[int, Between(2, 1000)] = 5  # below 2 ms epoll rounds up
    heartbeat_seconds: Annotated[float, Between(1, 45, examples=SILENCE)] = 15.0
    stall_seconds: Annotated[float, Between(1, 3600)] = 10.0
    max_unsent_bytes: Annotated[int, size(MIB, 64 * GIB)] = 256 * MIB


class PublishConfig(Section):
    """The minimum of 1KiB finds a forgotten unit."""

    max_message_bytes: Annotated[int, size(KIB, 64 * MIB)] = MAX_MESSAGE_BYTES
    max_body_bytes: Annotated[int, size(KIB, GIB)] = 8 * MIB
    max_unfinished_bytes: Annotated[int, size(KIB, 64 * GIB)] = 256 * MIB


class LogConfig(Section):
    path: Annotated[str, Field(min_length=1, max_length=4096), ONE_LINE] = "eyewall.db"
    synchronous: Literal["full", "normal"] = "full"
    keep_for: Annotated[float, duration(1, 36_500 * 86_400)] = 30.0 * 86_400
    keep_messages: Annotated[int, Between(1, 1_000_000_000)] = 1_000_000
    keep_bytes: Annotated[int, size(MIB, 1024 * GIB)] = GIB


class DashboardConfig(Section):
    title: Annotated[str, Field(max_length=100), ONE_LINE] = ""

    @property
    def shown_title(self) -> str:
        return self.title or socket.gethostname()


class GreetingConfig(Section):
    kind: Literal["greeting"]
    # 256 characters are at most 1KiB, the smallest publish.max_message_bytes.
    message: Annotated[str, Field(min_length=1, max_length=256)] = "Hello from the server"
    every_seconds: Annotated[float, Between(0.1, 86_400)] = 5.0
    topic: Topic = "server"
    level: AnyLevel = Level.INFO


# With a second kind: Annotated[GreetingConfig | OtherConfig, Field(discriminator="kind")].
SourceConfig = GreetingConfig


class LoggingConfig(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Section):
    server: ServerConfig = ServerConfig()
    stream: StreamConfig = StreamConfig()
    publish: PublishConfig = PublishConfig()
    log: LogConfig = LogConfig()
    dashboard: DashboardConfig = DashboardConfig()
    logging: LoggingConfig = LoggingConfig()
    sources: Annotated[Items[SourceConfig], Field(max_length=100)] = ()


def sections_of(annotation: object) -> tuple[type[BaseModel], ...]:
    """Return the models that a setting's type names; () for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in sections_of(part))


def keys(model: type[BaseModel], above: str = "") -> list[str]:
    """Return the key path of every setting in the order of the file. A list is one setting."""
    found = []
    for name, field in model.model_fields.items():
        is_list = get_origin(field.annotation) not in (None, Union, UnionType)
        sections = () if is_list else sections_of(field.annotation)
        found += keys(sections[0], f"{above}{name}.") if sections else [above + name]
    return found


def settings(config: Config) -> dict[str, object]:
    """Return the values by key path: {"server.address": "127.0.0.1", …}."""
    return {key: _at(config, key) for key in keys(type(config))}


def to_yaml_values(config: Config, *, without_defaults: bool = False) -> dict[str, Any]:
    """Return the tree as an operator writes it: "64MiB", *** for a secret."""
    return config.model_dump(mode="json", exclude_defaults=without_defaults)


@dataclass(frozen=True, slots=True)
class Change:
    """A setting with a new value. `restart`: not in force before. `values` is "" for a secret."""

    key: str
    values: str
    restart: bool

    def __str__(self) -> str:
        return f"{self.key} {self.values}".rstrip()


def changes(old: Config, new: Config) -> tuple[Change, ...]:
    """Return what differs in `new`, in the order of the file."""
    return tuple(
        Change(key, "" if is_secret(key) else f"{_text(old, key)} → {_text(new, key)}", key in NEEDS_RESTART)
        for key, value in settings(new).items()
        if _at(old, key) != value
    )


def is_secret(key: str) -> bool:
    """Return True if nothing at or below this key path may be quoted."""
    return f"{key}.".startswith(SECRET)


def _at(tree: object, key: str) -> object:
    for name in key.split("."):
        tree = tree.get(name) if isinstance(tree, Mapping) else getattr(tree, name, None)
    return tree


def _text(config: Config, key: str) -> str:
    # One line of YAML; of a source only what is not its default.
    brief = _at(to_yaml_values(config, without_defaults=True), key)
    return _line(_at(to_yaml_values(config), key) if brief is None else brief)


def _line(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_line, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_line(item)}' for name, item in value.items())}}}"
    if isinstance(value, str) and not re.fullmatch(r"[\w./:-]+", value):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
