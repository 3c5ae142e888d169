"""Sums of messages by step of time, level and topic."""

from collections.abc import Iterable
from operator import add
from typing import Final

from hub.message import RANK, Level

MAX_TOPICS: Final = 10_000  # Of one answer, about 1 MB.


class Tally:
    """Counts by level, of each step and each topic. Levels below `least` are left out."""

    def __init__(self, least: Level = Level.DEBUG, max_topics: int = MAX_TOPICS) -> None:
        self.steps: dict[int, list[int]] = {}  # By the second since 1970 at which a step begins.
        self.topics: dict[str, list[int]] = {}
        self.all_topics = True  # No topic was left out of `topics`.
        self._least = RANK[least]
        self._max_topics = max_topics

    def add(self, step: int | None, topic: str | None, counts: Iterable[int]) -> None:
        """Add messages of a step, of a topic, or of both."""
        shown = [count if rank >= self._least else 0 for rank, count in enumerate(counts)]
        if not any(shown):
            return
        if step is not None:
            self.steps[step] = _sum(self.steps.get(step), shown)
        if topic is None:
            return
        if topic in self.topics or len(self.topics) < self._max_topics:
            self.topics[topic] = _sum(self.topics.get(topic), shown)
        else:
            self.all_topics = False

    def merge(self, other: "Tally") -> None:
        for step, counts in other.steps.items():
            self.add(step, None, counts)
        for topic, counts in other.topics.items():
            self.add(None, topic, counts)
        self.all_topics &= other.all_topics

    def as_json(self) -> dict[str, object]:
        levels = [sum(column) for column in zip(*self.steps.values(), strict=True)] or [0] * len(Level)
        topics = sorted(self.topics.items(), key=lambda item: -sum(item[1]))
        return {
            "steps": [[step, counts] for step, counts in sorted(self.steps.items())],
            "levels": dict(zip(Level, levels, strict=True)),
            "topics": dict(topics),
            "all_topics": self.all_topics,
            "total": sum(levels),
        }


def _sum(before: list[int] | None, counts: list[int]) -> list[int]:
    return counts if before is None else list(map(add, before, counts))
