"""Reading the bodies of publishers: whole, or line by line as they arrive. hub/ingest decides what they mean.

Tornado would parse what `curl -d` sends as a form, and would close at a body over the limit without an answer.
"""

import select
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from tornado.web import HTTPError, stream_request_body

from handlers.base import BaseHandler
from handlers.idempotency import idempotency_key
from hub.errors import EyewallError, InvalidInput, UnknownType
from hub.hub import Hub
from hub.ingest.decode import Decoder, JsonObjects
from hub.ingest.encoding import charset_of, to_utf8
from hub.ingest.line_publisher import LinePublisher
from hub.ingest.lines import lines_of
from hub.ingest.multiline import Joiner
from hub.ingest.publisher import MAX_MESSAGES, Batch, Publisher, WhileConnected, too_many
from hub.ingest.upload_budget import UploadBudget, WholeBody
from hub.json_text import decode
from hub.log.protocol import IdempotencyKey
from hub.message import FIELDS_HINT, Draft

JSON: Final = frozenset({"application/json", "text/json"})
NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
UNLIMITED: Final = 1 << 62
SLOWEST_BYTES: Final = 64 << 10  # Bytes a second that a body of lines must have, besides the usual body timeout.
_array: Final = msgspec.json.Decoder(list[msgspec.Raw])


@stream_request_body
class PublishHandler(BaseHandler):
    """A URL that takes messages. A stream of lines goes to `lines`, any other body to `body`."""

    hub: Hub
    uploads: UploadBudget
    decoder: Decoder
    charset: str
    lines: LinePublisher | None = None
    refused_count = 0  # Messages of this request, and the reason of the first, for operators.
    refused_reason = ""

    def initialize(self, **parts: object) -> None:
        super().initialize(**parts)
        self.body = WholeBody(self.live, self.uploads)

    def make_decoder(self, content_type: str) -> Decoder:
        """Return how this body is read. Raises UnknownType or InvalidInput."""
        raise NotImplementedError

    @property
    def content_type(self) -> str:
        """Return the media type of the body, in lower case, without parameters, and JSON for each kind of JSON."""
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return "application/json" if kind.endswith("+json") else kind

    @property
    def is_strict(self) -> bool:
        """Return True if unknown fields and levels are refused."""
        return self.argument("strict") not in ("", "0", "false")

    @property
    def has_lines(self) -> bool:
        """Return True if each line of the body is a message."""
        return self.request.method == "PUT" or self.content_type in NDJSON

    def prepare(self) -> None:
        if self.request.method not in ("POST", "PUT"):
            super().prepare()
            return
        self.request.connection.set_max_body_size(UNLIMITED)  # type: ignore[union-attr]  # HTTP1Connection has it
        headers = self.request.headers
        try:
            super().prepare()
            if (encoding := headers.get("Content-Encoding", "identity")) != "identity":
                hint = "send it uncompressed"
                raise UnknownType("Content-Encoding", f"{encoding!r} is not supported", hint=hint)
            self.charset = charset_of(headers.get("Content-Type", ""))
            self.decoder = self.make_decoder(self.content_type)
            if not self.has_lines:
                return
            if "Idempotency-Key" not in headers:
                self.open_stream()
            elif "Content-Length" not in headers:  # Only a whole body can be repeated.
                hint = "send a body with a Content-Length, or leave the key out"
                raise InvalidInput("Idempotency-Key", "cannot be used with a stream of lines", hint=hint)
        except (EyewallError, HTTPError) as error:
            is_endless = self.has_lines and "Content-Length" not in headers
            if is_endless or self.request.method not in self.allowed_methods():
                raise
            self.body = WholeBody(self.live, self.uploads, error)  # Raised when the body has been read.

    def open_stream(self) -> None:
        """Publish lines as they arrive. Only a POST of known length has a time limit. Raises Overloaded."""
        self.uploads.add_stream(self.stop)
        self.lines = LinePublisher(self.publisher(), self.decoder, self.charset, self.joiner(), self.fail)
        connection: Any = self.request.connection  # HTTP1Connection
        length = self.request.headers.get("Content-Length", "")
        is_known = self.request.method == "POST" and length.isdecimal()
        connection.set_body_timeout(connection.params.body_timeout + int(length) / SLOWEST_BYTES if is_known else None)

    def joiner(self) -> Joiner | None:
        """Return what joins the lines of a PUT to records, unless `multiline=off`."""
        is_off = self.argument("multiline") in ("off", "0", "false")
        return Joiner() if self.request.method == "PUT" and not is_off else None

    def publisher(self) -> Publisher:
        """Return the publisher. Only a PUT is held back while the log refuses; a POST is answered."""
        is_connected = self.is_connected if self.request.method == "PUT" else None
        return Publisher(self.hub.publish, self.live, self.uploads, is_connected)

    def is_connected(self) -> bool:
        """Return False once the client has closed. Tornado reads nothing while a body is held back."""
        stream = self.request.connection.stream  # type: ignore[union-attr]  # HTTP1Connection has it
        if stream.closed():
            return False
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLRDHUP)
        return not poll.poll(0)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        # Tornado reads the next piece when the result is done: back-pressure for streams.
        if self.lines is not None:
            return self.publish_chunk(self.lines, chunk)
        try:
            self.body.feed(chunk)
        except (EyewallError, HTTPError) as error:
            self.fail(error)
        return None

    async def publish_chunk(self, lines: LinePublisher, chunk: bytes) -> None:
        try:
            async with WhileConnected(self.is_connected):
                await lines.feed(chunk)
        except TimeoutError:
            self.request.connection.stream.close()  # type: ignore[union-attr]  # HTTP1Connection has it
        except Exception as error:  # Tornado would close without an answer.
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Answer an error in the middle of the body."""
        if not self._finished:
            self.log_exception(type(error), error, error.__traceback__)
            status = error.status_code if isinstance(error, HTTPError) else 500
            self.send_error(status, exc_info=(type(error), error, error.__traceback__))

    def on_connection_close(self) -> None:
        self.on_finish()
        # Tornado's frames on this exception keep a piece of the body.
        if (loss := sys.exc_info()[2]) is not None:
            traceback.clear_frames(loss)
        super().on_connection_close()

    def on_finish(self) -> None:
        """Release the body's bytes now: the cycle collector frees the handler later. Idempotent."""
        self.uploads.remove_stream(self.stop)
        self.body.close()
        if self.lines is not None:
            self.lines.close()

    def stop(self, error: EyewallError) -> None:
        """Answer a stream of lines at shutdown. While it publishes, LinePublisher raises the error afterwards."""
        if self.lines is not None and self.lines.is_holding:
            self.lines.release()
        elif self.lines is not None and not self.lines.is_publishing:
            self.fail(error)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Add the counts of a stream of lines, which the publisher need not send again."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, EyewallError) and self.lines is not None:
            error.details = self.lines.batch.as_json()
        if isinstance(error, InvalidInput) and not self.refused_count:
            self.refused_count, self.refused_reason = 1, error.message
        super().write_error(status_code, **kwargs)

    async def publish_lines(self) -> None:
        """Answer a body of lines: the end of a stream, or a whole body in one transaction."""
        if self._finished:  # Answered by `stop`.
            return
        if self.lines is not None:
            await self.lines.finish()
            self.write_batch(self.lines.batch)
            return
        content = self.body.content()
        key = self.key(content)  # Before anything is awaited, when the body is still there.
        lines = lines_of(to_utf8(content, self.charset), self.decoder.max_line_bytes(self.live.current.publish))
        self.write_batch(await self.publisher().append_all(lines, self.decoder, key, self.joiner()))

    async def publish_json(self, content: bytes, topic: str | None) -> None:
        """Publish one JSON object, or the valid ones of an array."""
        body = to_utf8(content, self.charset)
        decoder = JsonObjects(topic, is_strict=self.is_strict)
        if not body.lstrip().startswith(b"["):
            await self.publish_one(lambda: decoder.decode(body, self.live.current.publish), content)
            return
        key = self.key(content)
        items = decode(_array, body, hint=FIELDS_HINT)
        if len(items) > MAX_MESSAGES:
            raise too_many(f"{len(items):,}")
        self.write_batch(await self.publisher().append_all(map(bytes, items), decoder, key))

    async def publish_one(self, decode: Callable[[], Draft | None], content: bytes) -> None:
        """Publish one message. A repeat is answered although a changed limit refuses it now."""
        key = self.key(content)
        try:
            draft = decode()
            if draft is None:
                raise InvalidInput("body", "is empty", hint=FIELDS_HINT)
            receipt = await self.hub.publish([draft], key=key)
        except InvalidInput:
            if key is None or not (receipt := await self.hub.publish([], key=key)).count:
                raise
        self.write_json(receipt.as_json(), 201)

    def write_batch(self, batch: Batch) -> None:
        """Answer 201 if anything is in the log, else 400. A PUT may end without a message: its source had none."""
        if batch.rejected:
            self.refused_count, self.refused_reason = batch.rejected_count, str(batch.rejected[0]["error"])
        if not batch.accepted and (batch.rejected_count or self.request.method != "PUT"):
            count = batch.rejected_count
            problem = f"none of its {count} messages can be published" if count else "holds no message"
            error = InvalidInput("body", problem, hint="" if count else FIELDS_HINT)
            error.details = batch.as_json()
            raise error
        self.write_json(batch.as_json(), 201)

    def key(self, content: bytes) -> IdempotencyKey | None:
        """Return the Idempotency-Key header with the digest of the request. Raises InvalidInput."""
        # Of what was received: a changed limit changes what is accepted, while the request is the same.
        options: list[object] = [self.request.path, self.option("X-Level", "level"), self.option("X-Source", "source")]
        options += [self.content_type in JSON, *["lines"] * self.has_lines, *["strict"] * self.is_strict]
        options += ["apart"] * (self.request.method == "PUT" and self.joiner() is None)
        return idempotency_key(self.request.headers.get("Idempotency-Key"), options, content)

    def option(self, header: str, argument: str) -> str:
        """Return a field of a header or the query. Header bytes are UTF-8, although Tornado reads them as Latin-1."""
        value = self.request.headers.get(header)
        return self.argument(argument) if value is None else value.encode("latin-1", "replace").decode(errors="replace")

    def argument(self, name: str) -> str:
        """Return a field of the query, "" without one."""
        # Not get_query_argument(), which strips line ends and replaces control characters instead of refusing them.
        return self.request.query_arguments.get(name, [b""])[-1].decode(errors="replace")
