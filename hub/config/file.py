"""The config file, the environment and the flags into one Config."""

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from hub.config import Config, keys, to_yaml_values
from hub.config.errors import Report, closest
from hub.config.yaml import read

MAX_FILE_BYTES: Final = 256 << 10

_PREFIX: Final = "EYEWALL_"
# Kubernetes sets these beside a Service named eyewall, eyewall-metrics … ("Service", "Environment variables"). The name
# …PORT may also be a wrong setting: there the value decides.
_LINK: Final = re.compile(
    r"(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)=(?s:.*)"
    r"|(\w+_)?PORT=(tcp|udp|sctp)://.*"
)


class ConfigError(Exception):
    """All errors of a config, one line each."""

    def __init__(self, *errors: str) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class MissingFile(ConfigError):
    """The file does not exist."""


def load(
    path: Path,
    environ: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
    *,
    content: str | None = None,
    model: type[Config] = Config,
) -> Config:
    """Load the settings. Flags (`{"server.port": 8080}`) win over the environment, and that over the file.

    `content` is the text of the file after an edit, which may be incomplete: without a setting it is an error.

    Raises ConfigError with all errors. Runs on any thread.
    """
    document = read(content_of(path) if content is None else content)
    report = Report(path, document, model)
    values: dict[str, object] = {}
    if isinstance(document.value, dict):
        # A section with all lines commented out is None.
        values = {name: value for name, value in document.value.items() if value is not None}
    elif document.value is not None:
        report.add((), "must be sections such as 'server:' with settings below")
    if content is not None and not values and not report.lines():
        report.add((), "has no settings, so it may be incomplete; to apply the defaults, restart the server")
    variables = {key.replace(".", "__").upper(): key for key in keys(model)}
    _add_environment(environ, variables, values, report)
    for key, value in (overrides or {}).items():
        _set(values, key, value)
        report.origins[tuple(key.split("."))] = f"command line: {key}"
    try:
        config = model.model_validate(values)
    except ValidationError as error:
        report.add_all(error)
    else:
        if not report.lines():
            return config
    raise ConfigError(*report.lines())


def dump(config: Config) -> str:
    """Return the settings as a file. It loads back to an equal Config, but for secrets: '***' does not load."""
    return yaml.dump(to_yaml_values(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


class _Dumper(yaml.SafeDumper):
    """Uses double quotes: in single quotes PyYAML loses a U+0085, a line end in YAML 1.1."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if data.isprintable() else '"')


_Dumper.add_representer(str, _Dumper.represent_str)


def content_of(path: Path) -> str:
    """Return the text of a regular file. Raises ConfigError for anything else. May block on a file server."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{path}: is a folder: name the file in it")
        if not stat.S_ISREG(mode):  # Opening a pipe would wait for a writer.
            raise ConfigError(f"{path}: is not a regular file: name one that can be read repeatedly")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise MissingFile(f"{path}: there is no such file: create it, or name another with --config") from None
    except PermissionError:
        raise ConfigError(f"{path}: may not be read by the user that runs the server: change its mode") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_FILE_BYTES >> 10}KiB: this is not a config file")
    try:
        return content.decode()  # The parser skips a byte order mark.
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(f"{path}:{line}:{column}: this byte is not UTF-8: save the file as UTF-8") from None


def _add_environment(
    environ: Mapping[str, str], variables: Mapping[str, str], values: dict[str, object], report: Report
) -> None:
    for name, text in sorted(environ.items()):
        if not name.startswith(_PREFIX):
            continue
        origin = f"environment {name}"
        variable = name.removeprefix(_PREFIX)
        key = variables.get(variable)
        if key is None:
            if _LINK.fullmatch(f"{variable}={text}"):
                continue
            # Ignored, a misspelt variable would silently have no effect.
            inside = (known for known in variables if known.endswith(f"__{variable.upper()}"))
            meant = next(inside, "") or closest(variable.upper(), variables)
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
    *sections, name = key.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):  # An error of the file, which the report has.
            return
        values = inner
    values[name] = value
