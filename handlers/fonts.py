"""The two typefaces of the page, which `make setup` leaves in the virtual environment.

Owns their names and their @font-face rules. Without the files the page uses the fonts of the system.
"""

import hashlib
from pathlib import Path
from typing import Final

FAMILIES: Final = {"inter": "Inter", "jetbrains-mono": "JetBrains Mono"}
# `optional`: a font that is not there within 100 ms is for the next visit, so no text is drawn twice.
RULE: Final = """@font-face {{
  font-family: "{family}";
  font-weight: 100 900;
  font-display: optional;
  src: url("{name}") format("woff2");
}}
"""


def read_fonts(folder: Path) -> tuple[str, dict[str, bytes]]:
    """Return the rules, and the files by their path behind /static/. The digest in a path changes with the file."""
    rules, bodies = "", {}
    for stem, family in FAMILIES.items():
        try:
            body = (folder / f"{stem}.woff2").read_bytes()
        except OSError:
            continue
        name = f"fonts/{stem}-{hashlib.sha256(body).hexdigest()[:8]}.woff2"
        rules += RULE.format(family=family, name=name)
        bodies[name] = body
    return rules, bodies
