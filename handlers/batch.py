"""What became of many messages that were handed in together."""

from typing import Final

from hub.errors import EyewallError
from hub.log import Receipt

SHOWN_REJECTED: Final = 100


class Batch:
    """What became of many: how many are in the log, from which id to which; which are not, and why."""

    def __init__(self) -> None:
        self.lines = 0
        self.accepted = 0
        self.first = self.last = ""
        self.rejected: list[dict[str, object]] = []
        self.rejected_count = 0

    def accept(self, receipt: Receipt) -> None:
        self.first = self.first or receipt.first_id
        self.last = receipt.last_id
        self.accepted += receipt.count

    def reject(self, error: EyewallError) -> None:
        self.rejected_count += 1
        if len(self.rejected) < SHOWN_REJECTED:
            self.rejected.append({"line": self.lines, "error": str(error)})

    def as_json(self) -> dict[str, object]:
        """Shows the first rejected ones; `rejected_count` counts them all."""
        shown: dict[str, object] = {"accepted": self.accepted}
        if self.accepted:
            shown |= {"first": self.first, "last": self.last}
        return shown | {"rejected": self.rejected, "rejected_count": self.rejected_count}
