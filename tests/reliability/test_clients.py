"""Clients that others have written understand what was said, to the byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reliability.client import Client, clients
from tests.waiting import block_until
from tests.wall import StartWall, Wall

MEGABYTE = 1 << 20
HOSTILE = {
    "empty": "",
    "a carriage return": "one\rtwo",
    "a line feed": "one\ntwo",
    "both": "one\r\ntwo",
    "line ends at both ends": "\n\r\nmiddle\r\n\r",
    "only line ends": "\r\n\r\n\n\n\r\r",
    "what would be an event": "\n\nevent: evil\ndata: boo\nid: 99\n\n",
    "what would be an event to some": "safe\revent: evil\rdata: boo\r\r",
    "what would be a chunk": "\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "what would be a field": "id: 7\nretry: 1\n: comment\ndata",
    "separators of Unicode": "a\u2028b\u2029c\u0085d",
    "separators of ASCII": "a\x0bb\x0cc\x1cd\x1de\x1ef",
    "byte order marks": "\ufeffstart and end\ufeff",
    "zero bytes": "\0a\0",
    "all control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "spaces at both ends": "  two and a tab \t",
    "colons": ": : ::",
    "non-characters": "\ufffe\uffff\U0010ffff",
    "beyond the basic plane": "👩‍👩‍👧‍👦 𝕳 é",
    "JSON": '{"message": "\\u0000"}\\',
    "a colour code": "\x1b[31mred\x1b[0m",
    "as large as may be": "x" * MEGABYTE,
    "large and all line ends": "\r\n" * (MEGABYTE // 2),
    "large and many bytes each": "\u2028" * (MEGABYTE // 3),
}


def all_agree(wall: Wall, readers: list[Client], texts: list[str]) -> None:
    """Publish, and compare with what each of them makes of it."""
    before = [len(reader.heard) for reader in readers]
    said = []
    for text in texts:
        more: dict[str, object] = {"level": "info"}
        if len(text) < 1000:
            more["data"] = {text: [text]}
        identity = wall.publish(text, "demo", **more)
        said.append((identity, more | {"id": identity, "topic": "demo", "message": text}))
    for reader, start in zip(readers, before, strict=True):
        block_until(lambda reader=reader, start=start: len(reader.heard) >= start + len(said), 120)  # type: ignore[misc]  # bound now
        for (identity, understood), (wanted_id, wanted) in zip(reader.heard[start:], said, strict=True):
            assert identity == wanted_id, reader.name
            assert isinstance(understood, dict)
            assert understood.pop("time"), reader.name
            assert understood == wanted, f"{reader.name} understood something else"
        assert not reader.errors, f"{reader.name}: {reader.errors}"


@pytest.fixture
def wall(start_wall: StartWall) -> Wall:
    """Without a disk, which is slower here than everything else, and not what is asked for."""
    return start_wall("log: {path: ':memory:'}")


def test_independent_clients_understand_hostile_texts(wall: Wall) -> None:
    """Line ends of every kind, marks, zero bytes, what looks like an event or a chunk, nothing, and a megabyte."""
    with clients(wall) as readers:
        all_agree(wall, readers, list(HOSTILE.values()))


def test_independent_clients_understand_any_text(wall: Wall) -> None:
    """Texts that hypothesis makes up, with a bias towards what ends a line."""
    nasty = st.sampled_from("\r\n\0\ufeff\u2028\u2029\u0085\x0b\x0c\x1c :")
    texts = st.lists(st.text(st.one_of(nasty, st.characters(exclude_categories=["Cs"]))), min_size=5, max_size=20)
    with clients(wall) as readers:

        @settings(max_examples=40)
        @given(texts)
        def agree(texts: list[str]) -> None:
            all_agree(wall, readers, texts)

        agree()
