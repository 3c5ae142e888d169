"""Publishing a stream of lines as they arrive. Knows neither HTTP nor files."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from hub.ingest.decode import Decoder
from hub.ingest.encoding import Transcoder
from hub.ingest.lines import Line, Lines
from hub.ingest.multiline import Joiner, Record
from hub.ingest.publisher import LINES_PER_TURN, Batch, Publisher

HOLD_SECONDS: Final = 0.2  # That a line waits for a line that continues it, each time.
MOST_HOLDS: Final = 5  # Times HOLD_SECONDS that a record waits in all.


def raise_it(error: Exception) -> None:
    raise error


def ignore(_: Exception) -> None:
    """The publisher is gone."""


class LinePublisher:
    """Publishes a stream of lines as they arrive, and counts the outcomes in `batch`.

    `feed` returns when its lines are stored: back-pressure for its source. With a joiner, the start of a stack trace
    waits for its other lines, and `on_error` is told what went wrong after that.
    """

    def __init__(
        self,
        publisher: Publisher,
        decoder: Decoder,
        charset: str = "utf-8",
        joiner: Joiner | None = None,
        on_error: Callable[[Exception], None] = raise_it,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self.batch = Batch()
        self.is_publishing = False
        self._publisher = publisher
        self._decoder = decoder
        self._lines = Lines(0)
        self._transcoder = Transcoder(charset)
        self._joiner = joiner
        self._on_error = on_error
        self._hold_seconds = hold_seconds
        self._lock = asyncio.Lock()  # Between `feed` and the timer.
        self._timer: asyncio.TimerHandle | None = None
        self._held_since: float | None = None
        self._release_task: asyncio.Task[None] | None = None

    @property
    def is_holding(self) -> bool:
        """True while the start of a record waits for its other lines."""
        return self._joiner is not None and bool(self._joiner.held)

    async def feed(self, chunk: bytes) -> None:
        """Publish the lines that end in `chunk`. Raises what Publisher.append raises, and Overloaded at shutdown."""
        self._lines.max_bytes = self._decoder.max_line_bytes(self._publisher.live.current.publish)
        await self._publish(self._lines.feed(self._transcoder.feed(chunk)))
        async with self._lock:
            await self._check_running()
        self._count_bytes()

    async def finish(self) -> None:
        """Publish the last line, which may have no line end, and what is held."""
        await self._publish(self._lines.feed(self._transcoder.feed(b"", is_last=True)))
        await self._publish(iter(self._lines.end()))
        if self._joiner is not None:
            async with self._lock:
                self._stop_timer()
                await self._store(self._joiner.release())

    def close(self) -> None:
        """Forget the unfinished line and release its bytes; publish what is held, without `on_error`. Idempotent."""
        self._stop_timer()
        self._lines = Lines(0)
        self._on_error = ignore
        if self.is_holding:
            self.release()
        self._publisher.budget.resize(self, 0)

    def release(self) -> None:
        """Publish what is held, then tell `on_error` if the server stops."""
        self._stop_timer()
        self._release_task = asyncio.get_running_loop().create_task(self._release())

    async def _release(self) -> None:
        try:
            async with self._lock:
                if self._joiner is not None:
                    await self._store(self._joiner.release())
            self._count_bytes()
            self._publisher.budget.check_running()
        except Exception as error:
            self._on_error(error)

    def _count_bytes(self) -> None:
        held = self._joiner.held_bytes if self._joiner else 0
        self._publisher.budget.resize(self, self._lines.unfinished_bytes + held)

    async def _check_running(self) -> None:
        """Raise Overloaded at shutdown, after what is held is published: the answer counts it."""
        if self._joiner is not None and self._publisher.budget.stopping.is_set():
            await self._store(self._joiner.release())
        self._publisher.budget.check_running()

    async def _publish(self, lines: Iterator[Line]) -> None:
        async with self._lock:
            self._stop_timer()
            while part := list(islice(lines, LINES_PER_TURN)):
                await self._check_running()
                limit = self._publisher.live.current.publish.max_message_bytes
                await self._store(
                    self._joiner.feed(part, limit) if self._joiner else [Record(line, 1) for line in part]
                )
                if len(part) == LINES_PER_TURN:  # Where all were rejected, nothing has been awaited.
                    await asyncio.sleep(0)
            self._start_timer()

    async def _store(self, records: Sequence[Record]) -> None:
        if records:
            self._held_since = None
        self.is_publishing = True
        try:
            drafts = self.batch.read(records, self._decoder, self._publisher.live.current.publish)
            self.batch.settle(await self._publisher.append(drafts) if drafts else None)
        finally:
            self.is_publishing = False

    def _start_timer(self) -> None:
        if not self.is_holding:
            self._held_since = None
            return
        loop = asyncio.get_running_loop()
        if self._held_since is None:
            self._held_since = loop.time()
        left = self._held_since + MOST_HOLDS * self._hold_seconds - loop.time()
        self._timer = loop.call_later(max(0, min(self._hold_seconds, left)), self.release)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
