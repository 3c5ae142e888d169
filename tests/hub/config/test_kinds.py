"""Two kinds of sources: errors have the same places and words as with one. The second kind is of this test."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from hub.config import Config, GreetingConfig, Section, changes
from hub.config.file import ConfigError, dump, load
from hub.config.values import Between, Items, Topic


class TailConfig(Section):
    kind: Literal["tail"]
    path: str
    topic: Topic = "tail"
    every_seconds: Annotated[float, Between(1, 60)] = 1.0


class TwoKinds(Config):
    sources: Items[Annotated[GreetingConfig | TailConfig, Field(discriminator="kind")]] = ()  # type: ignore[assignment]  # wider


def loaded(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text)
    return load(path, {}, model=TwoKinds)


def test_each_source_becomes_its_kind_and_is_printed_as_such(tmp_path: Path) -> None:
    config = loaded(tmp_path, "sources: [{kind: tail, path: a.log}, {kind: greeting}]")
    assert list(config.sources) == [TailConfig(kind="tail", path="a.log"), GreetingConfig(kind="greeting")]
    assert loaded(tmp_path, dump(config)) == config
    assert [str(change) for change in changes(TwoKinds(), config)] == [
        "sources [] → [{kind: tail, path: a.log}, {kind: greeting}]"
    ]


def test_each_error_of_a_source_has_its_place(tmp_path: Path) -> None:
    text = """\
sources:
  - kind: tial
    path: a.log
  - path: a.log
  - kind: tail
    path: a.log
    topik: a
    topic: a b
    every_seconds: 0
  - kind: greeting
    path: a.log
  - kind: tail
  -
  - tail
  - kind:
  - kind: [tail]
  - kind: tail
    tail: 1
    path: a.log
    path: b.log
"""
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text)
    assert [line.removeprefix(f"{tmp_path}/config.yaml:") for line in raised.value.errors] == [
        "2:11: sources[0].kind: must be one of greeting, tail, not 'tial'",
        "4:5: sources[1].kind: is missing: add it",
        "7:5: sources[2].topik: unknown setting, did you mean 'topic'?",
        "8:12: sources[2].topic: must be 1 to 64 of A-Z a-z 0-9 . _ -, not 'a b'",
        "9:20: sources[2].every_seconds: must be a number between 1 and 60, not 0",
        "11:5: sources[3].path: unknown setting, did you mean 'log.path'?",
        "12:5: sources[4].path: is missing: add it",
        "13:4: sources[5]: has no value: write one, or remove the line for the default",
        "14:5: sources[6]: must be a section of lines such as 'name: value'",
        "15:10: sources[7].kind: has no value: write one, or remove the line for the default",
        "16:11: sources[8].kind: must be one of greeting, tail, not a list",
        "18:5: sources[9].tail: unknown setting, known here are kind, path, topic, every_seconds",
        "20:5: sources[9].path: is already set in line 19: keep one of the two",
    ]


def test_an_error_of_a_source_in_the_environment_names_the_source(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").touch()
    environ = {"EYEWALL_SOURCES": "[{kind: tail, path: a.log, topic: a b}]"}
    with pytest.raises(ConfigError) as raised:
        load(tmp_path / "config.yaml", environ, model=TwoKinds)
    assert raised.value.errors[0].startswith("environment EYEWALL_SOURCES: sources[0].topic: must be 1 to 64 of")
