"""The settings: one frozen tree, a section for each part, and the difference between two trees.

Owns each setting's name, default and range. config.yaml has the reasons, and a test keeps the two equal. A part
receives its section, never the tree. Knows neither files nor YAML nor the environment (file.py does): a Config that
exists is valid. Names carry their unit: `_ms`, `_seconds`, `_bytes`.
"""

import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

from hub.config.values import AnyLevel, Between, Host, Items, ListenAddress, Network, Origin, Topic, duration, size
from hub.message import MAX_MESSAGE_BYTES, Level

KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30

NEEDS_RESTART: Final = frozenset({"server.address", "server.port", "log.path", "log.synchronous"})
# The parts of the tree that can hold secrets: no error and no change quotes what the operator wrote there.
SECRET: Final = ("access.", "cluster.", "server.tls.")


class Section(BaseModel):
    """A group of settings. An unknown setting is an error: ignored, it would silently have no effect."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ServerConfig(Section):
    """Addresses, and limits of connections."""

    address: ListenAddress = "127.0.0.1"
    port: Annotated[int, Between(0, 65535)] = 3030  # 0: any free port
    allowed_hosts: Items[Host] = ()
    cors_origins: Items[Origin] = ()
    trusted_proxies: Items[Network] = ()
    max_connections: Annotated[int, Between(1, 1_000_000)] = 10_000
    max_connections_per_address: Annotated[int, Between(1, 1_000_000)] = 1_000
    drain_seconds: Annotated[float, Between(0, 60)] = 3.0


class StreamConfig(Section):
    """The timing of streams."""

    flush_ms: Annotated[int, Between(2, 1000)] = 5  # below 2 ms epoll rounds up
    heartbeat_seconds: Annotated[float, Between(1, 60)] = 15.0  # nginx closes a stream after 60 s of silence
    stall_seconds: Annotated[float, Between(1, 3600)] = 10.0


class PublishConfig(Section):
    """Limits for publishers. The minimum of 1KiB finds a forgotten unit."""

    max_message_bytes: Annotated[int, size(KIB, 64 * MIB)] = MAX_MESSAGE_BYTES
    max_body_bytes: Annotated[int, size(KIB, GIB)] = 8 * MIB
    max_unfinished_bytes: Annotated[int, size(KIB, 64 * GIB)] = 256 * MIB


class LogConfig(Section):
    """The file of the log, its durability, and its retention: the first limit reached counts."""

    path: Annotated[str, Field(min_length=1, max_length=4096)] = "eyewall.db"
    synchronous: Literal["full", "normal"] = "full"
    keep_for: Annotated[float, duration(1, 36_500 * 86_400)] = 30.0 * 86_400
    keep_messages: Annotated[int, Between(1, 1_000_000_000)] = 1_000_000
    keep_bytes: Annotated[int, size(MIB, 1024 * GIB)] = GIB


class DashboardConfig(Section):
    """The page."""

    title: Annotated[str, Field(max_length=100)] = ""

    @property
    def shown_title(self) -> str:
        """The title, or else the host name."""
        return self.title or socket.gethostname()


class GreetingConfig(Section):
    """A source that repeats one message, so that a new wall is not empty."""

    kind: Literal["greeting"]
    # 256 characters are at most 1KiB, the smallest publish.max_message_bytes.
    message: Annotated[str, Field(min_length=1, max_length=256)] = "Hello from the server"
    every_seconds: Annotated[float, Between(0.1, 86_400)] = 5.0
    topic: Topic = "server"
    level: AnyLevel = Level.INFO


# With a second kind: Annotated[GreetingConfig | OtherConfig, Field(discriminator="kind")].
SourceConfig = GreetingConfig


class LoggingConfig(Section):
    """The lines of the process on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(Section):
    """All settings."""

    server: ServerConfig = ServerConfig()
    stream: StreamConfig = StreamConfig()
    publish: PublishConfig = PublishConfig()
    log: LogConfig = LogConfig()
    dashboard: DashboardConfig = DashboardConfig()
    logging: LoggingConfig = LoggingConfig()
    sources: Annotated[Items[SourceConfig], Field(max_length=100)] = ()


def sections_of(annotation: object) -> tuple[type[BaseModel], ...]:
    """Return the models that a setting's type names, for example one for each kind of source. () for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for part in get_args(annotation) for model in sections_of(part))


def keys(model: type[BaseModel], above: str = "") -> list[str]:
    """Return the key path of every setting in the order of the file. A list, such as the sources, is one setting."""
    found = []
    for name, field in model.model_fields.items():
        is_list = get_origin(field.annotation) not in (None, Union, UnionType)
        sections = () if is_list else sections_of(field.annotation)
        found += keys(sections[0], f"{above}{name}.") if sections else [above + name]
    return found


def settings(config: Config) -> dict[str, object]:
    """Return every setting's value by its key path: {"server.address": "127.0.0.1", …}."""
    return {key: _at(config, key) for key in keys(type(config))}


def to_yaml_values(config: Config, *, without_defaults: bool = False) -> dict[str, Any]:
    """Return the tree as an operator writes it: 15 for 15.0, "64MiB" for a count of bytes, *** for a secret."""
    return config.model_dump(mode="json", exclude_defaults=without_defaults)


@dataclass(frozen=True, slots=True)
class Change:
    """One setting with a new value. `restart`: it takes effect at the next start. `values` is "" for a secret one."""

    key: str
    values: str
    restart: bool

    def __str__(self) -> str:
        return f"{self.key} {self.values}".rstrip()


def changes(old: Config, new: Config) -> tuple[Change, ...]:
    """Return what differs in `new`, in the order of the file."""
    before, after = settings(old), settings(new)
    found = []
    for key in after:
        if before[key] != after[key]:
            values = "" if is_secret(key) else f"{_text(old, key)} → {_text(new, key)}"
            found.append(Change(key, values, key in NEEDS_RESTART))
    return tuple(found)


def is_secret(key: str) -> bool:
    """Return True if errors and changes must not quote what is at or below this key path."""
    return f"{key}.".startswith(SECRET)


def _at(tree: object, key: str) -> object:
    for name in key.split("."):
        tree = tree.get(name) if isinstance(tree, Mapping) else getattr(tree, name, None)
    return tree


def _text(config: Config, key: str) -> str:
    """Return a setting's value on one line of YAML; of a source only what is not its default."""
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
