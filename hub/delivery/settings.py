"""Settings of delivery: the `stream` section in force, and the tuning constants."""

from dataclasses import dataclass

from hub.config import StreamConfig


@dataclass(slots=True)
class Settings:
    """Read at the time of use. `Hub.configure` replaces `stream`."""

    stream: StreamConfig

    filter_seconds: float = 0.02  # CPU time of one delivery for filters.
    sends_per_turn: int = 2000  # In one turn of the loop: about 25 ms (measured).
    bytes_per_send: int = 32 << 10  # The kernel copies them at about the cost of one more send.
    # Wall time of all readers catching up in one turn of the loop. With 5 ms requests lag 27 to 30 ms (measured).
    replay_turn_seconds: float = 0.002
    recent_bytes: int = 16 << 20  # Frames of the newest messages, kept in memory for replay.
    # Payload of a replay page. A fresh socket accepts it in one send at TCP_NOTSENT_LOWAT 128 KiB (measured).
    page_bytes: int = 64 << 10
    # Messages that a page examines. Pages end at multiples of it, so readers soon share pages.
    page_messages: int = 256
    page_seconds: float = 0.005  # CPU time after which a page of a reader with a query ends.
    page_cache_bytes: int = 8 << 20  # Pages kept for other readers. The newest page is kept whatever its size.
    batch_bytes: int = 1 << 20  # Frames of one match batch. The message that reaches the limit is included.
    batches_kept: int = 4  # For readers with other filters.
