"""Request bodies that are kept until they end. Streams of lines are in hub/ingest/publisher.py."""

from tornado.web import HTTPError

from handlers.base import REFUSED_BYTES
from hub.config.live import LiveConfig
from hub.errors import EyewallError
from hub.ingest.decode import too_large
from hub.ingest.upload_budget import Reservation, UploadBudget


class WholeBody:
    """A body that is kept until it ends, or read and dropped because of `problem`.

    A refused body is read all the same: a client that only writes would get a reset instead of the answer.
    """

    def __init__(self, live: LiveConfig, budget: UploadBudget, problem: EyewallError | HTTPError | None = None) -> None:
        self._live = live
        self._problem = problem
        self._content = bytearray()
        self._received = 0
        self._reservation = Reservation(budget)

    def feed(self, chunk: bytes) -> None:
        """Keep a piece. Raises the problem when the client sends more than REFUSED_BYTES of a refused body."""
        self._received += len(chunk)
        if self._problem is None:
            try:
                if self._received > (limit := self._live.current.publish.max_body_bytes):
                    raise too_large("body", limit)
                self._reservation.resize(self._received)
            except EyewallError as error:
                self._problem = error.with_traceback(None)  # A traceback would keep this piece.
                self.close()
            else:
                self._content += chunk
        elif self._received > REFUSED_BYTES:
            raise self._problem

    def content(self) -> bytes:
        """Return the whole body. Raises the problem."""
        if self._problem is not None:
            raise self._problem
        return bytes(self._content)

    def close(self) -> None:
        """Forget the body and release its bytes. Idempotent."""
        self._content = bytearray()
        self._reservation.close()
