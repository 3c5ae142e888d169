"""The settings in force."""

from dataclasses import dataclass

from hub.config import Config


@dataclass(slots=True)
class LiveConfig:
    """Holds the Config of the last valid edit. A part reads its section at the time of use. Loop thread only.

    The values of settings that need a restart are not in force yet.
    """

    current: Config
