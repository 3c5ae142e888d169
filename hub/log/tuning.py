"""The log's tuning constants: bounds that operators do not set, and that tests make small."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Tuning:
    """One for a log."""

    # Drafts and their bytes that may wait for the writer, about one second's work. Beyond it appends are refused.
    max_waiting: int = 50_000
    max_waiting_bytes: int = 64 << 20
    # Seconds after which the outcome of an append is reported as unknown.
    append_seconds: float = 10.0
    # Seconds that one step of the writer may take before the log is reported as unhealthy.
    stuck_seconds: float = 10.0
    # Seconds between a failed commit and the next attempt, when no publisher makes one.
    probe_seconds: float = 5.0
    # Seconds between two looks at each maintenance task while there is nothing to do.
    maintenance_seconds: float = 1.0
    # Seconds of work after which a maintenance step begins nothing more.
    step_seconds: float = 0.003
    # Bytes of the write-ahead log beyond which it is checkpointed at once. Rewriting the same bytes of the file is
    # twice as fast as letting it grow; copying 4 MiB takes about 10 ms.
    wal_bytes: int = 4 << 20
    # Bytes of the write-ahead log beyond which reads pause, so that it can be truncated.
    wal_pause_bytes: int = 32 << 20
    # Seconds that reads pause at most, and seconds between two pauses.
    wal_pause_seconds: float = 2.0
    wal_pause_interval: float = 60.0
    # Seconds between two checkpoints of a small write-ahead log, and of a large one.
    checkpoint_seconds: float = 30.0
    checkpoint_now_seconds: float = 0.1
    # Rows and bytes over the limits that are deleted between two commits. Fewer wait until the writer is idle.
    urgent_rows: int = 8192
    urgent_bytes: int = 8 << 20
    # Where Linux tells one boot of the machine from another.
    boot_id: Path = BOOT


DEFAULT: Final = Tuning()
