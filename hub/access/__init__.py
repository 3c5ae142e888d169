"""The principal behind a request, and what it may do."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Principal:
    """The identity of a publisher or reader. Idempotency-Keys are scoped by `name`."""

    name: str


ANONYMOUS: Final = Principal("")
"""A request without credentials. Every request is anonymous until access control exists."""
