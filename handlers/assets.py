"""The files of the page, read once at start: a request can only name what is in the table."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed."""

    content_type: str
    etag: str
    body: bytes
    gzipped: bytes

    @classmethod
    def read(cls, path: Path) -> "Asset":
        body = path.read_bytes()
        kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        return cls(kind, f'"{hashlib.sha256(body).hexdigest()[:16]}"', body, gzip.compress(body, 9, mtime=0))


class Assets:
    """All files under `folder`, by the path behind /static/."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        self.table = {path.relative_to(folder).as_posix(): Asset.read(path) for path in paths}
        etags = "".join(asset.etag for asset in self.table.values())
        self.digest = hashlib.sha256(etags.encode()).hexdigest()[:8]

    @property
    def modules(self) -> list[str]:
        """What the page imports, for `modulepreload`; the theme is a classic script, the worker its own world."""
        return [
            f"/static/{path}"
            for path in self.table
            if path.endswith(".js") and path not in ("theme.js", "wire/worker.js")
        ]


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
