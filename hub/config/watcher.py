"""The watch on the config file: a valid edit is applied, an invalid one only reported."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tornado.ioloop import IOLoop

from hub.config import Change, Config, changes
from hub.config.file import ConfigError, MissingFile, content_of

logger = logging.getLogger("eyewall.config")

POLL_SECONDS: Final = 0.5  # Between two reads. An edit needs two, and must be live within 2 s.
# Without a final line end the file may still be growing. It must be unchanged for so long.
OPEN_END_SECONDS: Final = 5.0
KEPT_SECTIONS: Final = ("access", "cluster")  # Only a restart removes them.


class ConfigWatcher:
    """Compares the content in a daemon thread: a hung file server stops neither the loop nor the exit.

    Size and times may be equal after an edit (`cp -p`). Callbacks run on the loop's thread.
    """

    def __init__(
        self,
        path: Path,
        load: Callable[[str], Config],
        config: Config,
        on_applied: Callable[[Config, tuple[Change, ...]], None],
        on_rejected: Callable[[tuple[str, ...]], None],
        *,
        content: Callable[[Path], str] = content_of,
        poll_seconds: float = POLL_SECONDS,
        open_end_seconds: float = OPEN_END_SECONDS,
    ) -> None:
        self._path = path
        self._load = load
        self._config = config
        self._on_applied = on_applied
        self._on_rejected = on_rejected
        self._content = content
        self._poll_seconds = poll_seconds
        self._open_end_seconds = open_end_seconds
        self._errors: tuple[str, ...] = ()
        # None is "no file": one that never existed is not reported.
        self._seen: str | tuple[str, ...] | None = None
        self._seen_at = time.monotonic()
        self._settled: str | tuple[str, ...] | None = None
        self._stopped = threading.Event()
        self._reread = threading.Event()

    def start(self, io_loop: IOLoop) -> None:
        """Call once."""
        threading.Thread(target=self._watch, args=(io_loop,), name="config", daemon=True).start()

    def stop(self) -> None:
        """Make no further callback. Does not wait for a read that hangs. Idempotent."""
        self._stopped.set()

    def reread(self) -> None:
        """Report the file in the next polls even if it has not changed. Any thread."""
        self._reread.set()

    def poll(self) -> Callable[[], None] | None:
        """Read once. Return the callback that is due. Until two reads are equal, the file may be half written."""
        look, now = self._look(), time.monotonic()
        if look != self._seen:
            self._seen, self._seen_at = look, now
            return None
        is_open = isinstance(look, str) and not look.endswith(("\n", "\r"))
        must_report = self._reread.is_set()
        is_known = look == self._settled and not must_report
        if is_known or (is_open and now - self._seen_at < self._open_end_seconds):
            return None
        self._reread.clear()
        self._settled = look
        errors: tuple[str, ...] = (f"{self._path}: the file is gone; its settings stay in force until it is back",)
        if isinstance(look, tuple):
            errors = look
        elif look is not None:
            try:
                config = self._load(look)  # Not the file again: it may have changed since.
                self._check_kept(config)
            except ConfigError as error:
                errors = error.errors
            except Exception:
                logger.exception("loading %s failed", self._path)
                errors = (f"{self._path}: cannot be loaded: internal error, see the server's log",)
            else:
                found = changes(self._config, config)
                if not found and not self._errors and not must_report:
                    return None
                # Also a repair without a change: it ends the warning on the page.
                self._config, self._errors = config, ()
                return partial(self._on_applied, config, found)
        if errors == self._errors and not must_report:
            return None
        self._errors = errors
        return partial(self._on_rejected, errors)

    def _check_kept(self, config: Config) -> None:
        for name in KEPT_SECTIONS:
            if name in self._config.model_fields_set - config.model_fields_set:
                raise ConfigError(f"{self._path}: {name} is gone; restart the server to run without it")

    def _watch(self, io_loop: IOLoop) -> None:
        # A pause, no grid of times, which would allow two quick reads after a late one.
        while not self._stopped.wait(self._poll_seconds):
            if callback := self.poll():
                io_loop.add_callback(self._call, callback)

    def _call(self, callback: Callable[[], None]) -> None:
        if not self._stopped.is_set():
            callback()

    def _look(self) -> str | tuple[str, ...] | None:
        try:
            return self._content(self._path)
        except MissingFile:
            return None
        except ConfigError as error:
            return error.errors
