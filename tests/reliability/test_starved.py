"""When the machine has nothing left to give: no descriptors, no room in the log's pipe, no clock that is right."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.reliability.reader import OpenReader
from tests.waiting import until
from tests.wall import StartWall, Wall

DESCRIPTORS = 256
CLIENTS = 600
PIPE_FULL = 12_000  # Lines of log: a pipe of 64 KiB holds some 900, and the queue in front of it 10,000.

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def knock(wall: Wall, request: bytes) -> Streams | None:
    """A connection that stays, whatever becomes of it; None when it was turned away at once."""
    try:
        streams = await asyncio.open_connection(wall.host, wall.port)
        streams[1].write(request)
    except OSError:
        return None
    return streams


def is_well(wall: Wall, descriptors: float) -> bool:
    """It answers, and holds no more than before."""
    with suppress(OSError):
        return b"ok" in wall.get("/healthz") and wall.metrics()["process_open_fds"] == descriptors
    return False


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /events HTTP/1.1\r\nHost: "],
    ids=["say nothing", "want the stream", "stop inside the header"],
)
@pytest.mark.gen_test
async def test_600_clients_at_256_descriptors_are_turned_away_without_a_fuss(
    request_bytes: bytes, start_wall: StartWall, open_reader: OpenReader
) -> None:
    """Existing readers are served, the log stays short, and the server recovers when the flood ends."""
    wall = start_wall(prefix=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
    before = await open_reader(wall)
    await before.opened()
    descriptors = (await asyncio.to_thread(wall.metrics))["process_open_fds"]

    streams = await asyncio.gather(*(knock(wall, request_bytes) for _ in range(CLIENTS)))
    # The kernel shows us a silent client only after some seconds.
    await until(lambda: "rejecting new connections" in wall.log, 60)
    for stream in streams:
        if stream is not None:
            stream[1].close()

    await until(lambda: is_well(wall, descriptors), 90)
    await asyncio.to_thread(wall.publish, "after it")
    await until(lambda: before.messages and "after it" in before.messages[-1].data)
    assert wall.log.count("rejecting new connections") == 1, wall.log
    assert len(wall.log.splitlines()) < 20, wall.log
    again = [await open_reader(wall) for _ in range(100)]
    for reader in again:
        await reader.opened()


@pytest.mark.gen_test
async def test_a_log_output_without_a_reader_stops_nothing(
    start_wall: StartWall, open_reader: OpenReader, tmp_path: Path
) -> None:
    """Its pipe is full, then the queue in front of it; streams, publishers and the end go on."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    unread = os.open(pipe, os.O_RDWR)  # Both ends, so that neither open blocks.
    try:
        wall = start_wall("server: {drain_seconds: 0}", prefix=["sh", "-c", f'exec "$@" 2>{pipe}', "sh"])
        reader = await open_reader(wall)
        await reader.opened()
        await provoke(wall, PIPE_FULL)
        await asyncio.to_thread(wall.publish, "still here")
        await until(lambda: reader.messages)
        assert await asyncio.to_thread(wall.stop) == 0
        await reader.ended()
        assert reader.ended_in_order
    finally:
        os.close(unread)


async def provoke(wall: Wall, lines: int) -> None:
    """So many requests for what is not there, each of which is a line in the log."""
    reader, writer = await asyncio.open_connection(wall.host, wall.port)
    for _ in range(lines // 100):
        writer.write(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100)
        for _ in range(100):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 404"), head
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.close()
    await writer.wait_closed()


LIBFAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


@pytest.mark.skipif(LIBFAKETIME is None, reason="libfaketime is not installed (Debian: faketime)")
@pytest.mark.gen_test
async def test_a_clock_set_back_by_an_hour_stops_neither_messages_nor_heartbeats(
    start_wall: StartWall, open_reader: OpenReader, tmp_path: Path
) -> None:
    """Tornado's own timers would be silent for that hour."""
    shift = tmp_path / "shift"
    shift.write_text("+0")
    environ = {
        "LD_PRELOAD": str(LIBFAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(shift),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # The kernel's own is not set back either.
    }
    greeting = "sources: [{kind: greeting, every_seconds: 0.5}]"
    wall = start_wall(f"stream: {{heartbeat_seconds: 1}}\n{greeting}", environ=environ)
    reader = await open_reader(wall)
    await until(lambda: reader.messages)
    time_before = reader.named("heartbeat")[-1]["time"]

    new = tmp_path / "new"
    new.write_text("-3600")
    new.replace(shift)  # The server reads it all the time, and must not find it empty.

    await until(lambda: reader.named("heartbeat")[-1]["time"] < time_before, 60)
    beats, greetings = len(reader.named("heartbeat")), len(reader.messages)
    await asyncio.to_thread(wall.publish, "said in the past", "past")
    await until(lambda: "said in the past" in [message.json["message"] for message in reader.messages])
    await until(lambda: len(reader.named("heartbeat")) > beats + 2, 60)
    await until(lambda: len(reader.messages) > greetings + 3, 60)
    await open_reader(wall)
    await until(lambda: reader.named("connections")[-1]["count"] == 2)
    assert reader.seqs == list(range(reader.seqs[0], reader.seqs[0] + len(reader.seqs)))
