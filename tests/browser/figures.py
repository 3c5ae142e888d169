"""What a tab does with its time, measured from outside and inside; and a publisher that keeps a pace."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import CDPSession, Page

from tests.wall import Wall

LINE = "a line of a log with about a hundred bytes in it, as most of the lines of most logs have, number"
WATCH = """() => {
    const watch = { frames: 0, longest: 0, ages: [], keys: [], last: 0 };
    globalThis.watch = watch;
    const { counters, store } = globalThis.eyewall ?? {};
    const look = () => {
        watch.frames += 1;
        if (counters && counters.newest !== watch.last) {
            watch.last = counters.newest;
            const now = store.serverTime();
            watch.ages.push(now - counters.oldest, now - counters.newest);
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) watch.longest = Math.max(watch.longest, duration);
    }).observe({ type: 'longtask' });
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) watch.keys.push(duration);
    }).observe({ type: 'event', durationThreshold: 16 });
}"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a stretch of time. Ages and durations in ms, busy as a part of one."""

    fps: float
    busy: float
    longest: float
    p50: float
    p95: float
    slowest_key: float

    def __str__(self) -> str:
        return (
            f"{self.fps:.0f} fps, busy {self.busy:.0%}, longest task {self.longest:.0f} ms, "
            f"age p50 {self.p50:.0f} p95 {self.p95:.0f} ms, slowest key {self.slowest_key:.0f} ms"
        )


class Stretch:
    """From `begin` to `end`, on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("Performance.enable")
        page.evaluate(WATCH)
        self.began = time.monotonic()
        self.busy = self._busy()

    def _busy(self) -> float:
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    def end(self) -> Figures:
        seconds = time.monotonic() - self.began
        busy = (self._busy() - self.busy) / seconds
        watch = self.page.evaluate("() => watch")
        ages = sorted(watch["ages"]) or [0]
        return Figures(
            watch["frames"] / seconds,
            busy,
            watch["longest"],
            ages[len(ages) // 2],
            ages[int(len(ages) * 0.95)],
            max(watch["keys"], default=0),
        )


def is_quiet(page: Page) -> Figures | None:
    """None if three seconds of a blank page are what they must be; else what they were: the machine is busy."""
    page.goto("about:blank")
    stretch = Stretch(page)
    page.wait_for_timeout(3000)
    figures = stretch.end()
    return None if figures.fps >= 58 and figures.busy < 0.05 else figures


@contextmanager
def pace(wall: Wall, per_second: int, seconds: float) -> Iterator[threading.Thread]:
    """Numbered lines, so many a second, by one connection that stays open; joined at the end."""
    step = 0.01

    def publish() -> None:
        with socket.create_connection((wall.host, wall.port)) as connection:
            head = f"PUT /topics/pace HTTP/1.1\r\nHost: {wall.host}:{wall.port}\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head.encode())
            began, sent, many = time.monotonic(), 0, int(per_second * seconds)
            while sent < many:
                due = min(many, int((time.monotonic() - began + step) * per_second))
                lines = "".join(f"{LINE} {n}\n" for n in range(sent, due))
                connection.sendall(f"{len(lines):x}\r\n{lines}\r\n".encode() if lines else b"")
                sent = due
                time.sleep(step)
            connection.sendall(b"0\r\n\r\n")
            connection.recv(4096)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()
