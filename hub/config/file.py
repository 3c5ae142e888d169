"""The config file, the environment and the flags: into one Config, and again whenever the file changes.

Owns where a setting comes from and which of two wins. What a setting may be stands in __init__.py, how
YAML is read in yaml.py, and how an error reads in errors.py.
"""

import re
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError
from tornado.ioloop import PeriodicCallback

from hub.config import Change, Config, changes, settings
from hub.config.errors import Report, closest
from hub.config.values import shown, to_yaml_value
from hub.config.yaml import read

MAX_FILE_BYTES: Final = 256 << 10

# Two looks must agree, and a good edit is promised to be live within two seconds.
POLL_SECONDS: Final = 0.5

_PREFIX: Final = "EYEWALL_"
# What Kubernetes sets in every pod beside a Service called eyewall, or eyewall-metrics, and Docker for a link of that
# name. (Kubernetes documentation, "Service", "Environment variables".) The shortest, PORT, somebody may mean; but
# nobody means its value.
_LINK: Final = re.compile(r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
_LINK_PORT: Final = re.compile(r"(\w+_)?PORT")
_LINKED: Final = re.compile(r"(tcp|udp|sctp)://.*")
_VARIABLES: Final = {key.replace(".", "__").upper(): key for key in settings(Config())}


class ConfigError(Exception):
    """Everything that is wrong, a line for each: where, what, and what would be right."""

    def __init__(self, errors: tuple[str, ...]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class Missing(ConfigError):
    """There is no such file."""


def load(path: Path, environ: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Config:
    """Flags (`{"server.port": 8080}`) win over the environment, the environment over the file.

    Raises ConfigError with all errors at once; also where the file is missing or cannot be read.
    """
    document = read(_text(path, content_of(path)))
    report = Report(path, document)
    values: dict[str, object] = {}
    if isinstance(document.value, dict):
        # A section whose lines are all commented out is None, and means its defaults.
        values = {name: value for name, value in document.value.items() if value is not None}
    elif document.value is not None:
        report.add((), f"must be sections such as 'server:' with settings below, not {shown(document.value)}")
    _take_environment(environ, values, report)
    for key, value in (overrides or {}).items():
        _set(values, key, value)
        report.origins[tuple(key.split("."))] = f"command line: {key}"
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        report.add_all(error)
    else:
        if not report.lines():
            return config
    raise ConfigError(report.lines())


def dump(config: Config) -> str:
    """The settings in force as a file, which loads back to the same Config."""
    return yaml.dump(to_yaml_value("", config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """In single quotes PyYAML loses a U+0085, which to YAML 1.1 is a line end: escaped it comes back."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if data.isprintable() else '"')


_Dumper.add_representer(str, _Dumper.represent_str)


def content_of(path: Path) -> bytes:
    """The file, if it is one. Raises ConfigError: what it is instead, and what to do."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _unreadable(path, "is a folder: name the file in it")
        if not stat.S_ISREG(mode):  # Opening a pipe would wait for a writer, and all streams with it.
            raise _unreadable(path, "is no ordinary file: name one that can be read again and again")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise Missing((f"{path}: there is no such file: create it, or name another with --config",)) from None
    except PermissionError:
        raise _unreadable(path, "may not be read by the user who runs the server: change its mode") from None
    except OSError as error:
        raise _unreadable(path, f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise _unreadable(path, f"is larger than {MAX_FILE_BYTES >> 10}KiB: that cannot be meant as settings")
    return content


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode()  # A byte order mark is the parser's to skip.
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError((f"{path}:{line}:{column}: this byte is not UTF-8: save the file as UTF-8",)) from None


def _unreadable(path: Path, text: str) -> ConfigError:
    return ConfigError((f"{path}: {text}",))


def _take_environment(environ: Mapping[str, str], values: dict[str, object], report: Report) -> None:
    for name, text in sorted(environ.items()):
        if not name.startswith(_PREFIX):
            continue
        origin = f"environment {name}"
        variable = name.removeprefix(_PREFIX)
        key = _VARIABLES.get(variable)
        if key is None:
            if _LINK.fullmatch(variable) or (_LINK_PORT.fullmatch(variable) and _LINKED.fullmatch(text)):
                continue
            # Not passed over: a misspelt variable would leave the server with a setting nobody wanted.
            inside = (known for known in _VARIABLES if known.endswith(f"__{variable.upper()}"))
            meant = next(inside, "") or closest(variable.upper(), _VARIABLES)
            hint = f"did you mean {_PREFIX}{meant}?" if meant else "remove it"
            report.add_outside(origin, f"unknown setting, {hint}")
            continue
        report.origins[tuple(key.split("."))] = origin
        # Only lists and quotes are YAML here: "Wall: east #1" is a title, not a mapping with a comment.
        if text.lstrip()[:1] in ("[", "{", '"', "'"):
            document = read(text)
            for problem in document.problems:
                report.add_outside(origin, problem.text)
            if not document.problems:
                _set(values, key, document.value)
        else:
            _set(values, key, text)


def _set(values: dict[str, object], key: str, value: object) -> None:
    name, _, inner = key.partition(".")
    if not inner:
        values[name] = value
    elif isinstance(section := values.setdefault(name, {}), dict):  # If it is none, that is reported already.
        section[inner] = value


class ConfigWatcher:
    """Looks at the file twice a second: a good edit is handed on, a bad one reported and otherwise ignored.

    It compares what stands in it (that is small): a replaced file and a swapped symlink are seen like any edit, and
    nobody's clock matters, where sizes and times can be the same as before (`cp -p`, coarse times of a file server).
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[], Config],
        config: Config,
        on_applied: Callable[[Config, tuple[Change, ...]], None],
        on_rejected: Callable[[tuple[str, ...]], None],
    ) -> None:
        self._path = path
        self._load = load
        self._config = config
        self._on_applied = on_applied
        self._on_rejected = on_rejected
        self._errors: tuple[str, ...] = ()
        # None is no file: a missing default file is no news, and the first one seen is compared with `config`.
        self._seen: bytes | tuple[str, ...] | None = None
        self._settled: bytes | tuple[str, ...] | None = None
        self._looked_at = float("-inf")  # Monotonic.
        self._timer = PeriodicCallback(self._look_again, POLL_SECONDS * 1000)

    def start(self) -> None:
        """Safe to call twice."""
        if not self._timer.is_running():
            self._timer.start()

    def stop(self) -> None:
        """Safe to call twice."""
        self._timer.stop()

    def _look_again(self) -> None:
        """Tornado's ticks keep to a grid: behind a late one comes the next, and both might see the same half file."""
        now = time.monotonic()
        if now - self._looked_at >= POLL_SECONDS / 2:
            self._looked_at = now
            self.poll()

    def poll(self) -> None:
        """One look. The file is loaded when two looks agree, because until then it may be half written."""
        look = self._look()
        if look != self._seen:
            self._seen = look
        elif look != self._settled:
            self._settled = look
            if look is None:
                self._reject((f"{self._path}: the file is gone; its settings stay in force until it is back",))
            else:
                self._reload()

    def _look(self) -> bytes | tuple[str, ...] | None:
        try:
            return content_of(self._path)
        except Missing:
            return None
        except ConfigError as error:
            return error.errors

    def _reload(self) -> None:
        try:
            config = self._load()
        except ConfigError as error:
            return self._reject(error.errors)
        found = changes(self._config, config)
        if found or self._errors:  # Repaired without a change is news as well: the page takes its warning away.
            self._config, self._errors = config, ()
            self._on_applied(config, found)
        return None

    def _reject(self, errors: tuple[str, ...]) -> None:
        if errors != self._errors:
            self._errors = errors
            self._on_rejected(errors)
