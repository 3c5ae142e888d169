"""The settings in force."""

from dataclasses import dataclass

from hub.config import Config


@dataclass(slots=True)
class LiveConfig:
    """Holds the current Config. A part reads its section at the time of use, and keeps no section.

    `current` is replaced on the loop's thread at each valid edit. Settings that need a restart are in it, too, with
    values that are not in force yet.
    """

    current: Config
