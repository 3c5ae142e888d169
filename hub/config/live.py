"""The settings in force."""

from dataclasses import dataclass

from hub.config import Config


@dataclass(slots=True)
class LiveConfig:
    """Holds the Config of the last valid edit, for use at the moment. Loop thread only."""

    current: Config
