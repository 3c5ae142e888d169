"""No line costs much more than its bytes: an expression that is quadratic in a line would stop the server."""

from benchmarks.levels import costs

SIZE = 64 << 10
SECONDS = 0.2  # CPU time. A quadratic expression takes minutes, a linear one 3 ms.


def test_no_hostile_line_is_expensive() -> None:
    slow = {name: round(seconds, 3) for seconds, name in costs(SIZE) if seconds > SECONDS}
    assert slow == {}
