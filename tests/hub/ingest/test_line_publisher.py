"""The start of a stack trace waits for its other lines, for a bounded time."""

from typing import Any

import pytest

from hub.config import Config
from hub.config.live import LiveConfig
from hub.errors import NotStored, Overloaded
from hub.ingest.decode import TopicText
from hub.ingest.line_publisher import LinePublisher, raise_it
from hub.ingest.multiline import Joiner
from hub.ingest.upload_budget import UploadBudget
from hub.log.protocol import Receipt
from tests.hub.ingest.test_publisher import FailingHub, publisher_of
from tests.waiting import until

TRACE = "Exception in thread main\n\tat a\n\tat b"


def lines_to(hub: FailingHub, *, seconds: float = 60, errors: list[Exception] | None = None) -> LinePublisher:
    """Return a publisher that holds a line for `seconds`."""
    on_error = raise_it if errors is None else errors.append
    publisher = publisher_of(hub, connected=None)
    return LinePublisher(publisher, TopicText("app"), "utf-8", Joiner(), on_error, seconds)


@pytest.mark.gen_test
async def test_a_trace_in_pieces_is_one_message_and_its_lines_count() -> None:
    hub = FailingHub()
    lines = lines_to(hub)
    for piece in TRACE.encode().split(b"\n"):
        await lines.feed(piece + b"\n")
    assert hub.texts == []
    assert lines.is_holding
    assert lines.batch.as_json()["lines"] == 0
    await lines.feed(b"next\n")
    assert hub.texts == [TRACE, "next"]
    assert (lines.batch.lines, lines.batch.accepted) == (4, 2)


@pytest.mark.gen_test
async def test_what_is_held_is_published_at_the_end_of_the_body() -> None:
    hub = FailingHub()
    lines = lines_to(hub)
    await lines.feed(b"one\n" + TRACE.encode())
    assert hub.texts == ["one"]
    await lines.finish()
    assert hub.texts == ["one", TRACE]


@pytest.mark.gen_test
async def test_what_is_held_is_published_after_a_while() -> None:
    hub = FailingHub()
    lines = lines_to(hub, seconds=0.01)
    await lines.feed(b"[ERROR] boom\n")
    await until(lambda: hub.texts == ["[ERROR] boom"])
    await lines.feed(b"  late\n")
    await lines.finish()
    assert hub.texts == ["[ERROR] boom", "  late"]


@pytest.mark.gen_test
async def test_an_error_behind_the_wait_is_told() -> None:
    errors: list[Exception] = []
    lines = lines_to(FailingHub(NotStored("full", retry_seconds=1)), seconds=0.01, errors=errors)
    await lines.feed(b"[ERROR] boom\n")
    await until(lambda: bool(errors))
    assert isinstance(errors[0], NotStored)


@pytest.mark.gen_test
async def test_what_is_held_is_published_when_the_connection_is_lost() -> None:
    hub = FailingHub()
    lines = lines_to(hub)
    await lines.feed(b"[ERROR] boom\nhal")
    lines.close()
    lines.close()
    await until(lambda: hub.texts == ["[ERROR] boom"])


@pytest.mark.gen_test
async def test_what_is_held_when_the_server_stops_is_published_and_counted() -> None:
    """A publisher that sends the lines again which are not counted repeats nothing."""
    budget = UploadBudget(LiveConfig(Config()))

    class StoppingHub(FailingHub):
        async def publish(self, *args: Any, **kwargs: Any) -> Receipt:
            budget.stop()
            return await super().publish(*args, **kwargs)

    hub = StoppingHub()
    publisher = publisher_of(hub, connected=None, budget=budget)
    lines = LinePublisher(publisher, TopicText("app"), joiner=Joiner(), hold_seconds=60)
    with pytest.raises(Overloaded):
        await lines.feed(f"one\n{TRACE}\n".encode())
    assert hub.texts == ["one", TRACE]
    assert lines.batch.lines == 4


@pytest.mark.gen_test
async def test_what_is_held_counts_as_kept_until_it_is_published() -> None:
    hub, budget = FailingHub(), UploadBudget(LiveConfig(Config()))
    publisher = publisher_of(hub, connected=None, budget=budget)
    lines = LinePublisher(publisher, TopicText("app"), joiner=Joiner(), hold_seconds=0.01)
    await lines.feed(b"[ERROR] " + b"x" * 1_000_000 + b"\n")
    assert budget.kept_bytes > 0
    await until(lambda: len(hub.texts) == 1)
    await until(lambda: budget.kept_bytes == 0)
