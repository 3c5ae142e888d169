"""The files beside the code: the page, its template, the API's description and the default config."""

from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """Return the absolute path of a file or folder, such as "static", for a name relative to the project's root."""
    return _ROOT / name
