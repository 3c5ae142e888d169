"""The URLs of messages.

GET  /messages           stored messages (history.py)
POST /messages           one JSON object, an array of them, or NDJSON
POST /topics/<topic>     a text; also JSON, for which the URL names the topic
PUT  /topics/<topic>     a stream of lines, each published as it arrives, for hours
"""

from typing import Final

from handlers.history import HistoryGet
from handlers.publish import JSON, NDJSON, PublishHandler
from hub.errors import UnknownType
from hub.ingest.decode import Decoder, JsonObjects, TopicText
from hub.ingest.encoding import to_utf8
from hub.ingest.forms import read_form

# curl's default, also for texts.
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = frozenset({"", FORM, "application/octet-stream", "text/plain"})


class MessagesHandler(HistoryGet, PublishHandler):
    """/messages: GET searches stored messages; in a POST the JSON has every field."""

    def make_decoder(self, content_type: str) -> Decoder:
        if content_type not in NDJSON | JSON | TEXT:
            raise UnknownType("Content-Type", f"{content_type!r} is not supported", hint="send application/json")
        return JsonObjects(is_strict=self.is_strict)

    async def post(self) -> None:
        if self.has_lines:
            await self.publish_lines()
        else:
            await self.publish_json(self.body.content(), None)


class TopicHandler(PublishHandler):
    """/topics/<topic>: the URL names the topic, and the default level and source."""

    decoder: TopicText

    def make_decoder(self, content_type: str) -> Decoder:
        # Raises for a wrong topic, level or source before a line is read.
        level, source = self.option("X-Level", "level"), self.option("X-Source", "source")
        is_post = self.request.method == "POST"
        decoder = TopicText(self.path_args[0], level, source, refuses_bad_utf8=is_post, is_strict=self.is_strict)
        if not (self.has_lines or content_type in TEXT | JSON or content_type.startswith("text/")):
            raise UnknownType("Content-Type", f"{content_type!r} is not supported", hint="send text/plain")
        return decoder

    async def put(self, _topic: str) -> None:
        await self.publish_lines()

    async def post(self, topic: str) -> None:
        if self.has_lines:
            await self.publish_lines()
        elif self.content_type in JSON:
            await self.publish_json(self.body.content(), topic)
        else:
            content = self.body.content()
            body = to_utf8(content, self.charset)
            if self.content_type == FORM and (form := read_form(body)) is not None:
                await self.publish_one(lambda: self.decoder.object(form, self.live.current.publish), content)
            else:
                await self.publish_one(lambda: self.decoder.whole(body, self.live.current.publish), content)
