"""The package: built by `make wheel`, installed in a fresh venv, run by its command."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from hub import __version__
from tests.wall import ROOT

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("EYEWALL_", "PYTHON"))}


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a wheel that was installed without its source."""
    folder = tmp_path_factory.mktemp("package")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT)
    assert built.returncode == 0, built.stderr
    run(sys.executable, "-m", "venv", folder / "venv")
    wheel = next(folder.glob(f"eyewall-{__version__}-*.whl"))
    installed = run(folder / "venv/bin/python", *pip[1:], "install", wheel)
    assert installed.returncode == 0, installed.stderr
    return folder / "venv/bin/eyewall"


def test_the_command_runs_the_server_in_the_folder_of_its_config(command: Path, tmp_path: Path) -> None:
    missing = run(command, cwd=tmp_path)
    assert (missing.returncode, "eyewall init" in missing.stderr) == (2, True), missing
    assert run(command, "init", cwd=tmp_path).returncode == 0
    config = tmp_path / "config.yaml"
    assert config.read_bytes() == (ROOT / "config.yaml").read_bytes()
    environ = ENVIRONMENT | {"EYEWALL_SERVER__PORT": "0"}
    with subprocess.Popen([command], cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[3]
            with urllib.request.urlopen(url) as page:
                assert b"<!doctype html>" in page.read().lower()
            with urllib.request.urlopen(f"{url}/topics/db", b"disk full") as answer:
                assert answer.status == 201
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    assert (tmp_path / "eyewall.db").exists()


def test_init_never_overwrites_a_config(command: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("# mine\n", "utf-8")
    again = run(command, "init", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, "config.yaml was not written: File exists\n")
    assert (tmp_path / "config.yaml").read_text("utf-8") == "# mine\n"


def test_other_packages_keep_their_names(command: Path, tmp_path: Path) -> None:
    python = command.with_name("python")
    program = "import importlib.util as u; print(*map(u.find_spec, ['server', 'hub', 'handlers']))"
    found = run(python, "-c", program, cwd=tmp_path)
    assert found.stdout == "None None None\n"
