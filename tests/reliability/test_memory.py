"""The memory of a real server: what clients that leave, stall or do not read their answers may hold."""

import socket

from tests.reliability.churn import mebibytes
from tests.waiting import block_until
from tests.wall import StartWall, Wall

MIB = 1 << 20
LARGE = "\x01" * (MIB // 2)  # Six times as long in JSON: a frame of 3 MiB.


def open_and_do_not_read(wall: Wall, target: str) -> socket.socket:
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect((wall.host, wall.port))
    opened.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return opened


def connections(wall: Wall) -> float:
    return wall.metrics()["eyewall_connections"]


def test_readers_that_leave_keep_none_of_their_unsent_bytes(start_wall: StartWall) -> None:
    """Before, 1,500 of them left 5.8 GB behind, until the cycle collector came."""
    wall = start_wall()
    for _ in range(3):
        wall.publish(LARGE)
    before = 0
    for number in range(200):
        opened = open_and_do_not_read(wall, f"/events?last={number % 3 + 1}")
        opened.recv(1)
        opened.close()
        if number == 40:
            block_until(lambda: connections(wall) == 0)
            before = mebibytes(wall)
    block_until(lambda: connections(wall) == 0)
    assert wall.metrics()["eyewall_unsent_bytes"] == 0
    assert mebibytes(wall) < before + 30


def test_slow_readers_together_stay_within_the_limit(start_wall: StartWall) -> None:
    """Before, 120 readers held 914 MiB, and each taker of a few bytes counted as alive."""
    wall = start_wall("stream: {max_unsent_bytes: 32MiB, stall_seconds: 60}\nlog: {synchronous: normal}\n")
    for _ in range(60):
        wall.publish(LARGE)
    before = mebibytes(wall)
    slow = [open_and_do_not_read(wall, f"/events?last={number + 1}") for number in range(60)]
    block_until(lambda: "slow readers hold more than 32 MiB" in wall.log, 60)
    peak = 0

    def is_within() -> bool:
        nonlocal peak
        peak = max(peak, mebibytes(wall))
        return wall.metrics()["eyewall_unsent_bytes"] <= 32 * MIB + 4 * 3.2 * MIB and connections(wall) < 20

    block_until(is_within, 60)
    assert peak < before + 150
    for opened in slow:
        opened.close()
    block_until(lambda: wall.metrics()["eyewall_unsent_bytes"] == 0)


def test_large_answers_that_are_not_read_are_few_and_delay_no_other_request(start_wall: StartWall) -> None:
    """Before, 300 lists of 900 connections took 1.7 GB, and /healthz waited 13 s."""
    wall = start_wall()
    topics = "&".join(f"topic={number:064}" for number in range(64))
    readers = [open_and_do_not_read(wall, f"/events?{topics}&q={number}{'%C3%A9' * 900}") for number in range(200)]
    block_until(lambda: connections(wall) == 200, 60)
    wall.get("/connections")
    before = mebibytes(wall)
    askers = [open_and_do_not_read(wall, "/connections") for _ in range(150)]
    wall.get("/healthz")
    statuses = [asker.recv(12) for asker in askers]
    assert statuses.count(b"HTTP/1.1 503") >= 150 - 64
    assert statuses.count(b"HTTP/1.1 200") > 0
    assert mebibytes(wall) < before + 64 * 2.5 + 30
    for opened in [*readers, *askers]:
        opened.close()
    block_until(lambda: connections(wall) == 0)
