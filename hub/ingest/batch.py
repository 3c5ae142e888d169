"""Many messages published together: the valid ones, and the outcome of all."""

from collections.abc import Sequence
from typing import Final

from hub.config import PublishConfig
from hub.errors import InvalidInput
from hub.ingest.decode import Decoder
from hub.ingest.lines import Line
from hub.log.protocol import Receipt
from hub.message import Draft

SHOWN_REJECTED: Final = 100


class Batch:
    """Counts of one request: lines consumed, messages stored with their ids, and lines rejected with the reason."""

    def __init__(self) -> None:
        self.lines = 0  # With a known outcome: the publisher need not send them again.
        self.accepted = 0
        self.rejected: list[dict[str, object]] = []  # The first SHOWN_REJECTED.
        self.rejected_count = 0
        self._first = self._last = ""
        self._read = 0  # Lines, including those not settled yet.
        self._unsettled: list[dict[str, object]] = []
        self._unsettled_count = 0

    def read(self, lines: Sequence[Line], decoder: Decoder, limits: PublishConfig) -> list[Draft]:
        """Return the drafts of the valid lines. They count once `settle` is called."""
        drafts, decode = [], decoder.decode
        for number, line in enumerate(lines, self._read + 1):
            try:
                draft = decode(line, limits)
            except InvalidInput as error:
                self._unsettled_count += 1
                if len(self.rejected) + len(self._unsettled) < SHOWN_REJECTED:
                    self._unsettled.append({"line": number, "error": str(error)})
                continue
            if draft is not None:
                drafts.append(draft)
        self._read += len(lines)
        return drafts

    def settle(self, receipt: Receipt | None = None) -> None:
        """Count everything read so far. `receipt` is for its drafts, if there were any."""
        self.lines = self._read
        self.rejected += self._unsettled
        self.rejected_count += self._unsettled_count
        self._unsettled, self._unsettled_count = [], 0
        if receipt is not None:
            self._first = self._first or receipt.first_id
            self._last = receipt.last_id
            self.accepted += receipt.count

    def as_json(self) -> dict[str, object]:
        """Return the counts; `rejected` has the first ones, `rejected_count` counts them all."""
        counts: dict[str, object] = {"lines": self.lines, "accepted": self.accepted}
        if self.accepted:
            counts |= {"first": self._first, "last": self._last}
        return counts | {"rejected": self.rejected, "rejected_count": self.rejected_count}
