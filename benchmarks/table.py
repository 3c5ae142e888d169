"""Results as Markdown: one table a scenario, medians over the rounds, and whether the aims are reached."""

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from benchmarks.running import DISTURBED, Result
from benchmarks.scenario import Aim, Figure, Scenario, problems

Round = Mapping[str, Result]
"""The results of one round, by the names of the trials; a trial that failed, or had been run before, is not there."""


def table(scenario: Scenario, rounds: Sequence[Round], failures: Mapping[str, str]) -> str:
    """The scenario's section."""
    head = ["", *_titles(scenario), "others' load", "deliveries"]
    lines = [f"## {scenario.letter}: {scenario.title}", "", _row(head), _row(["---"] * len(head))]
    for trial in scenario.trials:
        measured = [results for results in rounds if trial.name in results]
        if measured:
            shown = [text for figure in scenario.figures for text in _cells(scenario, figure, trial.name, measured)]
            others = f"{median(results[trial.name]['others'] for results in measured):.0%}"
            lines.append(_row([trial.name, *shown, others, _checked(scenario, trial.name, measured)]))
        else:
            why = failures.get(trial.name, "not measured")
            lines.append(_row([trial.name, *["–"] * (len(head) - 2), why]))
    return "\n".join([*lines, "", *_aims(scenario, rounds), ""])


def is_right(scenario: Scenario, rounds: Sequence[Round], name: str) -> bool:
    """Nothing was lost, repeated, damaged or refused in any round of this trial."""
    return scenario.may_lose or not any(problems(results[name]) for results in rounds if name in results)


def number(value: float) -> str:
    """Three digits that count, and thousands apart."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:.{min(3, max(0, digits))}f}"


def _titles(scenario: Scenario) -> Iterable[str]:
    for figure in scenario.figures:
        yield figure.title
        if _is_compared(scenario, figure):
            yield f"× {scenario.base}"


def _is_compared(scenario: Scenario, figure: Figure) -> bool:
    return figure.compared and any(trial.name == scenario.base for trial in scenario.trials)


def _cells(scenario: Scenario, figure: Figure, name: str, measured: Sequence[Round]) -> Iterable[str]:
    value = median(figure.read(results[name]) for results in measured)
    yield number(value or math.nan)  # 0: nothing happened that could be told.
    if _is_compared(scenario, figure):
        bases = [
            results for results in measured if scenario.base in results and figure.read(results[scenario.base]) > 0
        ]
        ratios = [figure.read(results[name]) / figure.read(results[scenario.base]) for results in bases]
        yield number(median(ratios)) if ratios and value else "–"


def _checked(scenario: Scenario, name: str, measured: Sequence[Round]) -> str:
    if scenario.may_lose:
        return "all checked"
    found = [text for results in measured if (text := problems(results[name]))]
    return found[0] if found else "all right"


def _aims(scenario: Scenario, rounds: Sequence[Round]) -> Iterable[str]:
    for aim in scenario.aims:
        values = list(_asked(aim, rounds))
        if not values or math.isnan(median(values)):
            yield f"- {aim.text}: not measured"
        else:
            value = median(values)
            others = max(result["others"] for results in rounds for result in results.values())
            why = f" (others' load up to {others:.0%}: measure again)" if others > DISTURBED else ""
            verdict = "reached" if aim.is_reached(value) else f"**NOT reached**{why}"
            yield f"- {aim.text}: {number(value)}, {verdict}"


def _asked(aim: Aim, rounds: Sequence[Round]) -> Iterable[float]:
    for results in rounds:
        try:
            yield aim.of(results)
        except (KeyError, ValueError, ZeroDivisionError):
            continue  # One of the named subjects was not measured in this round.


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
