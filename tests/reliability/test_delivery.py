"""Every reader gets every message once and in order, whatever other readers do."""

import asyncio
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.reliability.reader import OpenReader, Reader
from tests.waiting import until
from tests.wall import StartWall, Wall

PUBLISHED = 20_000
BATCH = 50
TOPICS = ["api.1", "api.2", "db", "web"]
LEVELS = ["info", "error"]
TEXTS = ["to the left ", "to the right ", "back and forth "]
SLOW = 16 << 10  # Kernel receive buffer in bytes of a reader that must not accept much unread data.


@dataclass(frozen=True, slots=True)
class Wish:
    """A filter, and which of our messages it means, by seq."""

    query: str
    means: Callable[[int], bool]

    def behind(self, seq: int) -> list[int]:
        return [later for later in range(seq + 1, PUBLISHED + 1) if self.means(later)]


def topic_of(seq: int) -> str:
    return TOPICS[seq // 7 % len(TOPICS)]


def level_of(seq: int) -> str:
    return LEVELS[seq % len(LEVELS)]


def text_of(seq: int) -> str:
    return TEXTS[seq % len(TEXTS)]


def line_of(seq: int) -> str:
    return f'{{"topic": "{topic_of(seq)}", "level": "{level_of(seq)}", "message": "{text_of(seq) * 10}{seq}"}}\n'


EVERYTHING = Wish("", lambda _: True)
WISHES = [
    EVERYTHING,
    Wish("topic=api.*", lambda seq: topic_of(seq).startswith("api.")),
    Wish("topic=db&topic=web&level=error", lambda seq: topic_of(seq) in ("db", "web") and level_of(seq) == "error"),
    Wish("q=RIGHT", lambda seq: "right" in text_of(seq)),
]


class Publisher:
    """Says all messages over one connection, and the next only when the witness has heard the last."""

    def __init__(self, wall: Wall, witness: Reader) -> None:
        self._wall = wall
        self._witness = witness

    @property
    def said(self) -> int:
        """Seq of the last message that any reader has received."""
        return len(self._witness.messages)

    @property
    def is_done(self) -> bool:
        return self.said == PUBLISHED

    @property
    def beginning(self) -> str:
        """The cursor in front of the first message."""
        return self._witness.messages[0].id.replace("-1", "-0")

    async def until_said(self, seq: int) -> None:
        """No longer than until the end."""

        def is_said() -> bool:
            assert not self._witness.has_ended, "the server hung up on the witness"
            return self.said >= min(seq, PUBLISHED)

        await until(is_said, 150)

    async def run(self) -> None:
        reader, writer = await asyncio.open_connection(self._wall.host, self._wall.port)
        head = "POST /messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for start in range(1, PUBLISHED + 1, BATCH):
            batch = "".join(line_of(seq) for seq in range(start, start + BATCH)).encode()
            writer.write(b"%x\r\n%b\r\n" % (len(batch), batch))
            await self.until_said(start + BATCH - 1)
        writer.write(b"0\r\n\r\n")
        assert b" 201 " in await reader.readline()
        writer.close()
        assert self._witness.seqs == EVERYTHING.behind(0)


async def start_publisher(wall: Wall, open_reader: OpenReader) -> tuple[Publisher, "asyncio.Future[None]"]:
    witness = await open_reader(wall)
    await witness.opened()
    publisher = Publisher(wall, witness)
    return publisher, asyncio.ensure_future(publisher.run())


async def has_heard(reader: Reader, seq: int, enough: Callable[[], bool] = lambda: False) -> None:
    """Wait for a message, or until it is enough and there is any."""

    def is_over() -> bool:
        assert not reader.has_ended, "the server hung up"
        return bool(reader.messages) and (reader.last_seq == seq or enough())

    await until(is_over, 150)


async def come_and_go(publisher: Publisher, wall: Wall, open_reader: OpenReader, wish: Wish, start: str) -> list[int]:
    """Every seq it was sent, over all its visits. The last visit ends when nothing is left to come."""
    seen: list[int] = []
    where, headers = start, list[str]()
    last = wish.behind(0)[-1]
    while last not in seen[-1:]:
        reader = await open_reader(wall, f"/events?{wish.query}&{where}", headers=headers)
        leave_after = publisher.said + random.randrange(1, 2500)
        await has_heard(reader, last, lambda after=leave_after: after < publisher.said < PUBLISHED)  # type: ignore[misc]  # bound now
        await random.choice([reader.close, reader.reset])()
        assert not reader.named("gap"), reader.named("gap")
        seen += reader.seqs
        resume = random.choice(["Last-Event-ID: ", "last_event_id="]) + reader.messages[-1].id
        where, headers = ("", [resume]) if ":" in resume else (resume, [])
        await publisher.until_said(publisher.said + random.randrange(1500))
    return seen


@pytest.mark.gen_test
async def test_20_reconnecting_clients_get_each_message_once_and_in_order(wall: Wall, open_reader: OpenReader) -> None:
    """With filters and without, from the start, from now or from the last 50 on, resumed by header or query."""
    publisher, publishing = await start_publisher(wall, open_reader)
    await publisher.until_said(1)
    starts = ["", "last=50", f"last_event_id={publisher.beginning}", "", ""]
    wanted = list(itertools.product(WISHES, starts))
    all_seen = await asyncio.gather(*(come_and_go(publisher, wall, open_reader, wish, start) for wish, start in wanted))
    await publishing
    for (wish, start), seen in zip(wanted, all_seen, strict=True):
        began_behind = 0 if "last_event_id" in start else seen[0] - 1
        assert seen == wish.behind(began_behind), f"{wish.query or 'everything'} from {start or 'now'}"


@pytest.mark.gen_test
async def test_a_reader_that_stops_for_two_seconds_gets_each_message_once_and_in_order(
    wall: Wall, open_reader: OpenReader
) -> None:
    """It falls behind, and is live again in the end, on the same connection."""
    publisher, publishing = await start_publisher(wall, open_reader)
    slow = await open_reader(wall, receive_bytes=SLOW)
    filtered = await open_reader(wall, f"/events?{WISHES[1].query}", receive_bytes=SLOW)
    both = [(slow, EVERYTHING), (filtered, WISHES[1])]
    await publisher.until_said(PUBLISHED // 4)
    for reader, _ in both:
        reader.stop_reading()
    back_at = time.monotonic() + 2
    await until(lambda: all(state_of(wall, reader) == "catching up" for reader, _ in both), 150)
    await until(lambda: time.monotonic() > back_at)
    for reader, _ in both:
        reader.go_on_reading()
    await publishing
    for reader, wish in both:
        await has_heard(reader, wish.behind(0)[-1])
        assert reader.seqs == wish.behind(reader.seqs[0] - 1)
        assert not reader.named("gap")
        await until(lambda reader=reader: state_of(wall, reader) == "live")  # type: ignore[misc]  # bound now


@pytest.mark.gen_test
async def test_a_reader_that_never_reads_is_cut_and_costs_the_others_nothing(
    start_wall: StartWall, open_reader: OpenReader
) -> None:
    wall = start_wall("stream: {stall_seconds: 2}")
    healthy = [await open_reader(wall) for _ in range(5)]
    stuck = await open_reader(wall, receive_bytes=SLOW)
    for reader in [*healthy, stuck]:
        await reader.opened()
    stuck.stop_reading()
    _, publishing = await start_publisher(wall, open_reader)
    await publishing
    await until(lambda: state_of(wall, stuck) == "gone", 15)  # Before the kernel would do it, after 20 s.
    await until(lambda: f"disconnected 127.0.0.1 ({stuck.id}): it took less than 16 KiB in 2 s" in wall.log)
    for reader in healthy:
        await has_heard(reader, PUBLISHED)
        assert reader.seqs == EVERYTHING.behind(0)
        await until(lambda reader=reader: state_of(wall, reader) == "live")  # type: ignore[misc]  # bound now
    stuck.go_on_reading()
    await stuck.ended()
    assert stuck.was_reset
    # What it has is whole and without a hole, so that it can go on from there.
    rest = await open_reader(wall, headers=[f"Last-Event-ID: {stuck.messages[-1].id}"])
    await has_heard(rest, PUBLISHED)
    assert stuck.seqs + rest.seqs == EVERYTHING.behind(0)


@pytest.mark.gen_test
async def test_a_reader_of_the_last_50_gets_these_and_then_new_ones(wall: Wall, open_reader: OpenReader) -> None:
    _, publishing = await start_publisher(wall, open_reader)
    await publishing
    reader = await open_reader(wall, "/events?last=50")
    await has_heard(reader, PUBLISHED)
    wall.publish("one more")
    await has_heard(reader, PUBLISHED + 1)
    assert reader.seqs == [*range(PUBLISHED - 49, PUBLISHED + 2)]


def state_of(wall: Wall, reader: Reader) -> str:
    """As GET /connections shows it."""
    shown = {one["id"]: one["state"] for one in wall.get_json("/connections")["connections"]}
    return str(shown.get(reader.id, "gone"))


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.gen_test(timeout=110)
async def test_a_reader_that_sleeps_for_a_minute_is_not_cut_by_the_kernel(
    start_wall: StartWall, open_reader: OpenReader
) -> None:
    """The listening socket's TCP_USER_TIMEOUT of 20 s also disconnects a reader that merely does not read."""
    wall = start_wall("stream: {stall_seconds: 60}")
    sleeper = await open_reader(wall, receive_bytes=SLOW)
    await sleeper.opened()
    sleeper.stop_reading()
    await asyncio.to_thread(wall.publish_lines, ["x" * 1000] * 5000)
    awake_at = time.monotonic() + 30
    await until(lambda: time.monotonic() > awake_at, 40)
    sleeper.go_on_reading()
    await has_heard(sleeper, 5000)
    assert sleeper.seqs == list(range(1, 5001))
