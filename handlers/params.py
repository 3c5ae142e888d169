"""Which messages a request asks for: `topic` (globs, repeatable), `level`, `q`."""

from tornado.web import RequestHandler

from hub.errors import InvalidInput
from hub.filter import Filter
from hub.message import Level


def wanted(handler: RequestHandler) -> Filter:
    """Raises InvalidInput: which parameter, and what it may be."""
    # Names are not stripped: a line end behind one is no name, and is refused like any other character.
    topics = handler.get_query_arguments("topic", strip=False)
    level = handler.get_query_argument("level", Level.DEBUG, strip=False)
    # As it is: Tornado's own way to ask makes blanks of control characters, and blanks alone ask for everything.
    q = handler.request.query_arguments.get("q", [b""])[-1]
    try:
        return Filter.parse(topics, level, q.decode())
    except UnicodeDecodeError as error:
        raise InvalidInput("q", f"byte {error.start + 1} is not UTF-8", hint="percent-encode its UTF-8 bytes") from None
