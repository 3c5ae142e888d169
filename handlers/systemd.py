"""Services of systemd: sockets that it has bound (sd_listen_fds(3)), readiness and watchdog (sd_notify(3))."""

import os
import socket
from collections.abc import Callable, Mapping
from typing import Final

from tornado.ioloop import PeriodicCallback

from handlers.bind import CannotListen

FIRST_DESCRIPTOR: Final = 3  # SD_LISTEN_FDS_START


def inherited_sockets(environ: Mapping[str, str]) -> list[socket.socket]:
    """Return the bound sockets that were passed to this process, or none. Raises CannotListen."""
    if environ.get("LISTEN_PID") != str(os.getpid()):  # For another process of the same environment.
        return []
    count = int(environ.get("LISTEN_FDS", "0"))
    sockets = [socket.socket(fileno=number) for number in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + count)]
    for one in sockets:
        one.set_inheritable(False)
        if one.family not in (socket.AF_INET, socket.AF_INET6) or one.type != socket.SOCK_STREAM:
            raise CannotListen("systemd passed a socket that is not TCP; set ListenStream= to a port or address:port")
    return sockets


class Notifier:
    """Tells systemd the state of the service. Without NOTIFY_SOCKET nothing is sent."""

    def __init__(self, environ: Mapping[str, str], is_stuck: Callable[[], bool]) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._is_stuck = is_stuck
        interval_ms = int(environ.get("WATCHDOG_USEC", "0")) / 2000  # Half the time after which systemd kills.
        self._watchdog = PeriodicCallback(self._ping, interval_ms) if interval_ms else None

    def start(self) -> None:
        self.send("READY=1")
        if self._watchdog:
            self._watchdog.start()

    def stop(self) -> None:
        self.send("STOPPING=1")

    def send(self, state: str) -> None:
        """Send one assignment. Raises OSError."""
        if self._address:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.sendto(state.encode(), self._address)

    def _ping(self) -> None:
        """Run on the loop: a blocked loop sends nothing, and systemd restarts the service."""
        if not self._is_stuck():
            self.send("WATCHDOG=1")
