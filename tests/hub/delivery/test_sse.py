"""Two independent parsers read what was written, for any text."""

import json

import httpx
import msgspec
import sseclient
from httpx_sse import EventSource
from hypothesis import example, given
from hypothesis import strategies as st

from hub.delivery import sse
from hub.delivery.sse import chunk, encode, event, retry
from hub.log.protocol import stamp
from hub.message import Draft, Level, Message
from tests.hub.parts import EPOCH, TIME, levels, message, printable, texts, topics

NASTY = "safe\revent: evil\rdata: x\n\nid: 7\r\n: \u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\ufeff\0 end "


def read_by_httpx(stream: bytes) -> list[tuple[str, str, str]]:
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream; charset=utf-8"}, content=stream)
    return [(found.event, found.id, found.data) for found in EventSource(response).iter_sse()]


def read_by_sseclient(stream: bytes) -> list[tuple[str, str | None, str]]:
    pieces = (stream[at : at + 7] for at in range(0, len(stream), 7))
    return [(found.event, found.id, found.data) for found in sseclient.SSEClient(pieces).events()]


def message_of(draft: Draft, seq: int) -> Message:
    return stamp([draft], EPOCH, seq - 1, TIME)[0]


data = st.none() | texts.map(lambda text: msgspec.Raw(json.dumps({text: [text]}).encode()))
drafts = st.builds(Draft, topics, levels, printable, texts, data)


def test_equal_frames_are_one_payload_object() -> None:
    """A message of 1 MiB that matches 300 filters takes 1 MiB, not 300."""
    cache, frame = sse.PayloadCache(), b"x" * 1000
    first = cache.payload([frame], chunked=True)
    assert first == chunk(frame)
    assert cache.payload([frame], chunked=True) is first
    assert cache.payload([frame], chunked=False) is frame
    assert cache.payload([frame, b"y"], chunked=True) == chunk(frame + b"y")
    assert cache.payload([], chunked=True) == b""


@given(st.lists(drafts, min_size=1, max_size=5))
@example([Draft("demo", Level.INFO, "", NASTY, None)])
def test_every_text_arrives_unchanged(drafts: list[Draft]) -> None:
    stream = retry(3000) + b"".join(encode(message_of(draft, seq)) for seq, draft in enumerate(drafts, 1))
    for received in (read_by_httpx(stream), read_by_sseclient(stream)):
        assert [(name, an_id) for name, an_id, _ in received] == [
            ("message", f"{EPOCH}-{seq}") for seq in range(1, len(drafts) + 1)
        ]
        for (_, an_id, text), draft in zip(received, drafts, strict=True):
            expected = {"id": an_id, "time": TIME, "topic": draft.topic, "level": draft.level, "message": draft.message}
            expected |= {"source": draft.source} if draft.source else {}
            expected |= {"data": json.loads(bytes(draft.data))} if draft.data else {}
            assert json.loads(text) == expected


def test_a_frame_is_an_id_and_one_line_of_json() -> None:
    assert encode(message(42, "Hello")) == (
        b'id: 1795400000000-42\ndata: {"id":"1795400000000-42","time":"%b","topic":"demo","level":"info",'
        b'"message":"Hello"}\n\n' % TIME.encode()
    )


def test_an_empty_text_is_sent_and_empty_fields_are_not() -> None:
    assert b'"message":""' in encode(message(1, ""))
    assert b"source" not in encode(message(1, ""))
    assert b'"data"' not in encode(message(1, ""))


@given(st.dictionaries(texts, texts | st.integers(-(2**53), 2**53)))
def test_a_control_event_has_a_name_and_never_an_id(data: dict[str, object]) -> None:
    """An id on a heartbeat would move the reader's cursor."""
    block = event("heartbeat", data)
    [(name, an_id, received)] = read_by_httpx(block)
    assert (name, an_id, json.loads(received)) == ("heartbeat", "", data)
    assert block.count(b"\n") == 3
    assert b"\r" not in block


@given(st.binary(min_size=1))
def test_a_chunk_is_its_length_in_hex_and_the_payload(payload: bytes) -> None:
    size, _, rest = chunk(payload).partition(b"\r\n")
    assert int(size, 16) == len(payload)
    assert rest == payload + b"\r\n"


def test_the_end_of_chunks_is_an_empty_chunk() -> None:
    assert chunk(b"") == sse.END_OF_CHUNKS
