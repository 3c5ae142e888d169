"""The product without HTTP: messages, the log, delivery, search, settings."""

from typing import Final

__version__: Final = "0.1.0"
