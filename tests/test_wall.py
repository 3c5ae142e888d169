"""A server for a test keeps its address from the first start to the end of the test."""

import socket

import pytest

from tests.wall import Wall


def test_the_port_of_a_stopped_wall_is_not_given_away(wall: Wall) -> None:
    """Another test, in another process, asks the kernel for one that is free."""
    before = wall.url
    wall.kill()
    with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
        other.bind((wall.host, wall.port))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((wall.host, wall.port))
    wall.start()
    assert wall.url == before
