"""hub/config/__init__.py and hub/config/values.py: what a setting may be, and what changed."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from hub.config import (
    NEEDS_RESTART,
    Config,
    DashboardConfig,
    GreetingConfig,
    LogConfig,
    ServerConfig,
    StreamConfig,
    changes,
    settings,
)
from hub.config.errors import describe
from hub.config.file import load
from hub.message import Level

SHIPPED = Path(__file__).parents[3] / "config.yaml"


def problem(section: str, key: str, value: object) -> str:
    """Return the error about this value."""
    with pytest.raises(ValidationError) as raised:
        Config.model_validate({section: {key: value}})
    (error,) = raised.value.errors()
    return describe(error)


def accepted(section: str, key: str, value: object) -> object:
    """Return the setting after validation."""
    return settings(Config.model_validate({section: {key: value}}))[f"{section}.{key}"]


# The shipped file


def keys(node: yaml.Node, above: str = "") -> Iterator[tuple[str, int]]:
    """Each setting of a file with the line its name is in, from 0."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from keys(item, f"{above}[{index}]")
    elif isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            path = f"{above}.{name.value}".removeprefix(".")
            yield path, name.start_mark.line
            yield from keys(value, path)


def leaves(model: Any, above: str) -> Iterator[tuple[str, object]]:
    for name, value in model:
        yield f"{above}.{name}", value


def test_the_shipped_file_is_the_defaults_and_one_greeting() -> None:
    greeting = GreetingConfig(kind="greeting")
    assert load(SHIPPED, {}) == Config(sources=(greeting,))


def test_the_shipped_file_names_every_setting_and_no_other() -> None:
    tree = yaml.compose(SHIPPED.read_text())
    assert tree is not None
    named = {path for path, _ in keys(tree) if "." in path}
    expected = {key for key in settings(Config()) if "." in key}
    expected |= {path for path, _ in leaves(GreetingConfig(kind="greeting"), "sources[0]")}
    assert named == expected


def test_every_setting_of_the_shipped_file_has_a_reason_above_it() -> None:
    lines = SHIPPED.read_text().splitlines()
    tree = yaml.compose(SHIPPED.read_text())
    assert tree is not None
    bare = [path for path, line in keys(tree) if "." in path and "#" not in lines[line - 1]]
    assert bare == []


def test_the_shipped_file_gives_the_ranges_that_the_models_check() -> None:
    """A comment that begins with a range is compared with the error that names the range."""
    lines = SHIPPED.read_text().splitlines()
    tree = yaml.compose(SHIPPED.read_text())
    assert tree is not None
    said = {}
    for path, line in keys(tree):
        if found := re.match(r"\s*# (\d[\w.]*) to (\d\w*)[.,]", lines[line - 1]):
            said[path] = (found[1], found[2])
    assert len(said) >= 8
    for path, (low, high) in said.items():
        section, key = path.split(".")
        broken: dict[str, object] = {key: "x"}
        value = {"sources": [broken | {"kind": "greeting"}]} if section == "sources[0]" else {section: broken}
        with pytest.raises(ValidationError, match=f"between {re.escape(low)} and {high}\\b"):
            Config.model_validate(value)


# Numbers and sizes


@pytest.mark.parametrize(
    ("value", "expected"),
    [("15", 15.0), ("1.5", 1.5), ("+2", 2.0), ("1e1", 10.0), (15, 15.0), (1.5, 1.5), ("45", 45.0)],
)
def test_a_number_is_read_as_a_person_means_it(value: object, expected: float) -> None:
    assert accepted("stream", "heartbeat_seconds", value) == expected


@pytest.mark.parametrize("value", ["3030", "3_030", "3.03e3", "3030.0", 3030, "+3030"])
def test_a_whole_number_may_be_written_in_any_way_that_is_whole(value: object) -> None:
    port = accepted("server", "port", value)
    assert port == 3030
    assert isinstance(port, int)


HEARTBEAT = "must be a number between 1 and 45 (proxies close streams that are silent for 50 seconds), not "


@pytest.mark.parametrize(
    "value",
    [
        *["often", "", " ", "0", "61", "-1", "nan", ".nan", "inf", "1:30", "5s", "1__0", "1.2.3", "٥", "0x10"],
        *["on", "5 ", "\n5", "2026-11-23", "9" * 5000, True, None, [], {}, 10**400, float("nan")],
    ],
)
def test_what_is_no_number_of_the_range_is_refused_with_the_range(value: object) -> None:
    assert problem("stream", "heartbeat_seconds", value).startswith(HEARTBEAT)


def test_an_error_shows_what_was_written() -> None:
    assert problem("stream", "heartbeat_seconds", "often") == HEARTBEAT + "'often'"
    assert problem("stream", "heartbeat_seconds", "61") == HEARTBEAT + "61"
    assert problem("stream", "heartbeat_seconds", []) == HEARTBEAT + "a list"
    assert problem("server", "port", "1.5") == "must be a whole number between 0 and 65535, not 1.5"


def test_an_error_shows_a_long_or_hostile_value_on_one_short_line() -> None:
    text = problem("stream", "heartbeat_seconds", "x\n\x1b[31m" * 1000)
    assert len(text) < 200
    assert text.isprintable()


def test_a_leading_zero_is_refused_because_yaml_reads_it_in_two_ways() -> None:
    assert "leave out the leading zero" in problem("server", "port", "012")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1048576", 1 << 20),
        (1 << 20, 1 << 20),
        ("1MiB", 1 << 20),
        ("64KiB", 65536),
        ("1.5 mib", 3 << 19),
        ("2048B", 2048),
    ],
)
def test_a_size_is_bytes_or_has_a_unit(value: object, expected: int) -> None:
    size = accepted("publish", "max_body_bytes", value)
    assert size == expected
    assert isinstance(size, int)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("90", 90), ("90s", 90), ("15m", 900), ("1.5h", 5400), ("7d", 604_800), ("7 D", 604_800), (60, 60), ("1e3", 1000)],
)
def test_a_time_may_have_a_unit(value: object, seconds: float) -> None:
    assert Config.model_validate({"log": {"keep_for": value}}).log.keep_for == seconds


@pytest.mark.parametrize("value", ["0", "0.5s", "36501d", "1w", "1MiB", "m", "", "long", "1:30", True, None, [], "-1d"])
def test_what_is_no_time_is_refused_with_an_example(value: object) -> None:
    text = problem("log", "keep_for", value)
    assert text.startswith("must be a time between 1 and 36500d, such as 90s, 15m, 12h or 7d, not ")


@pytest.mark.parametrize("value", ["1MB", "1M", "8", "2GiB", "MiB", "", "much", True, None, [], "1.2.3KiB", "-1MiB"])
def test_what_is_no_size_is_refused_with_an_example(value: object) -> None:
    """MB is refused because to some it is 1000 * 1000; and a body of 8 bytes is a forgotten unit."""
    text = problem("publish", "max_body_bytes", value)
    assert text.startswith("must be a size between 1KiB and 1GiB, such as 1048576, 512KiB or 1MiB, not ")


# Hosts and origins


@pytest.mark.parametrize(
    "value", ["127.0.0.1", "::", "::1", "0.0.0.0", "localhost", "Wall.example.com", "fe80::1%eth0"]
)
def test_an_address_to_listen_on_is_an_address_or_a_name(value: str) -> None:
    assert accepted("server", "address", value) == value


@pytest.mark.parametrize(
    "value", ["", "127.0.0.256", "10.0.1", "127.0.0.1:3030", "[::1]", "*", "a b", "http://x", "-x"]
)
def test_what_is_no_address_to_listen_on_is_refused(value: str) -> None:
    assert "such as 127.0.0.1" in problem("server", "address", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://ops.example.com", "https://ops.example.com"),
        ("HTTPS://Ops.Example.com:443", "https://ops.example.com"),
        ("http://ops:80", "http://ops"),
        ("http://ops:8080", "http://ops:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("*", "*"),
        ("null", "null"),
    ],
)
def test_an_origin_becomes_what_browsers_send(value: str, expected: str) -> None:
    assert accepted("server", "cors_origins", [value]) == (expected,)


@pytest.mark.parametrize(
    ("value", "example"),
    [
        ("https://a.example/", "https://a.example "),
        ("http://a.example:81/x?y#z", "http://a.example:81 "),
        ("a.example", "https://a.example "),
        ("https://a:99999", "https://wall.example.com "),
        ("https://*.example.com", "https://wall.example.com "),
        ("https://ünï.example", "https://wall.example.com "),
        ("", "https://wall.example.com "),
        ("https://a.example\n", "https://a.example "),
    ],
)
def test_what_is_no_origin_is_refused_with_how_to_write_it(value: str, example: str) -> None:
    assert f"must be an origin, such as {example}" in problem("server", "cors_origins", [value])


@pytest.mark.parametrize(
    ("value", "expected"),
    [("10.0.0.0/8", "10.0.0.0/8"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("fd00::/8", "fd00::/8")],
)
def test_a_trusted_proxy_is_an_address_or_a_network(value: str, expected: str) -> None:
    assert accepted("server", "trusted_proxies", [value]) == (expected,)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nginx", "must be an address or a network, such as 127.0.0.1, 10.0.0.0/8 or 'fd00::/8', not 'nginx'"),
        ("10.0.0.0/33", "must be an address or a network"),
        ("10.1.2.3/8", "must be a network without host bits, such as 10.0.0.0/8 or 10.1.2.3, not '10.1.2.3/8'"),
        ("", "must be an address or a network"),
    ],
)
def test_a_wrong_network_is_refused_with_what_would_be_right(value: str, expected: str) -> None:
    assert expected in problem("server", "trusted_proxies", [value])


def test_allowed_hosts_are_names_alone() -> None:
    assert accepted("server", "allowed_hosts", ["Wall.Example.com", "10.0.0.1"]) == ("wall.example.com", "10.0.0.1")
    for value in ("http://a.example", "a.example:3030", "a.example/", "*.example", "", "a b", "x" * 254, "a\n"):
        assert "must be a host name alone" in problem("server", "allowed_hosts", [value])


def test_a_list_without_items_is_empty_and_a_single_text_is_no_list() -> None:
    assert accepted("server", "allowed_hosts", None) == ()
    assert problem("server", "allowed_hosts", "a.example") == "must be a list, such as [a, b]"


# Texts, levels, topics


@pytest.mark.parametrize("value", ["", "NO", "2026-11-23", "1.10", "x" * 100])
def test_a_title_is_any_short_text(value: str) -> None:
    assert accepted("dashboard", "title", value) == value


def test_without_a_title_the_page_is_called_like_the_machine() -> None:
    assert DashboardConfig().shown_title == socket.gethostname()
    assert DashboardConfig(title="Ops").shown_title == "Ops"


def test_a_level_is_read_as_publishers_may_write_it() -> None:
    greeting = {"kind": "greeting", "level": "WARN"}
    assert GreetingConfig.model_validate(greeting).level is Level.WARNING
    with pytest.raises(ValidationError, match="must be one of debug, info, warning, error, critical"):
        GreetingConfig.model_validate(greeting | {"level": "loud"})


def test_a_greeting_is_always_a_message_that_can_be_published() -> None:
    for setting_error in (
        {"topic": "a b"},
        {"topic": "a\n"},
        {"message": ""},
        {"message": "x" * 257},
        {"message": "\ud800"},
    ):
        with pytest.raises(ValidationError):
            GreetingConfig.model_validate({"kind": "greeting"} | setting_error)
    longest = GreetingConfig(kind="greeting", message="\U0001f300" * 256)
    assert len(longest.message.encode()) <= 1024  # the smallest publish.max_message_bytes


def test_the_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Config().server.port = 1


# Changes


def test_equal_trees_have_no_changes() -> None:
    assert changes(Config(), Config()) == ()


def test_a_change_reads_as_a_person_writes_the_values() -> None:
    old = Config()
    new = Config.model_validate(
        {
            "server": {"port": 8080, "allowed_hosts": ["a.example", "b.example"]},
            "stream": {"heartbeat_seconds": 5, "stall_seconds": 1.5},
            "log": {"keep_for": "12h", "keep_bytes": "64MiB"},
            "dashboard": {"title": "Ops: east"},
            "logging": {"level": "debug"},
        }
    )
    assert [str(change) for change in changes(old, new)] == [
        "server.port 3030 → 8080",
        "server.allowed_hosts [] → [a.example, b.example]",
        "stream.heartbeat_seconds 15 → 5",
        "stream.stall_seconds 10 → 1.5",
        "log.keep_for 30d → 12h",
        "log.keep_bytes 1GiB → 64MiB",
        'dashboard.title "" → "Ops: east"',
        "logging.level info → debug",
    ]


def test_sources_are_compared_as_one_list() -> None:
    old = Config(sources=(GreetingConfig(kind="greeting"),))
    new = Config(sources=(GreetingConfig(kind="greeting", every_seconds=1, message="Hello again"),))
    (change,) = changes(old, new)
    assert change.key == "sources"
    assert str(change) == 'sources [{kind: greeting}] → [{kind: greeting, message: "Hello again", every_seconds: 1}]'


def test_only_what_is_opened_once_needs_a_restart() -> None:
    new = Config(
        server=ServerConfig(address="::1", port=1, max_connections=1),
        stream=StreamConfig(flush_ms=9),
        log=LogConfig(path="other.db", synchronous="normal", keep_for=60),
    )
    assert {change.key for change in changes(Config(), new) if change.restart} == NEEDS_RESTART
    assert set(settings(Config())) >= NEEDS_RESTART


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31mred", "a\0", "\x85", "\u2028", "\x7f"])
@pytest.mark.parametrize(("section", "name"), [("dashboard", "title"), ("log", "path")])
def test_a_title_and_a_path_are_one_line(section: str, name: str, text: str) -> None:
    assert problem(section, name, text).startswith("must be one line without control characters, not ")


def test_a_title_may_have_any_printable_character() -> None:
    title = "Wall\xa0East · 東 👩‍🚀"
    assert Config.model_validate({"dashboard": {"title": title}}).dashboard.title == title
