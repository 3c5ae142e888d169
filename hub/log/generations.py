"""The generations of a log: which epoch gave out which sequence numbers.

A new one begins when messages at the end of the log may have been lost. Seqs continue without a hole.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple


class Generation(NamedTuple):
    epoch: int
    first: int  # Seq of its first message.
    previous_last: int  # The highest known seq of the epoch before.


class End(NamedTuple):
    last: int  # The last seq that the log still counts.
    known_last: int  # The highest seq known; there may have been more.


class Generations:
    """All generations of one log, oldest first; at least one. Immutable; any thread."""

    def __init__(self, rows: Sequence[tuple[int, int, int]]) -> None:
        self._all: Final = tuple(Generation(*row) for row in rows)
        self._firsts: Final = [generation.first for generation in self._all]
        self._newest_first: Final = self._firsts[-1]
        self.epoch: Final = self._all[-1].epoch

    def epoch_of(self, seq: int) -> int:
        """Return the epoch of message `seq`, also of a future one."""
        if seq >= self._newest_first:
            return self.epoch
        return self._all[max(0, bisect_right(self._firsts, seq) - 1)].epoch

    def format_id(self, seq: int) -> str:
        return f"{self.epoch_of(seq)}-{seq}"

    def end_of(self, epoch: int) -> End | None:
        """Return where an epoch ended; None for the newest. Raises KeyError for an epoch of another log."""
        for number, generation in enumerate(self._all):
            if generation.epoch == epoch:
                if number + 1 == len(self._all):
                    return None
                later = self._all[number + 1]
                return End(later.first - 1, later.previous_last)
        raise KeyError(epoch)
