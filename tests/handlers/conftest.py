"""A running server for each test in this folder."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from hub.config import Config
from tests.handlers.site import Site, site_of

# Seconds. The default of 15 could end an unfinished request of a test on a busy machine.
LONG = {"header_timeout": 600, "body_timeout": 600}
StartSite = Callable[..., Awaitable[Site]]
"""Takes the config's sections as keywords, and `options` for the acceptor."""


@pytest.fixture
def start_site(io_loop: IOLoop, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[StartSite]:
    """Start servers. Fails at the end if one had an unexpected error."""
    stack = AsyncExitStack()

    async def start(options: dict[str, Any] | None = None, **sections: dict[str, Any]) -> Site:
        sections["server"] = {"port": 0} | sections.get("server", {})
        sections["log"] = {"path": ":memory:"} | sections.get("log", {})
        config = Config.model_validate(sections)
        return await stack.enter_async_context(site_of(config, tmp_path, **(LONG | (options or {}))))

    with caplog.at_level(logging.INFO):
        yield start
        io_loop.run_sync(stack.aclose)
    unexpected = [
        record.getMessage()
        for record in caplog.get_records("call")
        if record.exc_info or (record.levelno >= logging.ERROR and not record.name.startswith("eyewall"))
    ]
    assert not unexpected, unexpected


@pytest.fixture
def site(io_loop: IOLoop, start_site: StartSite) -> Site:
    """A server with the defaults."""
    site: Site = io_loop.run_sync(start_site)
    return site


@pytest.fixture(params=["fast tier", "fast tier, debug log", "Tornado"])
def both_ways(
    request: pytest.FixtureRequest, io_loop: IOLoop, start_site: StartSite, caplog: pytest.LogCaptureFixture
) -> Site:
    """A server with the defaults: with the fast tier, at two log levels, and without it."""
    if "debug" in request.param:
        caplog.set_level(logging.DEBUG, "eyewall")
    site: Site = io_loop.run_sync(lambda: start_site({"fast": request.param != "Tornado"}))
    return site
