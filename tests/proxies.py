"""Real reverse proxies with the files of docs/proxies, in front of a wall."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.waiting import block_until
from tests.wall import ROOT, Wall

DOCS: Final = ROOT / "docs/proxies"
NAME: Final = "wall.example.com"
PROGRAMS: Final = {"nginx": "nginx", "caddy": "caddy", "haproxy": "haproxy", "apache": "apache2"}
FILES: Final = {"nginx": "nginx.conf", "caddy": "Caddyfile", "haproxy": "haproxy.cfg", "apache": "apache.conf"}
PATH: Final = "/wall/"

APACHE: Final = """
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error
User www-data
Group www-data
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
{modules}
MaxRequestWorkers 400
"""
MODULES: Final = "mpm_event authz_core headers reqtimeout proxy proxy_http ssl socache_shmcb"
NGINX: Final = """
daemon off; user root; pid {folder}/pid; error_log {folder}/error; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    include {folder}/site;
}}
"""
CADDY: Final = """{{
    admin off
    http_port {http}
    https_port {https}
    storage file_system {folder}
    auto_https disable_redirects
    skip_install_trust
    grace_period 1s
}}
"""


@dataclass(frozen=True)
class Proxy:
    kind: str
    http: int
    https: int

    @property
    def origin(self) -> str:
        return f"http://{NAME}:{self.http}"

    @property
    def secure_origin(self) -> str:
        return f"https://{NAME}:{self.https}"


def settings_of(kind: str) -> str:
    """The lines for config.yaml that the comment of the file has."""
    return "".join(f"{line[4:]}\n" for line in (DOCS / FILES[kind]).read_text().splitlines() if line.startswith("#   "))


@contextmanager
def proxy_before(wall: Wall, kind: str, folder: Path, *, under_path: bool = False) -> Iterator[Proxy]:
    """A running proxy of this kind. Skips the test if its program is missing."""
    program = shutil.which(PROGRAMS[kind], path="/usr/sbin:/usr/bin:/usr/local/bin:/sbin:/bin")
    if program is None:
        pytest.skip(f"no {PROGRAMS[kind]}: sudo apt install {PROGRAMS[kind]}")
    proxy = Proxy(kind, free_port(), free_port())
    command = [program, *ARGUMENTS[kind](proxy, wall, folder, under_path)]
    with (folder / "proxy.out").open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={"HOME": str(folder), "PATH": "/usr/bin:/bin"})
    try:
        block_until(lambda: process.poll() is not None or (is_listening(proxy.http) and is_listening(proxy.https)), 60)
        assert process.poll() is None, (folder / "proxy.out").read_text()
        yield proxy
    finally:
        process.terminate()
        process.wait(60)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def is_listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 5):
        return True
    return False


def _file(kind: str, *changes: tuple[str, str]) -> str:
    text = (DOCS / FILES[kind]).read_text()
    for old, new in changes:
        assert old in text, f"docs/proxies/{FILES[kind]} has no {old!r}"
        text = text.replace(old, new)
    return text


def _pem(folder: Path) -> Path:
    """A certificate of its own, with its key."""
    pem = folder / "wall.pem"
    names = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    key = folder / "key"
    subprocess.run([*command, "-keyout", key, "-out", pem], check=True, capture_output=True)
    pem.write_text(pem.read_text() + key.read_text())
    return pem


def _nginx(proxy: Proxy, wall: Wall, folder: Path, under_path: bool) -> list[str]:
    pem = _pem(folder)
    secure = f"listen 127.0.0.1:{proxy.https} ssl; ssl_certificate {pem}; ssl_certificate_key {pem};"
    changes = [("listen 80;", f"listen 127.0.0.1:{proxy.http}; {secure}"), ("127.0.0.1:3030", f"127.0.0.1:{wall.port}")]
    if under_path:
        changes += [
            ("location / {", f"location {PATH} {{"),
            ("proxy_pass http://eyewall;", "proxy_pass http://eyewall/;"),
        ]
    (folder / "site").write_text(_file("nginx", *changes))
    (folder / "conf").write_text(NGINX.format(folder=folder))
    return ["-c", str(folder / "conf")]


def _caddy(proxy: Proxy, wall: Wall, folder: Path, under_path: bool) -> list[str]:
    site = f"{proxy.origin}, {proxy.secure_origin} {{\n\ttls internal\n\tbind 127.0.0.1\n"
    begin, end = (f"\thandle_path {PATH}* {{\n", "\t}\n") if under_path else ("", "")
    text = _file("caddy", (f"{NAME} {{\n", site + begin), ("127.0.0.1:3030", f"127.0.0.1:{wall.port}"))
    text = text.removesuffix("}\n") + end + "}\n"
    # Plain http has no certificate.
    plain = text.replace(f", {proxy.secure_origin}", "").replace("\ttls internal\n", "")
    secure = text.replace(f"{proxy.origin}, ", "")
    head = CADDY.format(folder=folder, http=proxy.http, https=proxy.https)
    (folder / "Caddyfile").write_text(head + plain + secure)
    return ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


def _haproxy(proxy: Proxy, wall: Wall, folder: Path, under_path: bool) -> list[str]:
    secure = f"bind 127.0.0.1:{proxy.https} ssl crt {_pem(folder)}"
    changes = [("bind :80\n", f"bind 127.0.0.1:{proxy.http}\n    {secure}\n"), (":3030", f":{wall.port}")]
    if under_path:
        changes += [("# Under a path: ", "")]
    (folder / "conf").write_text(_file("haproxy", *changes))
    return ["-db", "-f", str(folder / "conf")]


def _apache(proxy: Proxy, wall: Wall, folder: Path, under_path: bool) -> list[str]:
    modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES.split())
    changes = [(":3030", f":{wall.port}")] + ([("ProxyPass / ", f"ProxyPass {PATH} ")] if under_path else [])
    text = _file("apache", *changes)
    secure = (
        text.replace("*:80", f"*:{proxy.https}").replace("# SSL", "SSL").replace("/etc/ssl/wall.pem", str(_pem(folder)))
    )
    secure = secure.replace("/etc/ssl/wall.key", str(folder / "key"))
    head = APACHE.format(folder=folder, http=proxy.http, https=proxy.https, modules=modules)
    (folder / "conf").write_text(head + text.replace("*:80", f"*:{proxy.http}") + secure)
    return ["-d", str(folder), "-f", str(folder / "conf"), "-DFOREGROUND"]


# Each writes its files and returns the arguments of the program.
ARGUMENTS: Final = {"nginx": _nginx, "caddy": _caddy, "haproxy": _haproxy, "apache": _apache}
