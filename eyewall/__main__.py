"""The command `eyewall`: `eyewall init` writes config.yaml, `eyewall` runs the server with the one in this folder."""

import os
import sys
from pathlib import Path
from typing import Final

APP: Final = Path(__file__).parent / "app"
CONFIG: Final = Path("config.yaml")


def main() -> int:
    """Return the exit status, as server.main does."""
    arguments = sys.argv[1:]
    if arguments == ["init"]:
        return init(CONFIG)
    if not arguments and not CONFIG.exists():
        print(f"there is no {CONFIG} in this folder: write one with `eyewall init`", file=sys.stderr)
        return 2
    sys.path.insert(0, str(APP))  # `server`, `handlers` and `hub` are no names of site-packages.
    from server import main as serve

    return serve(["--config", str(CONFIG), *arguments], os.environ)  # The last --config wins.


def init(config: Path) -> int:
    """Write the default config. Never overwrites a file."""
    try:
        with config.open("xb") as file:
            file.write((APP / CONFIG.name).read_bytes())
    except OSError as error:
        print(f"{config} was not written: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{config.resolve()} written. Change it, then type: eyewall")
    return 0


if __name__ == "__main__":
    sys.exit(main())
