"""Messages and other values that tests of the hub share."""

from hypothesis import strategies as st

from hub.log.generations import Generations
from hub.log.protocol import format_id, format_time
from hub.message import Draft, Level, Message

EPOCH = 1_795_400_000_000
TIME = format_time(EPOCH)
GENERATIONS = Generations([(EPOCH, 1, 0)])

# Any text: line ends of all kinds, NUL, U+2028, a BOM, emoji, but no lone surrogates.
texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\0\u2028\u2029\x85\ufeff\x0b\x1e"))
topics = st.text("abcXYZ019._-", min_size=1, max_size=8)
levels = st.sampled_from(list(Level))
printable = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)


def draft(text: str = "hello", *, topic: str = "demo", level: str = "info") -> Draft:
    return Draft.parse(topic=topic, message=text, level=level)


def message(seq: int = 1, text: str = "hello", *, topic: str = "demo", level: Level = Level.INFO) -> Message:
    return Message(id=format_id(EPOCH, seq), time=TIME, topic=topic, level=level, message=text)
