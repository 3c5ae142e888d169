"""The definition of a scenario: the subjects, their workload, the figures that count, and the aims."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.peer import Peer
from benchmarks.running import Result, Running

Play = Callable[[Running], Result]
SHARE_SHOWN: Final = 0.00005  # A smaller share of lost messages is shown as a count.


def play(name: str, **options: object) -> Play:
    """One run of the generator."""
    return lambda server: server.load(name, **options)


@dataclass(frozen=True)
class Trial:
    """One row of a table. `once`: not in every round, because it is slow or only there for orientation."""

    name: str
    peer: Peer
    play: Play
    once: bool = False


@dataclass(frozen=True)
class Figure:
    """One column. `compared`: followed by a column with the ratio to the scenario's `base`."""

    title: str
    of: Callable[[Result], float]
    compared: bool = False

    def read(self, result: Result) -> float:
        """NaN when there is nothing to tell."""
        try:
            return self.of(result)
        except ZeroDivisionError:
            return math.nan


@dataclass(frozen=True)
class Aim:
    """`of` is asked of each round, with the results by the names of the trials; the median counts."""

    text: str
    of: Callable[[Mapping[str, Result]], float]
    limit: float
    at_least: bool = False

    def is_reached(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Scenario:
    letter: str
    title: str
    figures: Sequence[Figure]
    trials: Sequence[Trial]
    aims: Sequence[Aim] = ()
    base: str = "nchan"
    may_lose: bool = False  # The figures are taken from the part of a run that was right.


def rows(of: Play, *peers: Peer, once: bool = False) -> list[Trial]:
    """The same for several servers."""
    return [Trial(peer.name, peer, of, once) for peer in peers]


def with_other(found: Sequence[Scenario], ours: Peer, other: Peer) -> list[Scenario]:
    """Every trial of our server a second time with another version of it, in the same rounds."""
    more = []
    for scenario in found:
        trials: list[Trial] = []
        for trial in scenario.trials:
            trials.append(trial)
            if trial.peer is ours:
                trials.append(Trial(f"{trial.name} ({other.name})", other, trial.play, trial.once))
        more.append(replace(scenario, trials=trials))
    return more


def ratio(figure: Figure, name: str, base: str) -> Callable[[Mapping[str, Result]], float]:
    """One trial's figure to another's, in the same round."""
    return lambda results: figure.of(results[name]) / figure.of(results[base])


def value(figure: Figure, name: str) -> Callable[[Mapping[str, Result]], float]:
    return lambda results: figure.of(results[name])


def problems(result: Result) -> str:
    """What was not right with the deliveries; empty when everything was."""
    lost = result["expected"] - result["delivered"]
    said = []
    if lost > 0:
        share = lost / result["expected"]
        said.append(f"{share:.1%} of {result['expected']:,} not delivered" if share > SHARE_SHOWN else f"{lost} lost")
    others = ("repeated", "damaged", "unwanted", "refused", "hung_up", "publishes_refused")
    said += [f"{result[name]:,} {name.replace('_', ' ')}" for name in others if result[name]]
    return ", ".join(said)
