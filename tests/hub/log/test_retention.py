"""What is kept: the newest, without holes, however much or little is published."""

from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from hub.log.database import MEMORY
from hub.log.tuning import DEFAULT
from tests.hub.kept import Kept
from tests.hub.log_files import NOON

DAY = 86_400.0


def test_a_log_within_its_bounds_is_left_alone(kept: Kept) -> None:
    kept.prune()
    kept.fill(1000)
    kept.prune()
    assert (kept.seqs, kept.pruned) == ((1, 1000), [])


def test_what_is_too_many_goes_from_the_oldest_end(kept: Kept) -> None:
    kept.fill(5000)
    kept.limit(keep_messages=100)
    kept.prune()
    assert kept.seqs == (4901, 5000)


def test_what_is_too_old_goes(kept: Kept) -> None:
    kept.limit(keep_for="1h")
    kept.fill(3000, apart=2)
    kept.clock.now = NOON + 3000 + 3600
    kept.prune()
    assert kept.seqs == (1500, 3000)


def test_many_that_are_too_old_go_in_several_steps(kept: Kept) -> None:
    kept.fill(30_000)
    kept.clock.now += 31 * DAY
    kept.prune()
    assert kept.seqs == (30_000, 30_000)
    assert kept.steps > 2


def test_what_takes_too_much_room_goes(kept: Kept) -> None:
    kept.limit(keep_bytes="2MiB")
    kept.fill(20_000)
    kept.prune()
    assert (1 << 20) < kept.used_bytes <= (2 << 20)


def test_large_messages_are_counted_by_their_size_not_their_number(kept: Kept) -> None:
    """A hundred of a tenth of a megabyte are five times too much; a fifth of them stays."""
    kept.limit(keep_bytes="2MiB")
    kept.fill(100, 100 << 10)
    kept.prune()
    assert (3 << 19) < kept.used_bytes <= (2 << 20)


def test_the_newest_stays_however_old_and_large(kept: Kept) -> None:
    """It carries the head: a reader that resumes there must learn that nothing is missing."""
    kept.limit(keep_bytes="1MiB", keep_messages=1)
    kept.fill(3, 2 << 20)
    kept.clock.now += 365 * DAY
    kept.prune()
    assert kept.seqs == (3, 3)


def test_one_large_message_more_takes_only_its_own_size_away(kept: Kept) -> None:
    kept.limit(keep_bytes="4MiB")
    kept.fill(30, 100 << 10)
    kept.fill(1, 1 << 20)
    kept.prune()
    kept.fill(1, 100 << 10)
    kept.prune()
    first, last = kept.seqs
    assert last - first > 20


def test_a_busy_log_puts_off_what_is_little(kept: Kept) -> None:
    """Each step brings a sync of its own; under load that would be one for every commit."""
    kept.limit(keep_messages=100)
    kept.fill(1000)
    kept.prune(urgent=True)
    assert kept.seqs == (1, 1000)
    kept.fill(DEFAULT.urgent_rows)
    kept.prune(urgent=True)
    assert kept.seqs[0] > 1000


def test_a_busy_log_of_a_small_size_is_not_emptied(kept: Kept) -> None:
    kept.limit(keep_bytes="1MiB")
    kept.fill(40_000)
    kept.prune(urgent=True)
    assert kept.used_bytes > 1 << 20


@given(
    parts=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 30_000), st.floats(-7200, 7200)), max_size=5),
    keep_messages=st.integers(1, 200),
    keep_for=st.floats(1, 7200),
    later=st.floats(0, 7200),
)
def test_retention_keeps_its_bounds_and_prunes_no_more_than_needed(
    parts: list[tuple[int, int, float]], keep_messages: int, keep_for: float, later: float
) -> None:
    kept = Kept(MEMORY, keep_bytes="1MiB", keep_messages=keep_messages, keep_for=keep_for)
    with closing(kept.connection):
        times = []
        for count, size, time in parts:
            kept.fill(count, size, time=NOON + time)
            times += [int((NOON + time) * 1000)] * count
        kept.clock.now += later
        kept.prune()
        if not times:
            return
        first, head = kept.seqs
        oldest = int((kept.clock.now - keep_for) * 1000)
        young = next((seq for seq, time in enumerate(times, 1) if time >= oldest), head)
        must_go = max(head - keep_messages + 1, min(young, head))
        assert first >= must_go
        assert first == head or kept.used_bytes <= 1 << 20
        if kept.used_bytes > 3 << 18 and not kept.pragma("freelist_count"):
            assert first == must_go
