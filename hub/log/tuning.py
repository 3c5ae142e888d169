"""The log's bounds that operators do not set, and that tests make small."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Tuning:
    max_waiting: int = 50_000  # Drafts that may wait, about one second's work.
    max_waiting_bytes: int = 64 << 20
    append_seconds: float = 10.0  # Then the outcome of an append is unknown.
    stuck_seconds: float = 10.0  # A longer step makes the log unhealthy.
    probe_seconds: float = 5.0  # Between attempts after a failed commit.
    maintenance_seconds: float = 1.0  # Between two looks of an idle writer.
    keep_delay_seconds: float = 60.0  # Between the announcement of a narrower keep_* and its effect.
    step_seconds: float = 0.003  # Then a maintenance step begins nothing more.
    # A larger write-ahead log is checkpointed at once, in 10 ms. Rewriting is twice as fast as growth (measured).
    wal_bytes: int = 4 << 20
    wal_pause_bytes: int = 32 << 20  # Then reads pause, so that it can be truncated.
    wal_pause_seconds: float = 2.0
    checkpoint_seconds: float = 30.0  # Between two checkpoints of a small write-ahead log.
    checkpoint_now_seconds: float = 0.1  # … and of a large one.
    # Over the limits. Fewer wait until the writer is idle.
    urgent_rows: int = 8192
    urgent_bytes: int = 8 << 20
    boot_id: Path = Path("/proc/sys/kernel/random/boot_id")  # Differs after each boot of the machine.


DEFAULT: Final = Tuning()
