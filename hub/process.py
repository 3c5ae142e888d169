"""The process: its signals and its standard streams."""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

# By default they would end the process without a drain.
ENDING: Final = tuple(
    getattr(signal, f"SIG{name}")
    for name in ("INT", "TERM", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "XCPU", "PWR", "STKFLT")
    if hasattr(signal, f"SIG{name}")
)

logger = logging.getLogger("eyewall")


def on_signals(reread: Callable[[], None]) -> asyncio.Event:
    """Return an event that the first ending signal sets. The second one ends the process at once.

    SIGHUP calls `reread`. If standard input is a terminal, it ends the process, too: the terminal was closed.
    """
    stopping = asyncio.Event()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        logger.info("stopping on %s; a second signal ends at once", signal.Signals(number).name)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, stop, number)
    if os.isatty(0):
        loop.add_signal_handler(signal.SIGHUP, stop, signal.SIGHUP)
    else:
        loop.add_signal_handler(signal.SIGHUP, reread)
    return stopping


def open_standard_descriptors() -> None:
    """Open /dev/null in the place of closed ones. Otherwise a socket or the log's file could become standard error."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)


def print_line(line: str) -> None:
    """Write to standard output in a thread: a full pipe must not keep the server from starting."""
    # Not print(): it holds a lock for which the interpreter waits at exit.
    threading.Thread(target=_write, args=(f"{line}\n".encode(),), name="stdout", daemon=True).start()


def _write(line: bytes) -> None:
    with suppress(OSError):
        os.write(1, line)
