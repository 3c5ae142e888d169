"""Lines are published in order, held back while the log refuses, and counted exactly."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from hub.access import ANONYMOUS, Principal
from hub.config import Config
from hub.config.live import LiveConfig
from hub.errors import LogFull, NotStored, OutcomeUnknown, Overloaded, TooLarge
from hub.ingest.decode import Decoder, JsonObjects, TopicText
from hub.ingest.line_publisher import LinePublisher
from hub.ingest.publisher import LINES_PER_TURN, MAX_MESSAGES, Publisher
from hub.ingest.upload_budget import UploadBudget
from hub.log.protocol import IdempotencyKey, Receipt
from hub.message import Draft
from tests.waiting import until

KIB = 1024


class FailingHub:
    """Stores drafts. `errors` are raised first, one an append."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.stored: list[Draft] = []
        self.calls = 0

    async def publish(
        self, drafts: Sequence[Draft], principal: Principal = ANONYMOUS, key: IdempotencyKey | None = None
    ) -> Receipt:
        assert (principal, key) in ((ANONYMOUS, None), (ANONYMOUS, KEY))
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        self.stored += drafts
        return Receipt(1, len(self.stored) - len(drafts) + 1, len(drafts), "")

    @property
    def texts(self) -> list[str]:
        return [draft.message for draft in self.stored]


KEY = IdempotencyKey("key", b"digest")


def refused(seconds: int = 0) -> NotStored:
    return NotStored("the log cannot be written", retry_seconds=seconds)


def publisher_of(
    hub: FailingHub, *, connected: Callable[[], bool] | None = lambda: True, budget: UploadBudget | None = None
) -> Publisher:
    live = LiveConfig(Config())
    return Publisher(hub.publish, live, budget or UploadBudget(live), connected)


def lines_to(publisher: Publisher, decoder: Decoder | None = None) -> LinePublisher:
    return LinePublisher(publisher, decoder or TopicText("app"))


@pytest.mark.gen_test
async def test_lines_are_stored_with_the_piece_that_ends_them() -> None:
    hub = FailingHub()
    lines = lines_to(publisher_of(hub))
    await lines.feed(b"one\ntw")
    assert hub.texts == ["one"]
    await lines.feed(b"o\nthree")
    await lines.finish()
    assert hub.texts == ["one", "two", "three"]
    counts = {"lines": 3, "accepted": 3, "first": "1-1", "last": "1-3", "rejected": [], "rejected_count": 0}
    assert lines.batch.as_json() == counts


@pytest.mark.gen_test
async def test_an_append_that_stored_nothing_is_retried_until_it_is_stored() -> None:
    """LogFull too: a full disk is a reason to hold a publisher back, not to lose its lines."""
    hub = FailingHub(refused(), LogFull("full", retry_seconds=0), refused())
    lines = lines_to(publisher_of(hub))
    await lines.feed(b"one\ntwo\n")
    assert (hub.texts, hub.calls) == (["one", "two"], 4)
    assert lines.batch.accepted == 2


@pytest.mark.gen_test
@pytest.mark.parametrize("error", [OutcomeUnknown("timed out"), Overloaded("no room"), LogFull("full")])
async def test_nothing_else_is_retried(error: Exception) -> None:
    """An append with an unknown outcome may be stored, so that a retry could store its messages twice."""
    hub = FailingHub(error)
    lines = lines_to(publisher_of(hub, connected=None if isinstance(error, LogFull) else lambda: True))
    with pytest.raises(type(error)):
        await lines.feed(b"one\n")
    assert hub.calls == 1
    assert (lines.batch.lines, lines.batch.accepted) == (0, 0)


@pytest.mark.gen_test
async def test_a_publisher_that_is_gone_is_not_held_back() -> None:
    hub = FailingHub(refused(), refused(3600))
    connected = iter([True, False])
    lines = lines_to(publisher_of(hub, connected=lambda: next(connected)))
    with pytest.raises(NotStored):
        await lines.feed(b"one\n")
    assert hub.stored == []


@pytest.mark.gen_test
async def test_a_publisher_that_is_held_back_ends_with_the_server() -> None:
    hub, budget = FailingHub(refused(3600)), UploadBudget(LiveConfig(Config()))
    lines = lines_to(publisher_of(hub, budget=budget))
    waiting = asyncio.ensure_future(lines.feed(b"one\n"))
    await until(lambda: hub.calls == 1)
    assert lines.is_publishing
    budget.stop()
    with pytest.raises(Overloaded, match="the server is stopping"):
        await waiting
    assert not lines.is_publishing


@pytest.mark.gen_test
async def test_counts_are_those_of_lines_that_need_not_be_sent_again() -> None:
    """A line is counted when its outcome is known: stored, rejected or blank."""
    hub = FailingHub()
    lines = lines_to(publisher_of(hub), JsonObjects("app"))
    await lines.feed(b'{"message":"1"}\n\n?\n')
    assert (lines.batch.lines, lines.batch.accepted, lines.batch.rejected_count) == (3, 1, 1)
    hub.errors.append(OutcomeUnknown("timed out"))
    with pytest.raises(OutcomeUnknown):
        await lines.feed(b'?\n{"message":"2"}\n')
    assert (lines.batch.lines, lines.batch.accepted, lines.batch.rejected_count) == (3, 1, 1)
    assert [found["line"] for found in lines.batch.rejected] == [3]


@pytest.mark.gen_test
async def test_many_lines_of_one_piece_are_published_in_parts() -> None:
    hub = FailingHub()
    await lines_to(publisher_of(hub)).feed(b"x\n" * 2500)
    assert (len(hub.stored), hub.calls) == (2500, 3)
    assert LINES_PER_TURN == 1000


@pytest.mark.gen_test
async def test_a_whole_batch_is_one_append_with_its_key() -> None:
    hub = FailingHub(refused())
    batch = await publisher_of(hub).append_all([b"line"] * MAX_MESSAGES, TopicText("app"), KEY)
    assert (batch.lines, batch.accepted, hub.calls) == (MAX_MESSAGES, MAX_MESSAGES, 2)
    with pytest.raises(TooLarge, match="more than 10,000 messages"):
        await publisher_of(hub).append_all([b"line"] * (MAX_MESSAGES + 1), TopicText("app"), KEY)
    assert len(hub.stored) == MAX_MESSAGES


@pytest.mark.gen_test
async def test_an_unfinished_line_takes_room_until_it_ends_or_the_publisher_leaves() -> None:
    hub, live = FailingHub(), LiveConfig(Config.model_validate({"publish": {"max_unfinished_bytes": "64KiB"}}))
    budget = UploadBudget(live)
    first, second = (LinePublisher(Publisher(hub.publish, live, budget), TopicText("app")) for _ in range(2))
    await first.feed(b"x" * 40 * KIB)
    assert budget.kept_bytes == 40 * KIB
    with pytest.raises(Overloaded, match="unfinished bodies already take 40,960 bytes"):
        await second.feed(b"y" * 40 * KIB)
    live.current = Config()
    await second.feed(b"y" * 40 * KIB)
    assert budget.kept_bytes == 120 * KIB
    await first.feed(b"\n")
    second.close()
    assert budget.kept_bytes == 0
