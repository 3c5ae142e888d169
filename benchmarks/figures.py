"""The columns: what is read out of a run, and in which unit."""

from typing import Final

from benchmarks.scenario import Figure

CPU: Final = Figure("CPU µs per delivery", lambda r: 1e6 * r["cpu_seconds"] / max(1, r["deliveries"]), compared=True)
# For runs without a warm-up: all that was published was in the window.
CPU_PUBLISH: Final = Figure(
    "CPU µs per message", lambda r: 1e6 * r["cpu_seconds"] / max(1, r["published"]), compared=True
)
CORE: Final = Figure("CPU % of a core", lambda r: 100 * r["cpu_seconds"] / r["seconds"])
P50: Final = Figure("p50 ms", lambda r: r["latency_ms"]["p50"])
P99: Final = Figure("p99 ms", lambda r: r["latency_ms"]["p99"], compared=True)
LOOP: Final = Figure("loop lag p99 ms", lambda r: r["probe_ms"]["p99"])
PUBLISHED: Final = Figure("messages/s", lambda r: r["published_per_second"], compared=True)
ACK50: Final = Figure("acknowledged p50 ms", lambda r: r["acknowledged_ms"]["p50"])
ACK99: Final = Figure("p99 ms", lambda r: r["acknowledged_ms"]["p99"])
MEMORY: Final = Figure(
    "bytes per connection", lambda r: (r["resident_after"] - r["resident_before"]) / r["readers"], compared=True
)
CONNECTS: Final = Figure("connects/s", lambda r: r["readers"] / r["connect_seconds"], compared=True)
RETURNS: Final = Figure("connects/s on return", lambda r: r["readers"] / r["return_seconds"])
CAUGHT_UP: Final = Figure("s until all have what they missed", lambda r: r["catch_up_seconds"])
BEST: Final = Figure("deliveries/s", lambda r: r["best_rate"] * r["readers"], compared=True)
BEST_P99: Final = Figure("p99 ms there", lambda r: r["best_p99_ms"])
GENERATOR: Final = Figure("generator % of its core", lambda r: 100 * r["own_cpu_seconds"] / r["seconds"])
