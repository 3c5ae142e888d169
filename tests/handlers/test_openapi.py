"""The API's own description: valid, complete, and true."""

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import pytest
from openapi_spec_validator import validate

from handlers import routes
from handlers.base import BaseHandler
from hub import __version__
from hub.config import Config
from hub.log import format_id, format_time
from tests.handlers.site import Site

DESCRIPTION: dict[str, Any] = json.loads((Path(__file__).parents[2] / "handlers/openapi.json").read_text("utf-8"))


def described() -> set[tuple[str, str]]:
    """("GET", "/topics/{}") and so on; OPTIONS is everywhere and described once, in words."""
    return {
        (method.upper(), re.sub(r"\{.*?\}", "{}", path))
        for path, item in DESCRIPTION["paths"].items()
        for method in item
        if method != "parameters"
    }


def served() -> set[tuple[str, str]]:
    parts = [sentinel.hub, sentinel.log, sentinel.history, sentinel.assets]  # Only handed on.
    table = routes(Config(), *parts, version="", is_ready=lambda: True)
    return {
        (method, re.sub(r"\(.*?\)", "{}", pattern).replace("\\", ""))
        for pattern, handler, _ in table
        if issubclass(handler, BaseHandler)
        for method in handler.allowed_methods()
        if method != "OPTIONS"
    }


def test_it_is_valid_openapi_3_1() -> None:
    validate(DESCRIPTION)


def test_it_knows_every_route_and_no_other() -> None:
    assert described() == served()


def test_it_is_of_this_version() -> None:
    assert DESCRIPTION["info"]["version"] == __version__


def test_everything_that_is_described_once_is_used() -> None:
    text = json.dumps(DESCRIPTION)
    for kind, parts in DESCRIPTION["components"].items():
        for name in parts:
            assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name}"


def test_what_it_says_of_ids_and_times_is_so() -> None:
    schemas = DESCRIPTION["components"]["schemas"]
    assert re.search(schemas["Id"]["pattern"], format_id(1_795_400_000_000, 42))
    assert schemas["Time"]["examples"] == [format_time(1_795_431_724_120)]


@pytest.mark.gen_test
async def test_it_is_served_as_it_stands_in_the_repository(site: Site) -> None:
    answer = await site.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json == DESCRIPTION
