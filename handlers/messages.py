"""Publishing: who may say what where.

POST /messages           one JSON object, an array of them, or NDJSON
POST /topics/<topic>     a text; also JSON, for which the address names the topic
PUT  /topics/<topic>     a stream of lines, each published as it arrives, for hours

How bodies are read is in publish.py, every rule about messages in hub/message.py.
"""

import asyncio
import contextlib
from typing import Final

from handlers.publish import JSON, NDJSON, PublishHandler
from hub.errors import InvalidInput, LogFull, Overloaded, UnknownType
from hub.ingest.lines import TruncatedLine, draft
from hub.message import Draft, Level

# What curl sends by itself is application/x-www-form-urlencoded; it never means a form here.
TEXT: Final = frozenset({"", "application/x-www-form-urlencoded", "application/octet-stream", "text/plain"})


class MessagesHandler(PublishHandler):
    """POST /messages: everything is in the JSON."""

    def open_body(self, content_type: str) -> None:
        if content_type in NDJSON:
            self.open_lines(self.limits.max_body_bytes)  # A line is what could be a body; escapes make JSON long.
        elif content_type not in JSON and content_type not in TEXT:
            raise UnknownType("Content-Type", f"{content_type!r} is not read here", hint="send application/json")

    async def publish_lines(self, lines: list[str]) -> None:
        texts = (line if isinstance(line, TruncatedLine) else line.strip().encode() for line in lines)
        if drafts := self.batch.read(texts, None):
            self.batch.accept(await self.hub.publish(drafts))

    async def post(self) -> None:
        if self.problem is not None:
            raise self.problem
        if self.lines is not None:
            await self.finish_lines()
        else:
            await self.publish_json(bytes(self.body), None)


class TopicHandler(PublishHandler):
    """/topics/<topic>: the address says where, the body says what."""

    def open_body(self, content_type: str) -> None:
        # A bad topic, level or source is said before hours of lines are read.
        self.level = self.option("X-Level", "level")
        self.source = self.option("X-Source", "source")
        Draft.parse(topic=self.path_args[0], message="", level=self.level or Level.INFO, source=self.source)
        if self.request.method == "PUT" or content_type in NDJSON:
            self.open_lines(self.limits.max_message_bytes)
        elif not (content_type in TEXT or content_type in JSON or content_type.startswith("text/")):
            raise UnknownType("Content-Type", f"{content_type!r} is not read here", hint="send text/plain")

    async def publish_lines(self, lines: list[str]) -> None:
        topic, source, limit = self.path_args[0], self.source, self.limits.max_message_bytes
        drafts = [draft(line, topic=topic, source=source, level=self.level, max_bytes=limit) for line in lines]
        while drafts:
            try:
                self.batch.accept(await self.hub.publish(drafts))
            except LogFull:
                raise
            except Overloaded as error:
                if self.uploads.stopping.is_set():
                    raise
                # Too much for now is no reason to lose lines: who sends them is held back instead.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.uploads.stopping.wait(), error.retry_seconds)
            else:
                return

    async def put(self, _topic: str) -> None:
        if self.problem is not None:
            raise self.problem
        await self.finish_lines()

    async def post(self, topic: str) -> None:
        if self.problem is not None:
            raise self.problem
        if self.lines is not None:
            await self.finish_lines()
        elif self.content_type in JSON:
            await self.publish_json(bytes(self.body), topic)
        else:
            await self.publish_one(self.text(topic))

    def text(self, topic: str) -> Draft:
        """The whole body as one message."""
        if not self.body:
            raise InvalidInput("body", "is empty", hint="curl -d 'disk full' …/topics/db")
        try:
            text = self.body.decode()
        except UnicodeDecodeError as error:
            raise InvalidInput("body", f"byte {error.start + 1} is not UTF-8", hint="PUT replaces such bytes") from None
        return Draft.parse(
            topic=topic,
            message=text,
            level=self.level or Level.INFO,
            source=self.source,
            max_bytes=self.limits.max_message_bytes,
        )
