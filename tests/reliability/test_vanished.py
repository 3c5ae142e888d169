"""Clients on a vanished machine: no FIN, no RST, no further packet."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from tests.reliability.reader import OpenReader
from tests.waiting import block_until, until
from tests.wall import StartWall, Wall

# 15 s of silence and 3 unanswered questions 5 s apart; or data unacknowledged for 20 s. handlers/front.py has them.
IDLE_LIMIT, BUSY_LIMIT = 30, 20


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


@dataclass
class Network:
    """Two machines, as far as the kernel is concerned, and the cable between them. Both see nothing else."""

    name: str = field(default_factory=lambda: f"wall{os.getpid()}")

    @property
    def here(self) -> list[str]:
        return ["ip", "netns", "exec", f"{self.name}-a"]

    @property
    def there(self) -> list[str]:
        return ["ip", "netns", "exec", f"{self.name}-b"]

    def lay(self) -> None:
        a, b = f"{self.name}-a", f"{self.name}-b"
        run("ip", "netns", "add", a)
        run("ip", "netns", "add", b)
        run("ip", "-n", a, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b)
        for space, address in ((a, "10.99.0.1/24"), (b, "10.99.0.2/24")):
            run("ip", "-n", space, "addr", "add", address, "dev", "cable")
            run("ip", "-n", space, "link", "set", "cable", "up")
            run("ip", "-n", space, "link", "set", "lo", "up")

    def lose_everything_on_the_way(self) -> None:
        """The far end does not answer, not even that it is not there; our own end stays up."""
        run("ip", "-n", f"{self.name}-b", "addr", "flush", "dev", "cable")
        run("ip", "-n", f"{self.name}-b", "link", "set", "cable", "arp", "off")

    def remove(self) -> None:
        for space in (f"{self.name}-a", f"{self.name}-b"):
            with suppress(AssertionError):
                run("ip", "netns", "del", space)


@pytest.fixture
def network() -> Iterator[Network]:
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("a network of its own takes root and iproute2")
    network = Network()
    try:
        network.lay()
    except AssertionError as error:
        network.remove()
        pytest.skip(f"no network of its own here: {error}")
    yield network
    network.remove()


def addresses(network: Network, wall: Wall) -> list[str]:
    """Return the addresses in the registry, requested from the server's own machine."""
    listed = run(*network.here, "curl", "--silent", "--max-time", "20", f"http://127.0.0.1:{wall.port}/connections")
    return sorted(one["address"] for one in json.loads(listed)["connections"])


@pytest.mark.long
@pytest.mark.timeout(200)
def test_clients_that_disappear_are_removed_within_keepalive_limits(network: Network, start_wall: StartWall) -> None:
    """An idle reader and one that gets data every second are removed; a reachable reader stays."""
    quiet = "server: {address: 0.0.0.0}\nstream: {heartbeat_seconds: 45}\n"
    idle = start_wall(quiet, prefix=network.here)
    busy = start_wall(f"{quiet}sources: [{{kind: greeting, every_seconds: 1}}]", prefix=network.here)
    readers = []
    try:
        for wall in (idle, busy):
            for machine, host in ((network.here, "127.0.0.1"), (network.there, "10.99.0.1")):
                command = [*machine, "curl", "--silent", "--no-buffer", f"http://{host}:{wall.port}/events"]
                readers.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
            block_until(lambda wall=wall: addresses(network, wall) == ["10.99.0.2", "127.0.0.1"], 20)  # type: ignore[misc]  # bound now
        network.lose_everything_on_the_way()
        block_until(lambda: addresses(network, busy) == ["127.0.0.1"], BUSY_LIMIT + 20)
        block_until(lambda: addresses(network, idle) == ["127.0.0.1"], IDLE_LIMIT + 20)
    finally:
        for reader in readers:
            reader.kill()
            reader.wait()


@pytest.mark.skipif(not shutil.which("ss"), reason="needs ss, of iproute2")
@pytest.mark.gen_test
async def test_every_stream_is_probed_by_tcp_keepalive(wall: Wall, open_reader: OpenReader) -> None:
    """The options of the listening socket are those of the streams, also after they were handed over."""
    reader = await open_reader(wall)
    await reader.opened()

    def timers() -> list[str]:
        """Of the server's end; as long as something is on its way, another one runs."""
        ours = run("ss", "-tnoH", "sport", f":{wall.port}").splitlines()
        return [line.partition("timer:(")[2].partition(",")[0] for line in ours if "ESTAB" in line]

    await until(lambda: timers() == ["keepalive"])
