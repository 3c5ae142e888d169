"""Forms that are messages, and texts that look like forms."""

import json
import logging
from urllib.parse import urlencode

import pytest

from hub.config import PublishConfig
from hub.ingest.decode import TopicText
from hub.ingest.forms import read_form


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("message=disk+full&level=error", {"message": "disk full", "level": "error"}),
        ("message=disk full", {"message": "disk full"}),
        ("text=k%C3%A4se", {"text": "käse"}),
        ("payload=plain", {"text": "plain"}),
        ('payload={"text":"a%26b"}', {"text": "a&b"}),
    ],
)
def test_a_form_with_a_text_is_its_fields(body: str, fields: dict[str, str]) -> None:
    form = read_form(body.encode())
    assert form is not None
    assert json.loads(form) == fields


@pytest.mark.parametrize(
    "body",
    [
        *("a=1&" * 5, "Hello & goodbye = 1", "x=1", "level=error msg=disk", "msg=disk level=error", "message", ""),
        *("message=a\nb=c", "message=a&b", "message=" + "&a=1" * 200, "message=x&=1;&&&"),
    ],
)
def test_other_bodies_are_texts(body: str) -> None:
    assert read_form(body.encode()) is None


@pytest.mark.parametrize(
    ("text", "args", "said"),
    [
        ("%s is %d %% full", ("/dev/sda", 99), "/dev/sda is 99 % full"),
        ("plain 100%", (), "plain 100%"),
        ("%(a)s", ({"a": 1},), "1"),
        ("%9999999999d", (1,), "%9999999999d"),
        ("%*d", (9999999, 1), "%*d"),
        ("%d", ("x",), "%d"),
    ],
)
def test_python_s_http_handler(text: str, args: tuple[object, ...], said: str) -> None:
    record = logging.LogRecord("shop.cart", logging.ERROR, "cart.py", 7, text, args, None)
    form = read_form(urlencode(record.__dict__).encode())
    assert form is not None
    draft = TopicText("app").object(form, PublishConfig())
    assert (draft.message, draft.level, draft.source) == (said, "error", "shop.cart")
    data = json.loads(bytes(draft.data or b""))
    assert data["lineno"] == "7"
    assert data["time"].endswith("Z")
