"""A real log, shipped by the command that the README shows."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.reliability.reader import OpenReader
from tests.waiting import until
from tests.wall import Wall


def end(shipping: subprocess.Popen[bytes]) -> None:
    """All of a pipeline that has a session of its own."""
    os.killpg(shipping.pid, signal.SIGKILL)
    shipping.wait()


@pytest.mark.gen_test
async def test_each_line_of_a_followed_file_is_on_the_wall_before_the_next_is_written(
    wall: Wall, open_reader: OpenReader, tmp_path: Path
) -> None:
    """Also after the file was rotated; bytes that are not UTF-8 are replaced, and levels guessed."""
    log = tmp_path / "app.log"
    log.write_text("what was there before\n")
    reader = await open_reader(wall, "/events?topic=app")
    await reader.opened()
    follow = f"tail --lines=1 -F {log} 2>/dev/null | curl --silent --no-buffer -T - {wall.url}/topics/app"
    shipping = subprocess.Popen(["sh", "-c", follow], stdout=subprocess.DEVNULL, start_new_session=True)
    said = ["what was there before"]
    try:
        await until(lambda: len(reader.messages) == 1, 60)
        for number in range(50):
            if number == 25:
                log.rename(tmp_path / "app.log.1")
            with log.open("ab") as file:
                file.write(b"%d: ERROR \xff in line\n" % number)
            said.append(f"{number}: ERROR \ufffd in line")
            await until(lambda: len(reader.messages) == len(said), 60)
    finally:
        end(shipping)
    assert [message.json["message"] for message in reader.messages] == said
    assert {message.json["level"] for message in reader.messages[1:]} == {"error"}


@pytest.mark.gen_test
async def test_the_output_of_a_command_is_on_the_wall_to_its_last_line(wall: Wall, open_reader: OpenReader) -> None:
    """Which has no line feed; and the answer, when the command has ended, counts the lines."""
    reader = await open_reader(wall)
    await reader.opened()
    command = "{ for n in $(seq 500); do echo line $n; done; printf 'the end'; }"
    shipping = subprocess.run(
        ["sh", "-c", f"{command} | curl --silent -T - {wall.url}/topics/job"], capture_output=True, timeout=120
    )
    assert b'"accepted":501' in shipping.stdout, shipping
    await until(lambda: len(reader.messages) == 501)
    texts = [message.json["message"] for message in reader.messages]
    assert texts == [*(f"line {number}" for number in range(1, 501)), "the end"]


@pytest.mark.gen_test
async def test_a_shipper_that_is_killed_has_lost_no_line_it_had_ended(wall: Wall, open_reader: OpenReader) -> None:
    """Bytes behind the last line feed are not a line: it is unknown whether they were complete."""
    reader = await open_reader(wall)
    await reader.opened()
    tasks = wall.metrics()["eyewall_tasks"]
    command = f"{{ echo one; echo two; printf half; sleep 100; }} | curl --silent -T - {wall.url}/topics/job"
    shipping = subprocess.Popen(["sh", "-c", command], start_new_session=True)
    try:
        await until(lambda: len(reader.messages) == 2, 60)
    finally:
        end(shipping)
    await until(lambda: wall.metrics()["eyewall_tasks"] == tasks)
    wall.publish("three")
    await until(lambda: len(reader.messages) == 3)
    assert [message.json["message"] for message in reader.messages] == ["one", "two", "three"]
