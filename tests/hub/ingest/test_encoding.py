"""Bodies in other encodings than UTF-8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput, UnknownType
from hub.ingest.encoding import Transcoder, charset_of, to_utf8


def in_pieces(body: bytes, size: int, charset: str = "utf-8") -> bytes:
    transcoder = Transcoder(charset)
    pieces = [transcoder.feed(body[at : at + size]) for at in range(0, len(body), size)]
    return b"".join([*pieces, transcoder.feed(b"", is_last=True)])


BODIES = [
    ("käse".encode(), "utf-8"),
    (b"\xef\xbb\xbfk\xc3\xa4se", "utf-8"),
    ("\ufeffkäse".encode("utf-16-le"), "utf-8"),
    ("\ufeffkäse".encode("utf-16-be"), "utf-8"),
    ("käse".encode("utf-16-le"), "utf-16-le"),
    ("käse".encode("latin-1"), "iso8859-1"),
    ("käse".encode("cp437"), "cp437"),
]


@pytest.mark.parametrize(("body", "charset"), BODIES)
@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_body_becomes_utf_8_whole_and_in_pieces(body: bytes, charset: str, size: int) -> None:
    assert to_utf8(body, charset).decode() == "käse"
    assert in_pieces(body, size, charset).decode() == "käse"


@given(st.binary(), st.integers(1, 5))
def test_other_bytes_pass_as_they_are(body: bytes, size: int) -> None:
    if not body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        assert to_utf8(body, "utf-8") == in_pieces(body, size) == body


def test_a_mark_inside_a_stream_is_text() -> None:
    assert in_pieces(b"a\xff\xfeb", 1) == b"a\xff\xfeb"


def test_bytes_that_are_not_in_the_charset_are_refused_or_replaced() -> None:
    with pytest.raises(InvalidInput, match="body: byte 3 is not utf-16-le"):
        to_utf8(b"a\0b", "utf-16-le")
    assert in_pieces(b"a\0b", 1, "utf-16-le").decode() == "a\ufffd"


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [
        ("text/plain", "utf-8"),
        ("text/plain; charset=UTF8", "utf-8"),
        ('text/plain; boundary=x; charset="Windows-1252"', "cp1252"),
        ("text/plain; charset=utf-16le", "utf-16-le"),
        ("text/plain; charset=", "utf-8"),
    ],
)
def test_a_charset_is_declared_in_the_content_type(content_type: str, charset: str) -> None:
    assert charset_of(content_type) == charset


@pytest.mark.parametrize("name", ["klingon", "zip", "rot13", "idna", "punycode", "unicode_escape", "\0", "a" * 5000])
def test_what_is_no_charset_is_refused(name: str) -> None:
    with pytest.raises(UnknownType, match="unknown charset"):
        charset_of(f"text/plain; charset={name}")
