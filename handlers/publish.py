"""Bodies that are published: read whole, or line by line as they come, and answered when the log has them.

They are read here, piece by piece, because Tornado would take what `curl -d` sends for a form and
answer a body that is too large without a word.
"""

import asyncio
import hashlib
import re
import sys
import traceback
from collections.abc import Awaitable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from tornado.web import HTTPError, stream_request_body

from handlers.base import REFUSED_BYTES, BaseHandler
from handlers.batch import Batch, too_large
from handlers.uploads import FREE_BYTES, Uploads
from hub.config import PublishConfig, ServerConfig
from hub.errors import EyewallError, InvalidInput, TooLarge, UnknownType
from hub.hub import Hub
from hub.ingest.lines import Lines
from hub.json_text import decode
from hub.log.protocol import IdempotencyKey
from hub.message import FIELDS_HINT, Draft

JSON: Final = frozenset({"application/json", "text/json"})
NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
MAX_ITEMS: Final = 10_000
# Messages made from a body in one turn of the loop, some 3 ms. 64 KiB come at once: usual lines in it are fewer, and
# stay one commit, but of the shortest it holds 65,536, and those were a quarter of a second.
AT_ONCE: Final = 1000
UNLIMITED: Final = 1 << 62
IDEMPOTENCY_KEY: Final = re.compile(r"[ -~]{1,128}")
_array: Final = msgspec.json.Decoder(list[msgspec.Raw])


@stream_request_body
class PublishHandler(BaseHandler):
    """A body that is read whole (`self.body`), or line by line as it comes (`self.lines`)."""

    def initialize(  # type: ignore[override]  # each names what it uses
        self, server: ServerConfig, hub: Hub, publish: PublishConfig, uploads: Uploads
    ) -> None:
        super().initialize(server)
        self.hub = hub
        self.limits = publish
        self.uploads = uploads
        self.body = bytearray()
        self.lines: Lines | None = None
        self.batch = Batch(publish)
        self.problem: EyewallError | HTTPError | None = None
        self.received = 0
        self.kept = 0  # Bytes of it that count.
        self.is_publishing = False  # Lines of a stream.

    def prepare(self) -> None:
        if self.request.method not in ("POST", "PUT"):
            super().prepare()
            return
        # Limits are counted below, where an answer can still be given.
        self.request.connection.set_max_body_size(UNLIMITED)  # type: ignore[union-attr]  # HTTP1Connection has it
        headers = self.request.headers
        content_type = self.content_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        try:
            super().prepare()
            if (encoding := headers.get("Content-Encoding", "identity")) != "identity":
                raise UnknownType("Content-Encoding", f"{encoding!r} is not read here", hint="send it uncompressed")
            self.open_body(content_type)
        except (EyewallError, HTTPError) as error:
            is_endless = "Content-Length" not in headers and (self.request.method == "PUT" or content_type in NDJSON)
            if is_endless or self.request.method not in self.allowed_methods():
                raise
            self.problem = error  # Said when the body has been read: who only writes would not hear it now.

    def open_body(self, content_type: str) -> None:
        """Choose how this body is read. Raises UnknownType."""
        raise NotImplementedError

    def open_lines(self, max_bytes: int) -> None:
        """Read lines as they come, for as long as they come: keepalive finds out who is gone."""
        if "Idempotency-Key" in self.request.headers:
            # A part of a stream is acknowledged by nothing but its end: there is nothing to repeat safely.
            raise InvalidInput("Idempotency-Key", "goes with one message or an array, not with a stream of lines")
        if self.uploads.stopping.is_set():
            raise self.uploads.ending()
        self.lines = Lines(max_bytes)
        self.uploads.lines.add(self)
        self.request.connection.set_body_timeout(None)  # type: ignore[union-attr]  # as above

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Tornado reads on when this is done: a publisher of lines is held back as long as the log is busy."""
        self.received += len(chunk)
        is_whole = self.lines is None and self.problem is None and self.received <= self.limits.max_body_bytes
        if is_whole and self.keep(self.received):
            self.body += chunk
            return None
        return self._receive(chunk)

    def keep(self, size: int) -> bool:
        """Whether so much of this body may be kept until it ends."""
        counted = size if size > FREE_BYTES else 0
        if counted == self.kept:
            return True
        if not self.uploads.keep(self.kept, counted, self.limits.max_unfinished_bytes):
            return False
        self.kept = counted
        return True

    async def _receive(self, chunk: bytes) -> None:
        """A piece of what does not fit, or of a stream."""
        try:
            if self.problem is not None:
                if self.received > REFUSED_BYTES:
                    raise self.problem  # Its sender may go on for ever.
            elif (lines := self.lines) is not None:
                await self._publish(lines.feed(chunk))
                if self.uploads.stopping.is_set():
                    raise self.uploads.ending()
                if self in self.uploads.lines and not self.keep(lines.kept):
                    raise self.uploads.no_room()
            else:
                is_too_large = self.received > self.limits.max_body_bytes
                self.problem = too_large("body", self.limits.max_body_bytes) if is_too_large else self.uploads.no_room()
                self.forget_body()
        except Exception as error:  # Out of here Tornado would only log it and hang up.
            if not self._finished:
                self.log_exception(type(error), error, error.__traceback__)
                status = error.status_code if isinstance(error, HTTPError) else 500
                self.send_error(status, exc_info=(type(error), error, error.__traceback__))

    def on_finish(self) -> None:
        self.forget_body()

    def on_connection_close(self) -> None:
        self.forget_body()
        self.lines = None
        # Tornado tells us while it handles the loss, which keeps the frames of its reading, with a piece of the body.
        if (loss := sys.exc_info()[2]) is not None:
            traceback.clear_frames(loss)
        super().on_connection_close()

    def forget_body(self) -> None:
        """The handler waits for the cycle collector, which comes seldom; megabytes must not. Safe to call twice."""
        self.uploads.lines.discard(self)
        self.body = bytearray()
        self.keep(0)

    def stop(self) -> None:
        """The server ends, and these lines would go on: say how far they got, and hang up.

        At once, or when the log has answered for those that it was given.
        """
        if not self.is_publishing and not self._finished:
            error = self.uploads.ending()
            self.send_error(503, exc_info=(type(error), error, None))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Whatever ends a stream of lines: so far it is published, and need not be sent again."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, EyewallError) and self.lines is not None:
            error.details = self.batch.as_json()
        super().write_error(status_code, **kwargs)

    async def _publish(self, lines: Iterator[str]) -> None:
        self.is_publishing = True
        try:
            while not self.uploads.stopping.is_set() and (part := list(islice(lines, AT_ONCE))):
                await self.publish_lines(part)
                if len(part) == AT_ONCE:  # Where all were refused, nothing has been waited for.
                    await asyncio.sleep(0)
        finally:
            self.is_publishing = False

    async def publish_lines(self, lines: list[str]) -> None:
        """Publish what these lines say, as one batch."""
        raise NotImplementedError

    async def finish_lines(self) -> None:
        """The body has ended: publish its last line, and answer with the counts."""
        if self._finished:  # The server ends, and has said how far this got.
            return
        if self.lines is not None:
            await self._publish(iter(self.lines.end()))
        self.write_batch()

    def write_batch(self) -> None:
        """201 if anything is in the log, else 400. Only a PUT may end before it has said anything: its source did."""
        if not self.batch.accepted and (self.batch.rejected_count or self.request.method != "PUT"):
            count = self.batch.rejected_count
            problem = f"none of its {count} messages can be published" if count else "holds no message"
            error = InvalidInput("body", problem, hint="" if count else FIELDS_HINT)
            error.details = self.batch.as_json()
            raise error
        self.write_json(self.batch.as_json(), 201)

    async def publish_json(self, text: bytes, topic: str | None) -> None:
        """An object, or an array of objects of which the good ones are published."""
        if not text.strip():
            raise InvalidInput("body", "is empty", hint=FIELDS_HINT)
        if not text.lstrip().startswith(b"["):
            await self.publish_one(Draft.from_json(text, topic=topic, max_bytes=self.limits.max_message_bytes))
            return
        once = self.once()  # Before anything is waited for: who hangs up meanwhile takes the body along.
        items = decode(_array, text, hint=FIELDS_HINT)
        if len(items) > MAX_ITEMS:  # They are stored and delivered in one go, while everybody waits.
            hint = "split it, or send one object a line as application/x-ndjson"
            raise TooLarge("body", f"{len(items):,} messages, where one array may hold {MAX_ITEMS:,}", hint=hint)
        drafts: list[Draft] = []
        for start in range(0, len(items), AT_ONCE):
            drafts += self.batch.read(items[start : start + AT_ONCE], topic)
            await asyncio.sleep(0)
        if drafts:
            self.batch.accept(await self.hub.publish(drafts, key=once))
        self.write_batch()

    async def publish_one(self, message: Draft) -> None:
        once = self.once()  # First, as above.
        receivers = await self.hub.registry.receivers(message)
        receipt = await self.hub.publish([message], key=once)
        answer: dict[str, object] = {"id": receipt.first_id, "time": receipt.time}
        self.write_json(answer if receipt.is_repeat else answer | {"receivers": receivers}, 201)

    def once(self) -> IdempotencyKey | None:
        """What the Idempotency-Key header asks for, if it is there; of receivers it knows none. Raises InvalidInput."""
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not IDEMPOTENCY_KEY.fullmatch(key):
            raise InvalidInput("Idempotency-Key", "is no key", hint="use 1 to 128 printable ASCII characters")
        # What was handed in, not what was accepted of it: that changes with a limit, where the request has not.
        options = [self.option("X-Level", "level"), self.option("X-Source", "source"), self.content_type in JSON]
        digest = hashlib.sha256(msgspec.json.encode([self.request.path, *options]) + b"\0" + self.body).digest()
        return IdempotencyKey(key, digest)

    def option(self, header: str, argument: str) -> str:
        """A field that may stand in a header or in the query; header bytes are UTF-8, whatever Tornado says."""
        value = self.request.headers.get(header)
        if value is not None:
            return value.encode("latin-1", "replace").decode(errors="replace")
        # As it is: Tornado's own way to ask would forgive line ends and control characters.
        return self.request.query_arguments.get(argument, [b""])[-1].decode(errors="replace")
