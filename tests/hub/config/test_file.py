"""hub/config/file.py and what it reads with: from a file, the environment and flags to one Config."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.config import (
    Config,
    DashboardConfig,
    GreetingConfig,
    LogConfig,
    LoggingConfig,
    PublishConfig,
    ServerConfig,
    StreamConfig,
    settings,
)
from hub.config.file import MAX_FILE_BYTES, ConfigError, dump, load
from hub.message import Level

SHIPPED = Path(__file__).parents[3] / "config.yaml"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(text: str | bytes, environ: Mapping[str, str] | None = None) -> Config:
    Path("config.yaml").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return load(Path("config.yaml"), environ or {})


def errors(text: str | bytes, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loaded(text, environ)
    return list(raised.value.errors)


# Valid files


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "{}", "~", "\ufeff", "stream:\nsources:\n"])
def test_what_is_left_out_has_its_default(text: str) -> None:
    assert loaded(text) == Config()


def test_line_ends_and_a_byte_order_mark_of_other_editors_are_accepted() -> None:
    assert loaded("\ufeffserver:\r\n  port: 8080\r\n").server.port == 8080
    assert errors("\ufeffport: 1\r\n")[0].startswith("config.yaml:1:1: ")


def test_a_word_is_what_the_setting_wants_it_to_be() -> None:
    """YAML itself reads these as false, a date, 1.1 and 1000."""
    for word in ("NO", "on", "2026-11-23", "1.10", "1e3", "12:30", "0x10", "'null'"):
        assert loaded(f"dashboard:\n  title: {word}\n").dashboard.title == word.strip("'")
    assert loaded("server:\n  port: 1e3\n").server.port == 1000


@pytest.mark.parametrize("value", ["on", "NO", "012", "1:30", "2026-11-23", "0o17", "0x10", "yes", "1,5", "'5 '"])
def test_what_yaml_would_guess_to_be_a_number_is_refused(value: str) -> None:
    (error,) = errors(f"stream:\n  stall_seconds: {value}\n")
    assert error.startswith("config.yaml:2:18: stream.stall_seconds: must be a number between 1 and 3600, not ")


# Errors and their places


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("stream:\n\n  hartbeat: 5\n", "3:3: stream.hartbeat: unknown setting, did you mean 'heartbeat_seconds'?"),
        ("port: 80\n", "1:1: port: unknown setting, did you mean 'server.port'?"),
        (
            "stream: {zzz: 1}\n",
            "1:10: stream.zzz: unknown setting, known here are flush_ms, heartbeat_seconds, stall_seconds, "
            "max_unsent_bytes",
        ),
    ],
)
def test_an_unknown_setting_is_named_with_its_place_and_the_likely_name(text: str, error: str) -> None:
    assert errors(text) == [f"config.yaml:{error}"]


def test_all_errors_come_at_once_in_the_order_of_the_file() -> None:
    text = """\
stream:
  flush_ms: 1
  heartbeat_seconds: often
server: {port: 99999, prot: 1}
publish:
  max_body_bytes: 8MB
publish:
  max_body_bytes: 9MB
sources:
  - kind: greting
  - every_seconds: 5
  - kind: greeting
    every_seconds: 0
    level: loud
    zzz: red
  -
dashboard:
  title:
logging: loud
"""
    assert errors(text, {"EYEWALL_STREAM__STALL_SECONDS": "soon", "EYEWALL_STREAM__HARTBEAT": "5"}) == [
        "config.yaml:2:13: stream.flush_ms: must be a whole number between 2 and 1000, not 1",
        "config.yaml:3:22: stream.heartbeat_seconds: must be a number between 1 and 45"
        " (proxies close streams that are silent for 50 seconds), not 'often'",
        "config.yaml:4:16: server.port: must be a whole number between 0 and 65535, not 99999",
        "config.yaml:4:23: server.prot: unknown setting, did you mean 'port'?",
        "config.yaml:7:1: publish: is already set in line 5: keep one of the two",
        "config.yaml:10:11: sources[0].kind: must be greeting, not 'greting'",
        "config.yaml:11:5: sources[1].kind: is missing: add it",
        "config.yaml:13:20: sources[2].every_seconds: must be a number between 0.1 and 86400, not 0",
        "config.yaml:14:12: sources[2].level: must be one of debug, info, warning, error, critical, not 'loud'",
        "config.yaml:15:5: sources[2].zzz: unknown setting, known here are kind, message, every_seconds, topic, level",
        "config.yaml:16:4: sources[3]: has no value: write one, or remove the line for the default",
        "config.yaml:18:9: dashboard.title: has no value: write one, or remove the line for the default",
        "config.yaml:19:10: logging: must be a section of lines such as 'name: value'",
        "environment EYEWALL_STREAM__HARTBEAT: unknown setting, did you mean EYEWALL_STREAM__HEARTBEAT_SECONDS?",
        "environment EYEWALL_STREAM__STALL_SECONDS: must be a number between 1 and 3600, not 'soon'",
    ]


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("server:\n\tport: 1", "2:1", "indent with spaces"),
        ("server:\n  port: 1\n   address: x", "3:11", "indent this line as"),
        ("server:\n  port: 1\n address: x", "3:2", "indent this line exactly"),
        ("server:\n  port:1\n  address: x", "3:10", "a missing space after the colon above"),
        ("dashboard:\n  title: Wall: east", "2:14", "needs quotes"),
        ("dashboard:\n  title: @east", "2:10", "needs quotes"),
        ("dashboard:\n  title: 'it's'", "2:14", "nothing may follow the closing quotation mark"),
        ('dashboard:\n  title: "east\nstream:\n  flush_ms: 5\n', "2:10", "opened here and not closed"),
        ('dashboard:\n  title: "C:\\dir"', "2:14", "use single quotes"),
        ("server:\n  allowed_hosts: [a, b\nstream:\n", "3:7", "lacks a comma or is not closed"),
        ("server: {port: 1}}", "1:18", "never opened"),
        ("server:\n  port: \x07", "2:9", "control character"),
        ("server:\n  port: 1\n  - x", "3:3", "indent this line exactly"),
        ('dashboard:\n  title: "\\UFFFFFFFF"', "2:13", "number that is too large"),
        ("[" * 5000, "1:18", "no setting is that deep"),
        ("- " * 5000, "1:35", "no setting is that deep"),
        ("? " * 5000, "1:35", "no setting is that deep"),
        ("server: {" + "port: 1, " * 10_000, "1:44998", "is this the right file?"),
    ],
)
def test_what_is_no_yaml_is_one_error_with_place_and_cure(text: str, place: str, hint: str) -> None:
    (error,) = errors(text)
    assert error.startswith(f"config.yaml:{place}")
    assert hint in error
    assert error.isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server: &a {port: 1}\nstream: *a\n", "2:9: stream: aliases (with *) are not allowed: write the value out"),
        ("server:\n  port: !!int 1\n", "2:9: server.port: tags (with !) are not allowed: write the plain value"),
        ("? [server]\n: 1\n", "1:3: '?': a setting's name must be plain text"),
        ('"\\ud800": 1\n', "1:1: '?': a setting's name must be plain text"),
        ("server: {}\n---\nstream: {}\n", "2:1: only one document belongs in this file: remove the line '---'"),
        ("server\n", "1:1: must be sections such as 'server:' with settings below"),
        ("- server\n", "1:1: must be sections such as 'server:' with settings below"),
        ('dashboard: {title: "\\ud800"}\n', "1:20: dashboard.title: must be text without halves of characters"),
        ("dashboard: {title: [a]}\n", "1:20: dashboard.title: must be text, not a list"),
        (f"dashboard: {{title: {'x' * 101}}}\n", "1:20: dashboard.title: must be at most 100 characters, not 101"),
        ("sources: [{kind: greeting, message: ''}]\n", "1:37: sources[0].message: must not be empty"),
        ("server: {cors_origins: [a.b]}", "1:25: server.cors_origins[0]: must be an origin, such as https://a.b"),
        (f"sources: [{'{kind: greeting},' * 101}]\n", "1:10: sources: must be at most 100 entries, not 101"),
        ("logging: {format: xml}\n", "1:19: logging.format: must be one of text, json, not 'xml'"),
        ("server:\n  'a b\\': 1\n", "2:3: server.'a b\\\\': unknown setting"),
    ],
)
def test_what_does_not_belong_into_a_config_is_refused(text: str, expected: str) -> None:
    (error,) = errors(text)
    assert error.startswith(f"config.yaml:{expected}")


def test_an_alias_bomb_is_one_error_for_each_alias_of_the_file() -> None:
    bomb = "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    lines = errors(bomb)
    assert "aliases (with *) are not allowed" in lines[2]
    assert lines[-1] == f"config.yaml: and {29 * 9 + 30 - 50} more errors"


def test_many_errors_are_counted_instead_of_shown() -> None:
    lines = errors("".join(f"key{number}: 1\n" for number in range(1000)))
    assert len(lines) == 51
    assert lines[-1] == "config.yaml: and 950 more errors"


# No regular file


def test_what_is_no_regular_file_is_refused_without_waiting() -> None:
    os.mkfifo("pipe")
    Path("loop").symlink_to("loop")
    for path, expected in (
        ("conf/eyewall.yaml", "there is no such file: create it, or name another with --config"),
        (".", "is a folder: name the file in it"),
        ("pipe", "is not a regular file: name one that can be read repeatedly"),
        ("loop", "cannot be read: Too many levels of symbolic links"),
    ):
        with pytest.raises(ConfigError) as raised:
            load(Path(path), {})
        assert raised.value.errors == (f"{path}: {expected}",)


@contextlib.contextmanager
def as_another_user() -> Iterator[None]:
    """Leave root, which may read every file."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read_is_refused_with_the_cure() -> None:
    Path("config.yaml").touch(mode=0)
    with as_another_user(), pytest.raises(ConfigError, match=r"^config\.yaml: may not be read .*: change its mode$"):
        load(Path("config.yaml"), {})


def test_a_file_that_is_no_text_is_refused_with_the_place() -> None:
    assert errors(b"server:\n  port: 1\n  \xff: 2\n") == [
        "config.yaml:3:3: this byte is not UTF-8: save the file as UTF-8"
    ]
    assert "not UTF-8" in errors("server:\n".encode("utf-16"))[0]


def test_a_file_of_absurd_size_is_not_read() -> None:
    assert loaded("#" * MAX_FILE_BYTES) == Config()
    assert errors("#" * (MAX_FILE_BYTES + 1)) == ["config.yaml: is larger than 256KiB: this is not a config file"]


# The environment and the flags


def test_flags_win_over_the_environment_and_that_over_the_file() -> None:
    Path("config.yaml").write_text("server: {port: 1, address: localhost}\nstream: {flush_ms: 7}\n")
    environ = {"EYEWALL_SERVER__PORT": "2", "EYEWALL_STREAM__FLUSH_MS": "8", "PATH": "/bin"}
    config = load(Path("config.yaml"), environ, {"server.port": 3})
    assert config.server == ServerConfig(port=3, address="localhost")
    assert config.stream.flush_ms == 8


def test_a_setting_that_the_environment_replaces_need_not_be_right_in_the_file() -> None:
    config = loaded("stream: {flush_ms: no}\nsources: [1]", {"EYEWALL_STREAM__FLUSH_MS": "9", "EYEWALL_SOURCES": "[]"})
    assert config.stream.flush_ms == 9
    assert config.sources == ()


def test_a_text_in_the_environment_is_taken_literally_and_lists_are_yaml() -> None:
    config = loaded(
        "",
        {
            "EYEWALL_DASHBOARD__TITLE": "Wall: east #1",
            "EYEWALL_SERVER__ALLOWED_HOSTS": "[a.example, 'b.example']",
            "EYEWALL_LOG__KEEP_BYTES": '"1GiB"',
            "EYEWALL_SOURCES": "[{kind: greeting, message: hi}]",
        },
    )
    assert config.dashboard.title == "Wall: east #1"
    assert config.server.allowed_hosts == ("a.example", "b.example")
    assert config.log.keep_bytes == 1 << 30
    assert config.sources == (GreetingConfig(kind="greeting", message="hi"),)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("EYEWALL_PORT", "80", "unknown setting, did you mean EYEWALL_SERVER__PORT?"),
        ("EYEWALL_STREAM__HARTBEAT", "5", "unknown setting, did you mean EYEWALL_STREAM__HEARTBEAT_SECONDS?"),
        ("EYEWALL_server__port", "5", "unknown setting, did you mean EYEWALL_SERVER__PORT?"),
        ("EYEWALL_FOO", "", "unknown setting, remove it"),
        ("EYEWALL_SERVER__PORT", "", "must be a whole number between 0 and 65535, not ''"),
        ("EYEWALL_SERVER__PORT", "[", "cannot be read: a list in [ ]"),
        ("EYEWALL_SERVER__ALLOWED_HOSTS", "a,b", "must be a list, such as [a, b]"),
        ("EYEWALL_SOURCES", "[{kind: greeting, topic: a b}]", "sources[0].topic: must be 1 to 64 of"),
        ("EYEWALL_DASHBOARD__TITLE", "\udcff", "must be text without halves of characters"),
        ("EYEWALL_DASHBOARD__TITLE", "[prod] wall", "cannot be read: "),
    ],
)
def test_an_error_in_the_environment_names_the_variable(name: str, value: str, expected: str) -> None:
    (error,) = errors("", {name: value})
    assert error.startswith(f"environment {name}: {expected}")


def test_an_error_in_a_flag_says_so() -> None:
    Path("config.yaml").touch()
    with pytest.raises(ConfigError) as raised:
        load(Path("config.yaml"), {"EYEWALL_SERVER__PORT": "5"}, {"server.port": 99999})
    assert raised.value.errors == ("command line: server.port: must be a whole number between 0 and 65535, not 99999",)


@pytest.mark.parametrize("service", ["EYEWALL", "EYEWALL_METRICS", "EYEWALL_SERVER", "EYEWALL_2__CANARY"])
def test_the_variables_of_kubernetes_for_a_service_of_this_name_are_ignored(service: str) -> None:
    address = "10.96.0.7"
    tcp = {"": f"tcp://{address}:3030", "_PROTO": "tcp", "_PORT": "3030", "_ADDR": address}
    environ = {"SERVICE_HOST": address, "SERVICE_PORT": "3030", "SERVICE_PORT_HTTP": "3030", "PORT": tcp[""]}
    environ |= {f"PORT_3030_TCP{name}": value for name, value in tcp.items()}
    assert loaded("", {f"{service}_{name}": value for name, value in environ.items()}) == loaded("", {})


def test_a_setting_named_like_a_variable_of_kubernetes_is_a_setting() -> None:
    assert loaded("", {"EYEWALL_SERVER__PORT": "8080"}).server.port == 8080
    (error,) = errors("", {"EYEWALL_SERVER__PORT": "tcp://10.96.0.7:3030"})
    assert error.startswith("environment EYEWALL_SERVER__PORT: must be a whole number")
    (error,) = errors("", {"EYEWALL_SERVER_PORT": "8080"})
    assert error == "environment EYEWALL_SERVER_PORT: unknown setting, did you mean EYEWALL_SERVER__PORT?"


def test_the_environment_does_not_hide_that_a_section_is_none() -> None:
    (error,) = errors("server: 5\n", {"EYEWALL_SERVER__PORT": "5"})
    assert error == "config.yaml:1:9: server: must be a section of lines such as 'name: value'"


# Any text

HOSTS = st.lists(st.sampled_from(["a.example", "b-1.example", "10.0.0.1", "null", "no", "1e3"]), max_size=3)
ORIGINS = st.lists(st.sampled_from(["*", "null", "https://a.example", "http://[::1]:8080"]), max_size=3)
TEXT = st.text(max_size=100)  # hypothesis makes no halves of characters
SIZES = st.integers(65536, 64 << 20) | st.sampled_from([1 << 20, 3 << 16, 64 << 20])


def seconds(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high)


GREETINGS = st.builds(
    GreetingConfig,
    kind=st.just("greeting"),
    message=st.text(min_size=1, max_size=256),
    every_seconds=seconds(0.1, 86_400),
    topic=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    level=st.sampled_from(Level),
)
CONFIGS = st.builds(
    Config,
    server=st.builds(
        ServerConfig,
        address=st.sampled_from(["127.0.0.1", "::", "localhost", "null"]),
        port=st.integers(0, 65535),
        allowed_hosts=HOSTS.map(tuple),
        cors_origins=ORIGINS.map(tuple),
        trusted_proxies=st.sampled_from([(), ("127.0.0.1", "fd00::/8")]),
        max_connections=st.integers(1, 1_000_000),
        drain_seconds=seconds(0, 60),
    ),
    stream=st.builds(StreamConfig, flush_ms=st.integers(2, 1000), heartbeat_seconds=seconds(1, 45)),
    publish=st.builds(PublishConfig, max_message_bytes=SIZES, max_body_bytes=SIZES),
    log=st.builds(
        LogConfig,
        path=st.sampled_from(["eyewall.db", ":memory:", "/var/lib/eyewall/log 1.db", "no"]),
        synchronous=st.sampled_from(["full", "normal"]),
        keep_for=st.one_of(seconds(1, 10**9), st.sampled_from([60.0, 5400.0, 86_400.0])),
        keep_messages=st.integers(1, 10**9),
        keep_bytes=SIZES.map(lambda size: size + (1 << 20)),
    ),
    dashboard=st.builds(
        DashboardConfig, title=TEXT.filter(lambda text: not re.search("[\\0-\x1f\x7f-\x9f\u2028\u2029]", text))
    ),
    logging=st.builds(
        LoggingConfig, level=st.sampled_from(["debug", "error"]), format=st.sampled_from(["text", "json"])
    ),
    sources=st.lists(GREETINGS, max_size=3).map(tuple),
)


@given(CONFIGS)
@example(Config(sources=(GreetingConfig(kind="greeting", message="a\x85b"),)))
def test_what_is_printed_loads_back_to_the_same_settings(config: Config) -> None:
    assert loaded(dump(config)) == config


def test_what_is_printed_is_what_a_person_would_write() -> None:
    text = dump(load(SHIPPED, {}))
    assert "  keep_bytes: 1GiB\n" in text
    assert "  keep_for: 30d\n" in text
    assert "  heartbeat_seconds: 15\n" in text
    assert "- kind: greeting\n" in text


def only_config_errors(text: str | bytes, environ: Mapping[str, str] | None = None) -> None:
    lines: tuple[str, ...] = ("fine",)
    try:
        loaded(text, environ)
    except ConfigError as error:
        lines = error.errors
    assert lines
    assert all(line.isprintable() and len(line) < 1000 for line in lines)


YAML_LIKE = st.text(st.sampled_from("serv:-?[]{},&*!|>'\"%@#\\ux0\t \n~<=.\ud7ff\ue000"), max_size=60)


@given(st.binary(max_size=200) | st.text().map(lambda text: text.encode()) | YAML_LIKE.map(lambda text: text.encode()))
def test_no_file_raises_anything_but_a_config_error(content: bytes) -> None:
    only_config_errors(content)


@given(st.sampled_from(sorted(settings(Config()))), st.text() | YAML_LIKE)
def test_no_value_raises_anything_but_a_config_error(key: str, value: str) -> None:
    section, _, name = key.partition(".")
    only_config_errors(f"{section}:\n  {name or '-'}: {value}\n")
    only_config_errors("", {f"EYEWALL_{key.replace('.', '__').upper()}": value})


@given(st.data())
def test_a_broken_name_is_always_reported_in_its_line(data: st.DataObject) -> None:
    lines = SHIPPED.read_text().splitlines()
    number = data.draw(st.sampled_from([n for n, line in enumerate(lines) if ":" in line and "#" not in line]))
    name, colon, rest = lines[number].partition(":")
    letter = data.draw(st.integers(len(name) - len(name.lstrip(" -")), len(name) - 1))
    lines[number] = f"{name[:letter]}X{name[letter + 1 :]}{colon}{rest}"
    assert any(error.startswith(f"config.yaml:{number + 1}:") for error in errors("\n".join(lines)))
