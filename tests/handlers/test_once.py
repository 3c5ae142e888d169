"""Idempotency-Key: what is sent again is answered as the first time, and said once."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from handlers.batch import Batch
from hub.config import PublishConfig
from hub.message import Draft
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.waiting import until

JSON = "application/json"


@pytest.mark.gen_test
async def test_a_key_for_another_body_is_a_conflict_also_where_the_same_would_be_said(both_ways: Site) -> None:
    """What was refused of a body is a part of it, and of the answer."""
    good, bad, worse = '{"topic":"a","message":"1"}', '{"topic":"","message":"2"}', '{"topic":"","message":"3"}'
    first = await both_ways.post("/messages", f"[{good},{bad}]", JSON, idempotency_key="k")
    again = await both_ways.post("/messages", f"[{good},{bad}]", JSON, idempotency_key="k")
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    for other in (f"[{good},{worse}]", good):
        assert (await both_ways.post("/messages", other, JSON, idempotency_key="k")).status == 409


@pytest.mark.gen_test
async def test_a_key_is_for_where_and_how_it_is_said_too(both_ways: Site) -> None:
    body = '{"message":"1"}'
    first = await both_ways.post("/topics/a?level=error", body, idempotency_key="k")
    again = await both_ways.post("/topics/a", body, idempotency_key="k", x_level="error")
    assert {"id": first.json["id"], "time": first.json["time"]} == again.json
    for path, kind in (("/topics/a", ""), ("/topics/b?level=error", ""), ("/topics/a?level=error", JSON)):
        assert (await both_ways.post(path, body, kind, idempotency_key="k")).status == 409
    assert both_ways.wall.log.head == 1


@pytest.mark.gen_test
async def test_a_retry_is_answered_as_the_first_time_though_a_limit_has_changed(start_site: StartSite) -> None:
    site = await start_site(publish={"max_message_bytes": "1KiB"})
    items = f'[{{"topic":"a","message":"1"}},{{"topic":"a","message":"{"x" * 2000}"}}]'
    first = await site.post("/messages", items, JSON, idempotency_key="k")
    assert (first.json["accepted"], first.json["rejected_count"]) == (1, 1)
    site.wall.apply(site.wall.config.model_copy(update={"publish": PublishConfig()}))
    again = await site.post("/messages", items, JSON, idempotency_key="k")
    assert (again.status, again.json["first"]) == (201, first.json["first"])
    assert site.wall.log.head == 1


async def begin(site: Site, path: str, body: str) -> asyncio.StreamWriter:
    """Publish with the key "k" through Tornado, and do not wait for the answer."""
    _, writer = await site.connect()
    writer.write(site.head("POST", path, len(body), {"Idempotency-Key": "k", "TE": "trailers"}) + body.encode())
    return writer


@pytest.mark.gen_test
async def test_who_hangs_up_while_an_array_is_read_may_send_it_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was published by then is known by what was handed in, though the body is forgotten."""
    body = "[" + ",".join(['{"topic":"a","message":"1"}'] * 10_000) + "]"
    was_open: list[int] = []
    read = Batch.read

    def read_and_hang_up(batch: Batch, texts: Iterable[Any], topic: str | None) -> list[Draft]:
        writer.transport.abort()
        was_open.append(site.door.open)
        return read(batch, texts, topic)

    with monkeypatch.context() as patch:
        patch.setattr("handlers.publish.AT_ONCE", 1)  # Thousands of turns, in which the end is heard of.
        patch.setattr(Batch, "read", read_and_hang_up)
        writer = await begin(site, "/messages", body)
        await until(lambda: site.wall.log.head == 10_000, 60)
    assert (was_open[0], was_open[-1]) == (1, 0)
    again = await site.post("/messages", body, idempotency_key="k")
    assert (again.status, again.json["accepted"]) == (201, 10_000)
    assert site.wall.log.head == 10_000


@pytest.mark.gen_test
@pytest.mark.parametrize(("path", "body"), [("/topics/a", "1"), ("/messages", '{"topic":"a","message":"1"}')])
async def test_who_hangs_up_while_receivers_are_counted_may_send_it_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, path: str, body: str
) -> None:
    """With many filters that takes more than one turn."""
    count = site.wall.registry.receivers

    async def count_and_hang_up(draft: Draft) -> int:
        writer.transport.abort()
        await until(lambda: site.door.open == 0)
        return await count(draft)

    with monkeypatch.context() as patch:
        patch.setattr(site.wall.registry, "receivers", count_and_hang_up)
        writer = await begin(site, path, body)
        await until(lambda: site.wall.log.head == 1, 60)
    again = await site.post(path, body, idempotency_key="k")
    assert (again.status, site.wall.log.head) == (201, 1), again.body
