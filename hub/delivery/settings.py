"""Settings of delivery: the `stream` section in force, and the tuning constants."""

from dataclasses import dataclass

from hub.config import StreamConfig


@dataclass(slots=True)
class Settings:
    """Shared by the hub and its parts, which read each value at the moment of use.

    `Hub.configure` replaces `stream`. The server never changes the other values; tests do.
    """

    stream: StreamConfig

    # CPU time, in seconds, that one delivery spends on evaluating filters.
    filter_seconds: float = 0.02
    # Sends in one turn of the loop: about 25 ms (measured). Publishers and new connections are served between turns.
    sends_per_turn: int = 2000
    # Bytes that the kernel copies at about the cost of one more send.
    bytes_per_send: int = 32 << 10
    # Wall time, in seconds, that all readers catching up share in one turn of the loop. A request needs about three
    # turns: with 5 ms its lag was 27 to 30 ms while 1,000 readers replayed 100,000 messages (measured).
    replay_turn_seconds: float = 0.002
    # Frames of the newest messages, kept in memory for replay.
    recent_bytes: int = 16 << 20
    # Payload of a replay page. Below what one send to a fresh socket accepts at TCP_NOTSENT_LOWAT 128 KiB (measured).
    page_bytes: int = 64 << 10
    # Messages that one replay page examines, whether they match or not. Pages end at multiples of this number, so
    # readers that start at different positions soon share pages.
    page_messages: int = 256
    # CPU time, in seconds, after which a page of a reader with a query ends.
    page_seconds: float = 0.005
    # Replay pages kept for other readers. The newest page is kept whatever its size.
    page_cache_bytes: int = 8 << 20
    # Frames that one match batch examines. The message that reaches the limit is included.
    batch_bytes: int = 1 << 20
    # Match batches kept for readers with other filters.
    batches_kept: int = 4
