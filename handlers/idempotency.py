"""The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from hub.errors import InvalidInput
from hub.log.protocol import IdempotencyKey

_VALID: Final = re.compile(r"[ -~]{1,128}")


def idempotency_key(header: str | None, options: Sequence[object], content: bytes) -> IdempotencyKey | None:
    """Return the key with the digest of its request: `options` and body. Raises InvalidInput."""
    if header is None:
        return None
    if not _VALID.fullmatch(header):
        raise InvalidInput("Idempotency-Key", "is not valid", hint="use 1 to 128 printable ASCII characters")
    digest = hashlib.sha256(msgspec.json.encode(options) + b"\0")
    digest.update(content)
    return IdempotencyKey(header, digest.digest())
