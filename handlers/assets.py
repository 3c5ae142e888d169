"""The files of the page, read once at start: a request can only name what is in the table.

The files on disk are the source. What is served is joined (bundle.py), minified (minify.py) and compressed.
"""

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deflate import gzip_compress
from tornado.web import HTTPError

from handlers.base import BaseHandler
from handlers.bundle import join, split
from handlers.fonts import read_fonts
from handlers.minify import minified
from hub.config.live import LiveConfig

# 'trusted-types eyewall' is the one policy that lets the page start its own two workers.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types eyewall"
)
TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
IMMUTABLE: Final = "max-age=31536000, immutable"  # A font's path has its digest.
# Styles that others build on, in this order; the parts follow by name, and none overrules another.
STYLES: Final = ("tokens", "base")


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
        return cls(kind, f'"{hashlib.sha256(body).hexdigest()[:16]}"', body, bytes(gzip_compress(body, 12)))


class Assets:
    """What a browser loads, by the path behind /static/: the page, workers, styles, icons and typefaces."""

    def __init__(self, folder: Path, fonts: Path) -> None:
        rules, typefaces = read_fonts(fonts)
        self.fonts = list(typefaces)  # Paths behind static/
        styles = [folder / "css" / f"{name}.css" for name in STYLES] + sorted((folder / "parts").glob("*.css"))
        app, dialogs = split(folder / "app.js", folder / "lazy" / "dialogs.js", "../app.js")
        texts = {
            "theme.js": (folder / "theme.js").read_text("utf-8"),
            "app.js": app,
            "lazy/dialogs.js": dialogs,
            "worker.js": join(folder / "stream" / "worker.js"),
            "matcher.js": join(folder / "stream" / "matcher.js"),
            "style.css": rules + "".join(path.read_text("utf-8") for path in styles),
        }
        smaller = minified([(TYPES[Path(name).suffix], text) for name, text in texts.items()])
        bodies = {name: text.encode() for name, text in zip(texts, smaller, strict=True)}
        bodies |= {f"icons/{path.name}": path.read_bytes() for path in sorted((folder / "icons").glob("*.svg"))}
        bodies |= typefaces
        self.table = {name: Asset.of(name, body) for name, body in bodies.items()}
        etags = "".join(asset.etag for asset in self.table.values())
        self.digest = hashlib.sha256(etags.encode()).hexdigest()[:8]


def accepts_gzip(accept_encoding: str) -> bool:
    """Return True if gzip has a weight above 0 (RFC 9110, section 12.5.3); `*` is every coding that is not listed."""
    weights = {}
    for item in accept_encoding.lower().split(","):
        coding, *parameters = (part.strip() for part in item.split(";"))
        refused = any(re.fullmatch(r"q\s*=\s*0(\.0*)?", parameter) for parameter in parameters)
        weights[coding] = not refused
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", False)))


class AssetHandler(BaseHandler):
    """GET /static/<path>: revalidated, so that a new version of the server is a new page at once."""

    def initialize(self, live: LiveConfig, assets: Assets) -> None:  # type: ignore[override]  # each names its parts
        super().initialize(live=live)
        self.assets = assets
        self.etag = ""

    def compute_etag(self) -> str:
        """Known since the start; Tornado would hash the file for each answer."""
        return self.etag

    def get(self, path: str) -> None:
        asset = self.assets.table.get(path)
        if asset is None:
            raise HTTPError(404)
        self.set_header("Content-Type", asset.content_type)
        self.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.set_header("Cache-Control", IMMUTABLE if path.startswith("fonts/") else "no-cache")
        self.add_header("Vary", "Accept-Encoding")
        gzipped = accepts_gzip(self.request.headers.get("Accept-Encoding", "")) and len(asset.gzipped) < len(asset.body)
        if gzipped:
            self.set_header("Content-Encoding", "gzip")
        # One entity tag for each encoding (RFC 9110 section 8.8.3.3).
        self.etag = asset.etag[:-1] + '-gzip"' if gzipped else asset.etag
        self.finish(asset.gzipped if gzipped else asset.body)
