"""The product without HTTP: messages, the log, who is connected, and what reaches them."""

from typing import Final

__version__: Final = "0.1.0"
