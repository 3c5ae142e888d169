"""The files of the page, read once at start: a request can only name what is in the table.

What is on disk is what the author wrote; what is served has lost its comments and indentation, for the
sake of the first visit. Names and lines of code stay, so a stack trace can still be found on disk.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rcssmin import cssmin  # type: ignore[import-untyped]  # text in, text out
from rjsmin import jsmin  # type: ignore[import-untyped]  # text in, text out
from tornado.web import HTTPError

from handlers.base import BaseHandler
from hub.config import ServerConfig

# 'trusted-types eyewall' is the one policy that lets the page start its own worker.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types eyewall"
)
TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
# One file for the browser, in this order: what comes later overrules.
STYLE: Final = "style.css"
STYLES: Final = ("tokens", "base", "header", "narrow", "feed", "panels", "phone")
# The theme is a classic script, and the worker loads in a world of its own.
NOT_PRELOADED: Final = ("theme.js", "wire/worker.js", "wire/stream.js")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served, plain and compressed."""

    content_type: str
    etag: str
    body: bytes
    gzipped: bytes

    @classmethod
    def of(cls, name: str, body: bytes) -> "Asset":
        suffix = Path(name).suffix
        kind = TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        if suffix == ".js":
            body = jsmin(body.decode()).encode()
        elif suffix == ".css":
            body = cssmin(body.decode()).encode()
        return cls(kind, f'"{hashlib.sha256(body).hexdigest()[:16]}"', body, gzip.compress(body, 9, mtime=0))


class Assets:
    """All files under `folder`, by the path behind /static/; of the styles one."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*.*") if path.suffix in (".js", ".svg"))
        bodies = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        bodies[STYLE] = b"".join((folder / "css" / f"{name}.css").read_bytes() for name in STYLES)
        self.table = {name: Asset.of(name, body) for name, body in bodies.items()}
        etags = "".join(asset.etag for asset in self.table.values())
        self.digest = hashlib.sha256(etags.encode()).hexdigest()[:8]

    @property
    def modules(self) -> list[str]:
        """What the page imports, for `modulepreload`."""
        return [f"/static/{name}" for name in self.table if name.endswith(".js") and name not in NOT_PRELOADED]


class AssetHandler(BaseHandler):
    """GET /static/<path>: always revalidated, so that a new version of the server is a new page at once."""

    def initialize(self, server: ServerConfig, assets: Assets) -> None:  # type: ignore[override]  # each names what it uses
        super().initialize(server)
        self.assets = assets
        self.etag = ""

    def compute_etag(self) -> str:
        """Known since the start; Tornado would hash the file for each answer."""
        return self.etag

    def head(self, path: str) -> None:
        self.get(path)

    def get(self, path: str) -> None:
        asset = self.assets.table.get(path)
        if asset is None:
            raise HTTPError(404)
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("Cache-Control", "no-cache")
        self.add_header("Vary", "Accept-Encoding")
        gzipped = "gzip" in self.request.headers.get("Accept-Encoding", "") and len(asset.gzipped) < len(asset.body)
        if gzipped:
            self.set_header("Content-Encoding", "gzip")
        # One entity tag for each encoding (RFC 9110 section 8.8.3.3).
        self.etag = asset.etag[:-1] + '-gzip"' if gzipped else asset.etag
        self.finish(asset.gzipped if gzipped else asset.body)
