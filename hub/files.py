"""The files beside the code, such as the page and the default config."""

from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent.parent


def resource(name: str) -> Path:
    """Return the absolute path of `name`, which is relative to the project's root."""
    return _ROOT / name
