"""Shutdown: orderly for every client, and never delayed."""

import asyncio
import contextlib
import json
import signal
import urllib.error

import pytest

from tests.reliability.reader import OpenReader
from tests.waiting import until
from tests.wall import StartWall, Wall

DRAIN_SECONDS = 4  # Of which this process may sleep through the half.


async def keep_publishing(wall: Wall) -> list[str]:
    """The ids that were acknowledged, until the server does not answer any more."""
    acknowledged = []
    with contextlib.suppress(OSError):  # urllib's errors are
        while True:
            acknowledged.append(await asyncio.to_thread(wall.publish, "said near the end"))
    return acknowledged


@pytest.mark.gen_test
async def test_sigterm_says_goodbye_to_300_streams_one_after_the_other(
    start_wall: StartWall, open_reader: OpenReader
) -> None:
    """Each has a `bye` as the last event and the end of its body, and nothing that was acknowledged is lost."""
    wall = start_wall(f"server: {{drain_seconds: {DRAIN_SECONDS}}}")
    readers = [await open_reader(wall, version="1.0" if number % 10 == 0 else "1.1") for number in range(300)]
    stuck = await open_reader(wall, receive_bytes=16 << 10)
    for reader in [*readers, stuck]:
        await reader.opened()
    stuck.stop_reading()
    await asyncio.to_thread(wall.publish_lines, ["x" * 10_000] * 100)
    for reader in readers:
        await until(lambda reader=reader: len(reader.messages) == 100, 60)  # type: ignore[misc]  # bound now
    publishing = asyncio.ensure_future(keep_publishing(wall))
    await until(lambda: len(readers[0].messages) > 110, 60)

    assert await asyncio.to_thread(wall.stop) == 0, "a stalled reader must not delay the shutdown"

    acknowledged = await publishing
    for reader in readers:
        await reader.ended()
        assert reader.ended_in_order, f"{reader.blocks.left[:99]!r}"
        assert reader.events[-1].name == "bye"
        assert reader.events[-1].json["reason"] == "shutdown"
        assert reader.seqs == list(range(1, len(reader.seqs) + 1))
    goodbyes = sorted(reader.events[-1].at for reader in readers)
    assert goodbyes[-1] - goodbyes[0] > DRAIN_SECONDS / 2, "all in one instant would all be back in one instant"
    assert len({reader.events[-1].json["retry_ms"] for reader in readers}) > 50
    # A reader that was disconnected early misses the last messages, but reconnects for them.
    wall.start()
    wall.publish("after the restart")
    again = await open_reader(wall, headers=[f"Last-Event-ID: {readers[0].messages[-1].id}"])
    await until(lambda: again.messages and "after the restart" in again.messages[-1].data)
    assert again.seqs == list(range(readers[0].last_seq + 1, again.last_seq + 1))
    assert again.last_seq > int(acknowledged[-1].partition("-")[2])


@pytest.mark.gen_test
async def test_no_new_reader_is_accepted_while_it_drains(start_wall: StartWall, open_reader: OpenReader) -> None:
    wall = start_wall("server: {drain_seconds: 60}")
    readers = [await open_reader(wall) for _ in range(5)]
    wall.signal(signal.SIGTERM)
    await until(lambda: sum(reader.has_ended for reader in readers) == 1, 60)
    with pytest.raises(urllib.error.URLError, match="refused"):
        wall.get("/readyz")
    assert wall.is_running


@pytest.mark.gen_test
async def test_a_second_signal_ends_at_once(start_wall: StartWall, open_reader: OpenReader) -> None:
    """Without it the first would take a minute here."""
    wall = start_wall("server: {drain_seconds: 60}")
    readers = [await open_reader(wall) for _ in range(5)]
    wall.signal(signal.SIGTERM)
    await until(lambda: "a second signal ends at once" in wall.log)
    wall.signal(signal.SIGINT)
    await until(lambda: not wall.is_running, 40)
    for reader in readers:
        await reader.ended()


@pytest.mark.gen_test
async def test_a_disconnected_reader_gets_bye_and_no_other_does(wall: Wall, open_reader: OpenReader) -> None:
    one, other = await open_reader(wall), await open_reader(wall)
    await one.opened()
    await asyncio.to_thread(wall.get, f"/connections/{one.id}", method="DELETE")
    await one.ended()
    assert one.ended_in_order
    assert one.events[-1].json["reason"] == "disconnected"
    await asyncio.to_thread(wall.publish, "for the remaining readers")
    await until(lambda: other.messages)
    assert json.loads(other.messages[0].data)["message"] == "for the remaining readers"
