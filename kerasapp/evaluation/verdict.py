"""What a report says in words: its first line, and what its figures are to be read with."""

import math
from types import ModuleType
from typing import Any

from kerasapp.evaluation.parts import number, spoken, spread
from kerasapp.names import counted

FEW = 100  # examples, below which an interval is so wide that it is said


def headline(report: dict[str, Any], metric: str, better: str) -> str:
    """The first line: the figure, its interval, and how it stands to the best baseline; where that wins, that first."""
    name, result = next(iter(report["splits"].items()))
    own = result["metrics"][metric]
    if not math.isfinite(own["value"]):
        return f"{name.capitalize()} {spoken(metric)} can't be told: {result['not_finite']} outputs are not finite."
    interval = f"95 % interval {spread(own)}, " if spread(own) else ""
    figure = f"{number(own['value'])} ({interval}{_examples(result['examples'])})"
    rivals = [row for row in report["baselines"] if name == "test" and metric in row["metrics"]]
    if not rivals:
        return f"{name.capitalize()} {spoken(metric)} {figure}."
    sign = 1 if better == "higher" else -1
    rival = max(rivals, key=lambda row: sign * row["metrics"][metric]["value"])
    value = rival["metrics"][metric]["value"]
    if sign * own["value"] < sign * value:
        within = spread(own) and own["low"] <= value <= own["high"]
        told = (
            f"The baseline wins: {rival['name']} has a {name} {spoken(metric)} of {number(value)}, this model {figure}."
        )
        return f"{told} The difference is within the interval." if within else told
    stands = "level with" if own["value"] == value else "ahead of"
    return f"{name.capitalize()} {spoken(metric)} {figure}, {stands} {rival['name']} at {number(value)}."


def _examples(count: int) -> str:
    return counted(count, "example", number(count))


def warnings(report: dict[str, Any], kind: ModuleType) -> list[str]:
    """Why the figures may be worse, or better, than they look; a sentence each."""
    told = []
    parameters, training = report["parameters"]["trainable"], report["examples"].get("train")
    if kind.LABELLED and training and parameters > training:
        counts = f"{number(parameters)} trainable parameters, {counted(training, 'training example', number(training))}"
        told.append(
            f"{counts}: it could learn them by heart. The distance between its two curves tells how far it did."
        )
    for pair, count in report["duplicates"].items():
        copies = f"{number(count)} exact {'copy' if count == 1 else 'copies'} between {pair}"
        told.append(f"{copies}: on new data expect a little less.")
    for name, result in report["splits"].items():
        if kind.LABELLED and result["examples"] < FEW:
            one = number(1 / result["examples"])
            told.append(
                f"{_examples(result['examples'])} in {name}: each is {one} of the result, and the intervals are wide."
            )
        if result.get("not_finite"):
            told.append(f"{result['not_finite']} outputs on {name} are not finite: its figures are not to be trusted.")
        told += kind.warnings(name, result)
    return told
