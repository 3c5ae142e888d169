"""Smaller JavaScript and CSS for the first visit, made once at start.

Owns the call of tdewolff-minify. It runs in a child process: its Go runtime would keep 10 MB and five threads
in the server. It renames local variables only, so classes and functions keep their names in stack traces.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

LOGGER: Final = logging.getLogger(__name__)
# Seconds. Both files take 0.2 s on one idle core.
TIMEOUT: Final = 30
CHILD: Final = """
import json, sys, minify
texts = json.load(sys.stdin)
json.dump([minify.string(kind, text) for kind, text in texts], sys.stdout)
"""


def minified(texts: Sequence[tuple[str, str]], python: str = sys.executable) -> list[str]:
    """Return the texts, each given with its content type, without comments, blanks and long local names.

    Without a working minifier the texts are returned as they are, after one warning.
    """
    # -P: the child imports nothing from the working directory.
    command = [python, "-P", "-c", CHILD]
    try:
        done = subprocess.run(  # noqa: S603  # our interpreter with our script
            command, input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=TIMEOUT
        )
    except (OSError, subprocess.SubprocessError) as error:
        reason = (getattr(error, "stderr", None) or str(error)).strip().rpartition("\n")[2]
        LOGGER.warning("The page is served unminified, about twice as large: %s", reason)
        return [text for _, text in texts]
    smaller: list[str] = json.loads(done.stdout)
    return smaller
