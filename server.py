"""Eyewall: a live wall for the messages of servers. Start it with `python server.py` and open the page.

The composition root: config -> parts -> routes -> listen -> signals -> drain.
"""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from tornado.ioloop import IOLoop

from handlers import routes
from handlers.application import TornadoTier, application
from handlers.assets import Assets
from handlers.bind import CannotListen, bind, raise_descriptor_limit
from handlers.clients import Clients
from handlers.fast import FastTier
from handlers.listen import Acceptor
from handlers.refusals import Refusals
from handlers.systemd import Notifier, inherited_sockets
from hub import __version__, memory
from hub.config import Change, Config
from hub.config.file import ConfigError, dump, load
from hub.config.live import LiveConfig
from hub.config.watcher import ConfigWatcher
from hub.counts.buckets import Buckets
from hub.delivery.limits import ConnectionLimits
from hub.delivery.registry import Registry
from hub.delivery.settings import Settings
from hub.files import resource
from hub.history import History
from hub.hub import Hub
from hub.ingest.upload_budget import UploadBudget
from hub.log.database import MEMORY, new_epoch, vacuum
from hub.log.file import LogError
from hub.log.limits import Deletion
from hub.log.sqlite import SqliteLog
from hub.loop import MonotonicLoop
from hub.process import on_signals, open_standard_descriptors, print_line
from hub.process_logging import LogOutput
from hub.search.index import SearchIndex
from hub.sources import Sources
from hub.sources.greeting import greet

ANSWER_SECONDS: Final = 1.5  # For the answers to requests in flight at shutdown.

logger = logging.getLogger("eyewall")


class Eyewall:
    """All parts, each made once."""

    def __init__(self, config: Config, folder: Path, io_loop: IOLoop) -> None:
        self.live = LiveConfig(config)
        self.io_loop = io_loop
        self.ready = True
        self.started = time.monotonic()
        self.assets = Assets(resource("static"), Path(sys.prefix) / "fonts")
        # With the page's digest: a page reloads when its server has another version of it.
        self.version = f"{__version__}+{self.assets.digest}"
        path = config.log.path if config.log.path == MEMORY else str(folder / config.log.path)
        self.log = SqliteLog(
            path, config.log, time.time, index=SearchIndex(), tasks=[Buckets().step], announce=self.will_delete
        )
        self.history = History(self.log)
        self.registry = Registry(config.server)
        self.limits = ConnectionLimits(config.server, "connections besides streams")
        self.hub = Hub(
            self.log, self.registry, Settings(config.stream), version=self.version, clock=time.time, io_loop=io_loop
        )
        self.uploads = UploadBudget(self.live)
        self.refusals = Refusals(self.hub.notify, io_loop)
        parts = (self.hub, self.log, self.history, self.assets, self.uploads, self.refusals)
        table = routes(self.live, *parts, version=self.version, is_ready=lambda: self.ready)
        self.app = application(table, self.live, str(resource("templates")), self.refusals)
        self.sources = Sources(lambda section: greet(section, self.hub.publish, self.status))
        self.apply(config)

    def apply(self, config: Config) -> None:
        """Give every part its section. Streams stay open."""
        self.live.current = config
        self.log.configure(config.log)
        self.registry.limits.config = self.limits.config = config.server
        self.hub.configure(config.stream)

    def will_delete(self, deletion: Deletion | None) -> None:
        """Show on every page what narrower limits of the log will delete; None ends it."""
        self.hub.notify("will_delete", deletion.text if deletion else "", deletion.count if deletion else 0)

    def acceptor(
        self, *, fast: bool = True, header_timeout: float = 15, turn_seconds: float = 0.004, **tornado_limits: float
    ) -> Acceptor:
        """Return an acceptor. Without `fast`, Tornado serves every connection. Timeouts in seconds."""
        tornado = TornadoTier(self.app, self.live, self.refusals, header_timeout=header_timeout, **tornado_limits)
        fast_tier = FastTier(self.hub, self.log, self.live, self.refusals) if fast else None
        clients = Clients(tornado, fast_tier, self.io_loop, idle_seconds=header_timeout)
        shared = (self.live, self.limits, self.io_loop)
        return Acceptor(clients, *shared, readers=lambda: self.registry.count, turn_seconds=turn_seconds)

    def status(self) -> dict[str, object]:
        """Return the data of a greeting."""
        return {"uptime_seconds": int(time.monotonic() - self.started), "connections": self.registry.count}


async def serve(config: Config, path: Path, reload: partial[Config], environ: Mapping[str, str]) -> None:
    """Run until the first ending signal. Raises CannotListen or LogError."""
    async with AsyncExitStack() as stack:
        logs = LogOutput(config.logging)
        logs.start()
        stack.callback(logs.stop)
        io_loop = MonotonicLoop(asyncio_loop=asyncio.get_running_loop(), make_current=False)
        wall = Eyewall(config, path.parent, io_loop)
        hub = wall.hub
        await wall.log.start([hub.deliver])
        stack.push_async_callback(wall.log.stop)
        hub.start()
        stack.callback(hub.stop)
        stack.callback(wall.refusals.stop)

        def applied(new: Config, found: Sequence[Change]) -> None:
            wall.apply(new)
            logs.configure(new.logging)
            wall.sources.configure(new.sources)
            lines = [str(change) for change in found]
            restart = [change.key for change in found if change.restart]
            logger.info("%s applied: %s", path.name, "; ".join(lines) or "no setting changed")
            hub.announce("config", {"status": "applied", "changes": lines, "restart": restart}, sticky=False)

        def rejected(errors: Sequence[str]) -> None:
            logger.error("%s was not applied: %s", path.name, "; ".join(errors))
            hub.announce("config", {"status": "rejected", "errors": list(errors)})

        watcher = ConfigWatcher(path, lambda content: reload(content=content), config, applied, rejected)
        stopping = on_signals(watcher.reread)  # Before clients can connect, which they can from `bind` on.
        sockets = inherited_sockets(environ) or bind(config.server)
        acceptor = wall.acceptor()
        stack.push_async_callback(acceptor.stop)
        wall.sources.configure(config.sources)
        stack.callback(wall.sources.stop)
        watcher.start(io_loop)
        stack.callback(watcher.stop)
        acceptor.listen(sockets)
        memory.tune()
        print_banner(*sockets[0].getsockname()[:2])
        systemd = Notifier(environ, wall.log.writer.is_stuck)
        systemd.start()

        await stopping.wait()
        # 1. Report "draining" and accept no new connection.
        systemd.stop()
        wall.ready = False
        watcher.stop()
        wall.sources.stop()
        acceptor.stop_accepting()
        # 2. Answer what was received; streams of lines get their counts.
        wall.uploads.stop()
        await acceptor.finish(ANSWER_SECONDS)
        # 3. Close streams, spread over drain_seconds. The stack stops the rest in reverse order.
        await hub.drain(wall.live.current.server.drain_seconds)


def print_banner(address: str, port: int) -> None:
    loopback = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # Nothing is bound here.
    shown = loopback.get(address, f"[{address}]".replace("%", "%25") if ":" in address else address)  # RFC 6874
    url = f"http://{shown}:{port}"
    print_line(f"Eyewall is at {url}   Try: curl -d 'Hello' {url}/topics/demo")


def maintain_log(path: str, *, epoch_too: bool, vacuum_too: bool) -> None:
    """Carry out --new-epoch and --vacuum while the server is stopped. Raises LogError."""
    now = int(time.time() * 1000)
    if epoch_too:
        print(f"{path}: epoch {new_epoch(path, now)} begins")
    if vacuum_too:
        before = Path(path).stat().st_size if Path(path).exists() else 0
        vacuum(path, now)
        print(f"{path}: {before / 2**20:.1f} MiB before, {Path(path).stat().st_size / 2**20:.1f} MiB now")


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Return the exit status: 0 after an orderly end, 2 if the settings, the log or the address cannot be used."""
    open_standard_descriptors()
    parser = argparse.ArgumentParser(description="A live wall for what servers say.")
    parser.add_argument("--config", type=Path, default=resource("config.yaml"), metavar="F", help="the config file")
    parser.add_argument("--port", metavar="N", help="the port, instead of the one in the settings")
    parser.add_argument("--check", action="store_true", help="check the settings and exit")
    parser.add_argument("--print-config", action="store_true", help="print the settings in force and exit")
    parser.add_argument("--new-epoch", action="store_true", help="begin a new epoch of the stopped log and exit")
    parser.add_argument("--vacuum", action="store_true", help="give the stopped log's unused space back and exit")
    parser.add_argument("--version", action="version", version=f"Eyewall {__version__}")
    asked = parser.parse_args(arguments)
    overrides = {} if asked.port is None else {"server.port": asked.port}
    reload = partial(load, asked.config, environ, overrides)
    try:
        config = reload()
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.check:
        print(f"{asked.config}: no errors found")
        return 0
    if asked.print_config:
        print(dump(config), end="")
        return 0
    try:
        if asked.new_epoch or asked.vacuum:
            maintain_log(str(asked.config.parent / config.log.path), vacuum_too=asked.vacuum, epoch_too=asked.new_epoch)
            return 0
        raise_descriptor_limit()
        asyncio.run(serve(config, asked.config, reload, environ))
    except (LogError, CannotListen) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
