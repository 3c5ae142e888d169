"""The servers that are compared: how each is made ready, started, and spoken to."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent
BUILD: Final = ROOT / ".bench"  # Programs, environments, and the logs of servers that run.
PEERS: Final = HERE / "peers"
MODULES: Final = Path("/usr/lib/nginx/modules")
DESCRIPTORS: Final = 20_000
C_FLAGS: Final = ("-std=gnu17", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE")

# Everything else is as it is shipped. Nothing but what is published may be on the wall.
SETTINGS: Final = """\
server:
  address: 127.0.0.1
  max_connections: 20000
  max_connections_per_address: 20000
  drain_seconds: 0
log:
  path: "{log}"
  synchronous: full
sources: []
"""


class Missing(Exception):
    """A peer that cannot be had here, and why."""


@dataclass(frozen=True)
class Peer:
    """A server. `command` makes the command line for a folder of its own and a port; `make` makes it ready."""

    name: str
    command: Callable[[Path, int], Sequence[str]]
    make: Callable[[], object]
    publish: str = "/publish"


def _eyewall(log: str, checkout: Path) -> Callable[[Path, int], Sequence[str]]:
    def command(folder: Path, port: int) -> Sequence[str]:
        config = folder / "config.yaml"
        config.write_text(SETTINGS.format(log=log), "utf-8")
        return [sys.executable, str(checkout / "server.py"), "--config", str(config), "--port", str(port)]

    return command


def _nchan(folder: Path, port: int) -> Sequence[str]:
    text = (PEERS / "nchan.conf").read_text("utf-8")
    values = {"modules": MODULES, "folder": folder, "port": port, "descriptors": DESCRIPTORS}
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    (folder / "nchan.conf").write_text(text, "utf-8")
    return ["nginx", "-e", str(folder / "error.log"), "-c", str(folder / "nchan.conf")]


def _starlette(_folder: Path, port: int) -> Sequence[str]:
    # Not bin/uvicorn: it holds the path at which the environment was made.
    uvicorn = [str(BUILD / "starlette/bin/python"), "-m", "uvicorn"]
    return [*uvicorn, "starlette_app:app", "--app-dir", str(PEERS), "--port", str(port), "--log-level", "warning"]


def eyewall(name: str = "Eyewall", log: str = "eyewall.db", checkout: Path = ROOT) -> Peer:
    """Another `checkout` is another version to compare with."""
    return Peer(name, _eyewall(log, checkout), lambda: None, "/topics/bench")


def make_build() -> None:
    """The folder for everything that is made; git does not see it."""
    BUILD.mkdir(exist_ok=True)
    (BUILD / ".gitignore").write_text("*\n", "ascii")


def _compile(folder: Path, name: str) -> Path:
    """All C files of the folder as one program, unless that is there and newer."""
    make_build()
    program = BUILD / name
    newest = max(path.stat().st_mtime for path in folder.glob("*.[ch]"))
    if not program.exists() or program.stat().st_mtime < newest:
        # Tests run in parallel: none may see a partly written program or overwrite a running one.
        with TemporaryDirectory(dir=BUILD) as place:
            made = Path(place, name)
            _run(["gcc", *C_FLAGS, "-o", str(made), *map(str, sorted(folder.glob("*.c")))])
            made.replace(program)
    return program


def _make_nchan() -> None:
    if (MODULES / "ngx_nchan_module.so").exists() and shutil.which("nginx"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing("install libnginx-mod-nchan and nginx-light (needs Debian, and root)")
    # Without a start: a benchmark must not leave a web server running on this machine.
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    _run(["apt-get", "update", "-qq"])
    packages = ["libnginx-mod-nchan", "nginx-light"]
    _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], environ)


def _make_node() -> None:
    if not shutil.which("node"):
        raise Missing("install Node")


def _make_starlette() -> None:
    folder = BUILD / "starlette"
    if not (folder / "bin/uvicorn").exists():
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(folder / "bin/pip"), "install", "--quiet", "--requirement", str(PEERS / "starlette.txt")])


def _run(command: Sequence[str], environ: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, timeout=300)
    except FileNotFoundError as error:
        raise Missing(f"install {command[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise Missing(str(error)) from error
    if done.returncode:
        raise Missing(f"{' '.join(command[:3])} …: {done.stderr.strip()[-500:]}")


def make_generator() -> Path:
    """The load generator. Raises Missing without a C compiler."""
    return _compile(HERE / "load", "load")


EYEWALL: Final = eyewall()
IN_MEMORY: Final = eyewall("Eyewall, `:memory:`", ":memory:")
NCHAN: Final = Peer("nchan", _nchan, _make_nchan)
SENDER: Final = Peer(
    "C, sends only",
    lambda _folder, port: [str(BUILD / "sender"), str(port)],
    lambda: _compile(PEERS, "sender"),
)
NODE: Final = Peer("Node, naive", lambda _folder, port: ["node", str(PEERS / "node.js"), str(port)], _make_node)
TORNADO: Final = Peer(
    "Tornado, naive",
    lambda _folder, port: [sys.executable, str(PEERS / "naive_tornado.py"), str(port)],
    lambda: None,
)
STARLETTE: Final = Peer("sse-starlette", _starlette, _make_starlette)
