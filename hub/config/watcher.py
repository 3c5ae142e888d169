"""The watch on the config file: a valid edit is applied, an invalid one is reported and changes nothing."""

import logging
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tornado.ioloop import IOLoop

from hub.config import Change, Config, changes
from hub.config.file import ConfigError, MissingFile, content_of

logger = logging.getLogger("eyewall.config")

# Between two reads. An edit needs two equal reads after it, and is promised to be live within 2 s.
POLL_SECONDS: Final = 0.5

Applied = Callable[[Config, tuple[Change, ...]], None]
Rejected = Callable[[tuple[str, ...]], None]


class ConfigWatcher:
    """Reads the file twice a second, in a daemon thread: a hung file server stops neither the loop nor the exit.

    It compares the content, which is small. So it sees a replaced file and a swapped symlink like any edit, even with
    equal size and times (`cp -p`, or a file server with times in seconds). Both callbacks run on the loop's thread.
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[], Config],
        config: Config,
        on_applied: Applied,
        on_rejected: Rejected,
        *,
        content: Callable[[Path], bytes] = content_of,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._path = path
        self._load = load
        self._config = config
        self._on_applied = on_applied
        self._on_rejected = on_rejected
        self._content = content
        self._poll_seconds = poll_seconds
        self._errors: tuple[str, ...] = ()
        # None is "no file": a default file that never existed is not reported.
        self._seen: bytes | tuple[str, ...] | None = None
        self._settled: bytes | tuple[str, ...] | None = None
        self._stopped = threading.Event()

    def start(self, io_loop: IOLoop) -> None:
        """Begin to watch. Call once."""
        threading.Thread(target=self._watch, args=(io_loop,), name="config", daemon=True).start()

    def stop(self) -> None:
        """Make no further callback. Does not wait for a read that hangs. Idempotent."""
        self._stopped.set()

    def poll(self) -> Callable[[], None] | None:
        """Read once. Return the callback that is due, or None.

        The file is loaded after two equal reads: until then it may be half written.
        """
        look = self._look()
        if look != self._seen:
            self._seen = look
        elif look != self._settled:
            self._settled = look
            if look is None:
                return self._reject((f"{self._path}: the file is gone; its settings stay in force until it is back",))
            return self._reload()
        return None

    def _watch(self, io_loop: IOLoop) -> None:
        # A pause between two reads, and no grid of times: after a late read a grid would allow two in quick succession.
        while not self._stopped.wait(self._poll_seconds):
            if callback := self.poll():
                io_loop.add_callback(self._call, callback)

    def _call(self, callback: Callable[[], None]) -> None:
        if not self._stopped.is_set():
            callback()

    def _look(self) -> bytes | tuple[str, ...] | None:
        try:
            return self._content(self._path)
        except MissingFile:
            return None
        except ConfigError as error:
            return error.errors

    def _reload(self) -> Callable[[], None] | None:
        try:
            config = self._load()
        except ConfigError as error:
            return self._reject(error.errors)
        except Exception:
            logger.exception("loading %s failed", self._path)
            return self._reject((f"{self._path}: cannot be loaded: internal error, see the server's log",))
        found = changes(self._config, config)
        if not found and not self._errors:
            return None
        # A repair without a change is reported, too: it ends the warning on the page.
        self._config, self._errors = config, ()
        return partial(self._on_applied, config, found)

    def _reject(self, errors: tuple[str, ...]) -> Callable[[], None] | None:
        if errors == self._errors:
            return None
        self._errors = errors
        return partial(self._on_rejected, errors)
