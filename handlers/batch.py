"""Many messages that are handed in together: the good ones of them, and what became of all."""

from collections.abc import Iterable
from typing import Final

import msgspec

from hub.config import PublishConfig
from hub.errors import EyewallError, InvalidInput, TooLarge
from hub.ingest.lines import TruncatedLine
from hub.log.protocol import Receipt
from hub.message import Draft

SHOWN_REJECTED: Final = 100


class Batch:
    """What became of many: how many are in the log, from which id to which; which are not, and why."""

    def __init__(self, limits: PublishConfig) -> None:
        self._limits = limits
        self.lines = 0
        self.accepted = 0
        self.first = self.last = ""
        self.rejected: list[dict[str, object]] = []
        self.rejected_count = 0

    def read(self, texts: Iterable[bytes | msgspec.Raw | TruncatedLine], topic: str | None) -> list[Draft]:
        """The good ones of these JSON objects; the others are named here. `topic` is for those that name none."""
        drafts = []
        for text in texts:
            self.lines += 1
            if text == b"":
                continue  # An empty line between two of NDJSON, which counts as a line all the same.
            try:
                if isinstance(text, TruncatedLine):
                    raise too_large("line", self._limits.max_body_bytes)
                drafts.append(Draft.from_json(text, topic=topic, max_bytes=self._limits.max_message_bytes))
            except InvalidInput as error:
                self._reject(error)
        return drafts

    def accept(self, receipt: Receipt) -> None:
        self.first = self.first or receipt.first_id
        self.last = receipt.last_id
        self.accepted += receipt.count

    def as_json(self) -> dict[str, object]:
        """Shows the first rejected ones; `rejected_count` counts them all."""
        shown: dict[str, object] = {"accepted": self.accepted}
        if self.accepted:
            shown |= {"first": self.first, "last": self.last}
        return shown | {"rejected": self.rejected, "rejected_count": self.rejected_count}

    def _reject(self, error: EyewallError) -> None:
        self.rejected_count += 1
        if len(self.rejected) < SHOWN_REJECTED:
            self.rejected.append({"line": self.lines, "error": str(error)})


def too_large(what: str, limit: int) -> TooLarge:
    """What is not read to its end: a body, or a line that could have been one."""
    return TooLarge(
        what,
        f"over the limit of {limit:,} bytes (publish.max_body_bytes)",
        hint="send less at once, send lines by PUT, or raise publish.max_body_bytes in config.yaml",
    )
