"""The OpenAPI description is valid, complete, and matches the server."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import pytest
from openapi_spec_validator import validate

from handlers import routes
from handlers.base import BaseHandler
from hub import __version__
from hub.config import Config
from hub.config.live import LiveConfig
from hub.log.protocol import format_id, format_time
from tests.handlers.site import Site

ROOT = Path(__file__).parents[2]
DESCRIPTION: dict[str, Any] = json.loads((ROOT / "handlers/openapi.json").read_text("utf-8"))


def described() -> set[tuple[str, str]]:
    """Return ("GET", "/topics/{}") and so on, without OPTIONS, which every address has."""
    return {
        (method.upper(), re.sub(r"\{.*?\}", "{}", path))
        for path, item in DESCRIPTION["paths"].items()
        for method in item
        if method != "parameters"
    }


def served() -> set[tuple[str, str]]:
    parts = [
        sentinel.hub,
        sentinel.log,
        sentinel.history,
        sentinel.assets,
        sentinel.uploads,
        sentinel.refusals,
    ]  # Only passed on.
    table = routes(LiveConfig(Config()), *parts, version="", is_ready=lambda: True)
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
async def test_it_is_served_as_it_is_in_the_repository(site: Site) -> None:
    answer = await site.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.json == DESCRIPTION


STREAMS = ["readEvents", "showPage"]  # Without an end; they have their own tests.
# A page takes no query, a header takes precedence over the query, and unknown fields and levels become data.
FORGIVING = ["headPage", "publishMessages", "publishToTopic", "shipLines"]


@pytest.mark.timeout(900)  # Hundreds of requests: 20 s, five minutes on a busy machine (measured).
@pytest.mark.gen_test(timeout=880)
@pytest.mark.parametrize(
    "choice",
    [
        # A schema cannot express the query's grammar, or which characters are printable.
        [
            *(f"--exclude-operation-id={name}" for name in (*STREAMS, *FORGIVING)),
            "--exclude-checks=positive_data_acceptance",
        ],
        [
            *(f"--include-operation-id={name}" for name in FORGIVING),
            "--exclude-checks=positive_data_acceptance,negative_data_rejection",
        ],
    ],
    ids=["strict", "forgiving"],
)
async def test_whatever_a_machine_makes_of_it_is_answered_as_described(
    site: Site, choice: list[str], tmp_path: Path
) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{site.port}/openapi.json", *choice),
        *("--checks=all", "--max-examples=5", "--seed=1", "--request-timeout=20", "--generation-database=:memory:"),
        *("--suppress-health-check=all", "--warnings=off", "--no-color"),
    ]
    environ = os.environ | {"SCHEMATHESIS_HOOKS": "tests.handlers.schemathesis_hooks", "PYTHONPATH": str(ROOT)}
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
