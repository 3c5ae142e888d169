"""The benchmark: Eyewall beside its peers, in interleaved rounds, every delivery checked.

`make bench` takes some twelve minutes and writes RESULTS.md; `make bench-quick` takes two and writes nothing.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.peer import BUILD, EYEWALL, HERE, Missing, Peer, eyewall, make_generator
from benchmarks.running import DISTURBED, Result, running
from benchmarks.scenario import Scenario, Trial, with_other
from benchmarks.scenarios import FULL, QUICK, Effort, scenarios
from benchmarks.table import is_right, table

RESULTS: Final = HERE / "RESULTS.md"
INTRODUCTION: Final = """\
# What `make bench` measured

Server and generator have a core each; the log is a file with `synchronous: full`, except where `:memory:` is said,
and nchan, which keeps nothing on disk. Medians of {rounds} interleaved rounds, ratios within a round; peers that are
there for orientation ran once. Latency runs from the scheduled time of a publish to its arrival at a reader; CPU is
what the kernel counts for the server's processes. Every delivery is checked for loss, repetition, order and
completeness. "Others' load" is what other programs took of the two cores, in percent of one; a run with more than
{disturbed:.0%} was repeated once, while there was time. Absolute times vary from machine to machine and run to run:
only ratios within a table say much.

{date}, load {load:.1f} before the start. {machine}
"""


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0; 1 when Eyewall lost, repeated or damaged a message; 2 when nothing can be measured."""
    parser = argparse.ArgumentParser(description="Measure Eyewall beside its peers.")
    parser.add_argument("--quick", action="store_true", help="one short round of the scenarios that take little time")
    parser.add_argument("--only", metavar="A,C", help="some scenarios; writes nothing")
    parser.add_argument("--against", type=Path, metavar="F", help="also measure the checkout in F, in the same rounds")
    asked = parser.parse_args(arguments)
    effort = QUICK if asked.quick else FULL
    try:
        cores = machine.cores()
        make_generator()
    except (RuntimeError, Missing) as error:
        print(f"cannot measure anything: {error}", file=sys.stderr)
        return 2
    wanted = scenarios(effort)
    if asked.only:
        letters = set(asked.only.upper().split(","))
        wanted = [scenario for scenario in scenarios(replace(effort, is_quick=False)) if scenario.letter in letters]
    if asked.against:
        wanted = with_other(wanted, EYEWALL, eyewall(asked.against.name, checkout=asked.against.resolve()))

    text = [_introduction(effort)]
    print(text[0], flush=True)
    bench = Bench(effort, cores, _missing(wanted), time.monotonic() + effort.patience_seconds)
    right = True
    for scenario in wanted:
        rounds, failures = bench.measure(scenario)
        text.append(table(scenario, rounds, failures))
        print(text[-1], flush=True)
        ours = [trial.name for trial in scenario.trials if trial.peer.name.startswith("Eyewall")]
        right = right and all(name not in failures and is_right(scenario, rounds, name) for name in ours)
    if not (asked.quick or asked.only or asked.against):
        RESULTS.write_text("\n".join(text), "utf-8")
    return 0 if right else 1


@dataclass(frozen=True)
class Bench:
    """Runs the trials, one at a time; until `patient_until` on the monotonic clock those that were disturbed twice."""

    effort: Effort
    cores: tuple[int, int]
    missing: Mapping[Peer, str]
    patient_until: float

    def measure(self, scenario: Scenario) -> tuple[list[dict[str, Result]], dict[str, str]]:
        """The results of each round, and why trials have none, both by the trials' names."""
        rounds: list[dict[str, Result]] = []
        failures = {trial.name: self.missing[trial.peer] for trial in scenario.trials if trial.peer in self.missing}
        for index in range(self.effort.rounds):
            rounds.append({})
            for trial in scenario.trials:
                if trial.peer in self.missing or (trial.once and index > 0):
                    continue
                print(f"\r\033[K{scenario.letter} {index + 1}: {trial.name}\r", end="", file=sys.stderr, flush=True)
                try:
                    rounds[-1][trial.name] = self.run(trial)
                except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                    failures[trial.name] = " ".join(str(error).split())[-200:]
                    print(f"{scenario.letter}: {trial.name} failed: {error}", file=sys.stderr)
        return rounds, failures

    def run(self, trial: Trial) -> Result:
        """Once, or, if something else was busy meanwhile and there is time, the better of two."""
        tries: list[Result] = []
        while not tries or (
            len(tries) < 2 and tries[0]["others"] > DISTURBED and time.monotonic() < self.patient_until
        ):
            with running(trial.peer, self.cores) as server:
                tries.append(trial.play(server))
        return min(tries, key=lambda result: float(result["others"]))


def _introduction(effort: Effort) -> str:
    return INTRODUCTION.format(
        rounds=effort.rounds,
        disturbed=DISTURBED,
        date=time.strftime("%-d %B %Y, %H:%M"),
        load=machine.load_average(),
        machine="\n".join(machine.describe(BUILD)),
    )


def _missing(wanted: Sequence[Scenario]) -> dict[Peer, str]:
    """Make every peer ready; those that cannot be had, and why."""
    found: dict[Peer, str] = {}
    for peer in dict.fromkeys(trial.peer for scenario in wanted for trial in scenario.trials):
        try:
            peer.make()
        except Missing as error:
            found[peer] = f"missing: {error}"
            print(f"{peer.name} is missing: {error}", file=sys.stderr)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
