"""Secrets: no error, change, print or log line quotes one. The sections are models of this test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import pytest
import yaml
from pydantic import Field, ValidationError

from hub.config import Config, Section, ServerConfig, changes, to_yaml_values
from hub.config.file import ConfigError, dump, load
from hub.config.values import Between, Items, Origin, Secret, Topic

TYPED = "hunter2"  # What the operator wrote where a secret belongs.


class Token(Section):
    name: Topic
    hash: Annotated[str, Field(max_length=20)]


class Access(Section):
    password: Secret | None = None
    rate: Annotated[int, Between(1, 10)] = 5
    level: Literal["high", "low"] = "low"
    origins: Items[Origin] = ()
    tokens: Annotated[Items[Token], Field(max_length=1)] = ()
    users: dict[str, Token] = Field(default_factory=dict)


class Tls(Section):
    key: Secret | None = None


class Server(ServerConfig):
    tls: Tls = Tls()


class Guarded(Config):
    server: Server = Server()
    access: Access | None = None


def errors(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    path = folder / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load(path, environ or {}, model=Guarded)
    return [line.removeprefix(f"{folder}/") for line in raised.value.errors]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("rate: hunter2", "9: access.rate: must be a whole number between 1 and 10"),
        ("rate: 0123456", "9: access.rate: must be a whole number between 1 and 10: leave out the leading zero"),
        ("level: hunter2", "10: access.level: must be one of high, low"),
        ("origins: [hunter2]", '13: access.origins[0]: must be an origin, such as … without a path, "*" or "null"'),
        ("tokens: hunter2", "11: access.tokens: must be a list, such as [a, b]"),
        ("tokens: [hunter2]", "12: access.tokens[0]: must be a section of lines such as 'name: value'"),
        ("tokens: [{name: hunter2}]", "12: access.tokens[0].hash: is missing: add it"),
        ("tokens: [{name: '?hunter2', hash: abc}]", "19: access.tokens[0].name: must be 1 to 64 of A-Z a-z 0-9 . _ -"),
        (
            "tokens: [{name: a, hash: hunter2hunter2hunter2}]",
            "28: access.tokens[0].hash: must be at most 20 characters",
        ),
        ("users: [hunter2]", "10: access.users: must be a section of lines such as 'name: value'"),
        ("users: {hunter2: {name: a}}", "20: access.users.?.hash: is missing: add it"),
        ("password: [hunter2]", "13: access.password: must be text"),
        ("password: '***'", "13: access.password: must be the secret itself: *** is only printed in its place"),
        ("hunter2: 1", "3: access.?: unknown setting, known here are password, rate, level, origins, tokens, users"),
        ("rat: hunter2", "3: access.?: unknown setting, did you mean 'rate'?"),
        ("{rate: 1, rate: hunter2}", "13: access.rate: is already set in line 2: keep one of the two"),
        ("password: *hunter2", "13: access.password: aliases (with *) are not allowed: write the value out"),
        ("password: !hunter2 a", "13: access.password: tags (with !) are not allowed: write the plain value"),
        ("password: !hunter2!a b", "13: cannot be read: found undefined tag handle '…'"),
        ("hunter2", "3: access: must be a section of lines such as 'name: value'"),
    ],
)
def test_an_error_in_a_secret_section_names_place_and_rule_and_quotes_nothing(
    tmp_path: Path, setting: str, expected: str
) -> None:
    (error,) = errors(tmp_path, f"access:\n  {setting}\n")
    assert error == f"config.yaml:2:{expected}"


SPELLINGS = [
    *[
        "{}",
        "'{}",
        '"{}',
        "[{}",
        "{{{}: {}}}",
        "!{} a",
        "!{}! a",
        "!<{}",
        "*{}",
        "&{} &{} a",
        "@{}",
        "`{}",
        "%{}",
        "|{}",
    ],
    *[">{}", "'{}'x", '"\\{}"', "{}: {}", "? {}", "- {}", "{}\n {}\n{}", "{}\n{}", "{}\ud800", "\x07{}", "***{}"],
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_a_secret_is_quoted(tmp_path: Path, spelling: str) -> None:
    """As a value, a name and an item, in each secret section, in the file and in the environment."""
    typed = spelling.replace("{}", TYPED).replace("{{", "{").replace("}}", "}")
    path = tmp_path / "config.yaml"
    settings = ("password", "rate", "level", "tokens", "users", "x", f"- {TYPED}")
    texts = [f"access:\n  {setting}: {typed}\n" for setting in settings]
    texts += [
        f"access: {typed}\n",
        f"server:\n  tls: {typed}\n",
        f"cluster: {typed}\n",
        f"server: {{tls: {{key: {typed}}}}}",
    ]
    for text in [*texts, *(text.replace(": ", ":\n    ", 1) for text in texts)]:
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        lines = check(path, {})
        assert TYPED not in lines, (text, lines)
    path.write_text("")
    for name in ("ACCESS__PASSWORD", "ACCESS__RATE", "ACCESS__USERS", "ACCESS__TOKENS", "ACCESS__X", "ACCESS"):
        lines = check(path, {f"EYEWALL_{name}": typed})
        assert TYPED not in lines, (name, lines)


def check(path: Path, environ: Mapping[str, str]) -> str:
    """Return all that the server prints about this config."""
    try:
        config = load(path, environ, model=Guarded)
    except ConfigError as error:
        return str(error)
    return dump(config)


def test_a_key_outside_of_secret_sections_is_quoted_as_before(tmp_path: Path) -> None:
    (error,) = errors(tmp_path, "stream: {flush_ms: hunter2}\n")
    assert error.endswith("must be a whole number between 2 and 1000, not 'hunter2'")


def test_a_wrong_value_of_the_environment_is_not_quoted(tmp_path: Path) -> None:
    assert errors(tmp_path, "", {"EYEWALL_ACCESS__RATE": TYPED, "EYEWALL_SERVER__TLS__KEY": "***"}) == [
        "environment EYEWALL_ACCESS__RATE: must be a whole number between 1 and 10",
        "environment EYEWALL_SERVER__TLS__KEY: must be the secret itself: *** is only printed in its place",
    ]


def test_a_secret_prints_as_three_stars_and_is_equal_by_value() -> None:
    secret = Secret(TYPED)
    assert f"{secret} {secret!r} {[secret]} %s" % secret == "*** *** [***] ***"
    assert secret == Secret(TYPED) != Secret("other")
    assert secret.value == TYPED


def test_a_printed_config_hides_the_secret_and_does_not_load_back(tmp_path: Path) -> None:
    config = Guarded(access=Access(password=Secret(TYPED)), server=Server(tls=Tls(key=Secret(TYPED))))
    text = dump(config)
    assert text.count("'***'") == 2
    assert TYPED not in text + repr(config) + str(to_yaml_values(config))
    assert len(errors(tmp_path, text)) == 2
    assert yaml.safe_load(text)["access"]["rate"] == 5


def test_a_validation_error_of_pydantic_does_not_show_the_input() -> None:
    with pytest.raises(ValidationError) as raised:
        Guarded.model_validate({"access": {"rate": TYPED}})
    assert TYPED not in str(raised.value)


def test_a_change_of_a_secret_setting_shows_its_key_only() -> None:
    old = Guarded(access=Access(password=Secret("a"), rate=1))
    new = Guarded(access=Access(password=Secret("b"), rate=2), server=Server(port=1, tls=Tls(key=Secret("c"))))
    found = changes(old, new)
    assert [str(change) for change in found] == [
        "server.port 3030 → 1",
        "server.tls.key",
        "access.password",
        "access.rate",
    ]
    assert [change.key for change in changes(Guarded(), old)] == [
        f"access.{name}" for name in ("password", "rate", "level", "origins", "tokens", "users")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "server: hunter2\n",
        "sources: hunter2\n",
        "sources: [hunter2]\n",
        "hunter2\n",
        "server: {cors_origins: hunter2}\n",
    ],
)
def test_what_stands_in_the_place_of_a_section_or_list_is_never_quoted(tmp_path: Path, text: str) -> None:
    """It may be a secret of that section."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        load(path, {"EYEWALL_SERVER__ALLOWED_HOSTS": "hunter2"})
    assert "hunter2" not in str(error.value)
