"""The bytes that all readers together have not taken, with the limit `stream.max_unsent_bytes` over them."""

from collections.abc import Callable
from typing import cast

from tornado.ioloop import IOLoop

from hub.delivery.connection import NOTHING, Connection
from hub.delivery.settings import Settings


class UnsentBytes:
    """Counts each payload once, with its whole size, however many readers hold a part of it. Loop thread only.

    A live reader that takes everything costs nothing here. `cut` disconnects a reader, which can resume by id.
    """

    def __init__(self, settings: Settings, io_loop: IOLoop, *, cut: Callable[[Connection], None]) -> None:
        self.total = 0
        self._settings = settings
        self._loop = io_loop
        self._cut = cut
        self._holders: dict[int, dict[Connection, None]] = {}  # By the payload's identity, the oldest payload first.
        self._trim_scheduled = False

    def hold(self, connection: Connection, unsent: memoryview) -> None:
        """Make `unsent` the bytes that this reader must take next."""
        self.release(connection)
        if not unsent:
            return
        connection.unsent = unsent
        payload = cast(bytes, unsent.obj)
        holders = self._holders.get(id(payload))
        if holders is not None:
            holders[connection] = None
            return
        self._holders[id(payload)] = {connection: None}
        self.total += len(payload)
        if self.total > self._settings.stream.max_unsent_bytes and not self._trim_scheduled:
            self._trim_scheduled = True
            self._loop.add_callback(self._trim)  # Later: the caller may be in the middle of a flush.

    def release(self, connection: Connection) -> None:
        """Forget the reader's bytes: references to the connection may outlive it. Idempotent."""
        payload, connection.unsent = cast(bytes, connection.unsent.obj), NOTHING
        holders = self._holders.get(id(payload), {})
        if holders.pop(connection, self) is None and not holders:
            del self._holders[id(payload)]
            self.total -= len(payload)

    def _trim(self) -> None:
        """Cut readers until the limit holds, but leave one payload: a single one always has room."""
        self._trim_scheduled = False
        while self.total > self._settings.stream.max_unsent_bytes and len(self._holders) > 1:
            alone = (holders for holders in self._holders.values() if len(holders) == 1)
            oldest = next(alone, None) or next(iter(self._holders.values()))
            self._cut(next(iter(oldest)))
