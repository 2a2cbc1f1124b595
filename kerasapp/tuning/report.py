"""A sweep's report: `report.html`, `report.md` and `plots/` in its folder, of the numbers in `sweep.json` alone.

The order is that of a reader's questions: is the best better than what there was, what is it made of, which values
matter, what next, and then every trial.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from kerasapp.evaluation.parts import DASH, Drawing, Section, Table, Text, Tile, duration, number
from kerasapp.evaluation.rendering import Document, draw, markdown, page
from kerasapp.evaluation.report import strips_of
from kerasapp.files import write as write_file
from kerasapp.names import counted
from kerasapp.tuning import _plots as plots
from kerasapp.tuning._advice import advice
from kerasapp.tuning._axes import Axis, shown
from kerasapp.tuning._importance import FEWEST, LEAST_R2, Share, importance
from kerasapp.tuning._verdict import confirmed, headline, interval, plus_minus, warnings
from kerasapp.tuning._view import Trial, View, front_of, is_finite

CURVES = 60  # of trials, the best of them, that are drawn together
NAMED = 4  # values that can't be told are named, of more their number is


def write_report(folder: Path, table: Mapping[str, Any]) -> Path:
    """Draws and writes; returns the path of `report.html`. `table` is the content of `sweep.json`. No TensorFlow.

    A table of a sweep that is not done, or of which nothing finished, makes a report as well: what is missing is
    left out.
    """
    document = compose(Path(folder), table)
    drawn = draw(document)
    for name, content in drawn.items():
        write_file(folder / "plots" / name, content)
    write_file(folder / "report.md", markdown(document))
    write_file(folder / "report.html", page(document, drawn))
    return folder / "report.html"


def compose(folder: Path, table: Mapping[str, Any]) -> Document:
    """The report's parts in order."""
    view = View(table)
    shares = shares_of(view)
    sections = [_best(view), _seeds(view), *_pictures(view, shares), _next(view, shares), _trials(view, folder)]
    return Document(
        headline=headline(view),
        title=f"{table['title'] or table['sweep']} ({table['recipe']})",
        run=str(table["sweep"]),
        warnings=warnings(view),
        tiles=_tiles(view),
        sections=[section for section in sections if section and section.parts],
    )


def shares_of(view: View) -> list[Share]:
    """The importance of each axis. The epochs of the first rungs are one more value, which no trial chose."""
    trials = view.comparable
    if not trials:
        return []
    places, scores = view.places(view.axes, trials), np.array([trial["score"] for trial in trials], float)
    rungs = np.array([trial["rung"] or 1 for trial in trials], float)
    if np.ptp(rungs):
        places = np.column_stack([places, np.log(rungs / rungs.min()) / np.log(rungs.max() / rungs.min())])
    return importance(places, scores)[: len(view.axes)]


def _tiles(view: View) -> list[Tile]:
    tiles = []
    if view.best and not view.is_pareto:
        tiles.append(Tile(f"best trial's {view.score_name}", number(float(view.best["score"])), "its own seed"))
    for name, key in (("the same, new seeds", "best"), ("the recipe's defaults", "default")):
        if told := confirmed(view.table.get(key)):
            tiles.append(Tile(name, plus_minus(told), f"mean and deviation, {told['seeds']} seeds"))
    lost = ", ".join(f"{count} {state}" for state in ("failed", "pruned", "invalid") if (count := view.count(state)))
    tiles.append(Tile("finished trials", number(view.count("finished")), lost))
    spent = sum(trial["seconds"] for trial in view.trials if is_finite(trial["seconds"]))
    if spent:
        tiles.append(Tile("training time of all", duration(spent), ""))
    if view.best and view.best["parameters"]:
        tiles.append(Tile("parameters", number(view.best["parameters"]), "of the best trial"))
    return tiles


def _best(view: View) -> Section | None:
    """The best trial's values, each beside what it was chosen from."""
    if not view.best:
        return None
    rows = [
        [axis.path, shown(view.best["values"][axis.path]) if axis.path in view.best["values"] else DASH, _range(axis)]
        for axis in view.axes
    ]
    table = Table(["value", "of the best trial", "chosen from"], rows, names=3)
    recipe = (view.table.get("best") or {}).get("recipe")
    told = f"Written whole, as a recipe: kerasapp run {recipe}" if recipe else ""
    return Section("The best recipe", [table, *([Text(told)] if told else [])])


def _range(axis: Axis) -> str:
    if axis.choices:
        told = ", ".join(map(shown, axis.choices))
    else:
        told = f"{shown(axis.low)} to {shown(axis.high)}" + (", by its logarithm" if axis.log else "")
    return told + ("; where it applies" if axis.conditional else "")


def _seeds(view: View) -> Section | None:
    """The trials that were trained anew over other seeds, the best first, beside the recipe's own defaults."""
    named = [(f"trial {row['trial']}", row) for row in view.table.get("confirmed") or () if confirmed(row)]
    if not named and confirmed(best := view.table.get("best")):
        named = [(f"trial {best['trial']}", best)]
    named.sort(key=lambda it: -view.sign * confirmed(it[1])["mean"])
    texts = []
    if confirmed(default := view.table.get("default")):
        named.append(("the recipe's own defaults", default))
        texts = [Text("The defaults have what every trial has: what the sweep sets is set in them as well.")]
    if not named:
        return None
    own = {f"trial {trial['trial']}": trial["score"] for trial in view.scored}
    told = [confirmed(row) for _, row in named]
    rows = [
        [name, number(it["mean"]), number(it["spread"]), str(it["seeds"]), number(own.get(name))]
        for (name, _), it in zip(named, told, strict=True)
    ]
    strips, ends = strips_of([interval(it) for it in told], "higher" if view.sign > 0 else "lower")
    header = ["", "mean", "standard deviation", "seeds", "the trial's own"]
    table = Table(header, rows, strips=strips, strip=view.score_name, ends=ends)
    return Section("Over new seeds", [table, *texts])


def _pictures(view: View, shares: Sequence[Share]) -> list[Section | None]:
    if not view.scored:
        return []
    order = sorted(range(len(shares)), key=lambda at: -shares[at].value if shares[at].told else 0.0)
    axes = [view.axes[at] for at in order]
    gaps = " A line is broken where a value was not chosen." if any(axis.conditional for axis in axes) else ""
    beyond = int(((view.scores < view.window[0]) | (view.scores > view.window[1])).sum())
    edge = f" {beyond} far worse than most are drawn at the edge." if beyond else ""
    together = f"A line is a trial, the stronger the better; the best is red.{gaps}{edge}"
    single = f"A dot is a trial, the best a diamond; a bar is the median of a choice.{_lost(view)}{edge}"
    return [
        _front(view),
        _matter(view, shares),
        Section("All values together", [Drawing("parallel", plots.parallel(view, axes), together)]),
        Section("Each value by itself", [Drawing("slices", plots.slices(view, axes), single)]),
        _course(view),
    ]


def _lost(view: View) -> str:
    marks = {"failed": "crosses", "pruned": "triangles", "invalid": "plus signs"}
    there = [f"{mark} {state}" for state, mark in marks.items() if view.count(state)]
    return f" At the lower edge those that did not finish: {', '.join(there)}." if there else ""


def _front(view: View) -> Section | None:
    if not view.is_pareto or not len(front_of(view)[0]):
        return None
    told = "Of the marked trials none is beaten in everything by another: which of them is best is for you to choose."
    return Section("What is best of its kind", [Drawing("pareto", plots.pareto(view), told)])


def _matter(view: View, shares: Sequence[Share]) -> Section:
    """The importance of each value, or why it can't be told."""
    told = sorted(
        ((axis, it) for axis, it in zip(view.axes, shares, strict=True) if it.told), key=lambda it: -it[1].value
    )
    parts = []
    if told:
        bars = [(axis.label, it.value, it.spread) for axis, it in told]
        caption = "Mean and standard deviation over the trees of a random forest."
        parts.append(Drawing("importance", plots.shares(bars), caption))
        rows = [[axis.path, number(it.value), number(it.spread), number(it.r2), str(it.trials)] for axis, it in told]
        parts.append(Table(["value", "share", "deviation", "R² of the forest", "trials"], rows))
        rest = next((it.rest for axis, it in told if not axis.conditional), told[0][1].rest)
        parts.append(Text(
            "Functional analysis of variance (Hutter, Hoos and Leyton-Brown, 2014) of the scores' ranks: how much of "
            f"what trials differ by each value explains by itself, over its whole range; {number(rest)} is left to "
            "values together. R² is of trials that the forest has not seen. A value that only some trials have is "
            "judged among them."
        ))  # fmt: skip
    parts += [Text(line) for line in _untold(view.axes, shares)]
    if len(view.comparable) < len(view.trials) and any(trial["rung"] for trial in view.trials):
        parts.append(Text("Trials are compared at their first rungs: which of them went on was no matter of chance."))
    return Section("Which values matter", parts)


def _untold(axes: Sequence[Axis], shares: Sequence[Share]) -> list[str]:
    """A line for each reason why some values have no share."""
    reasons: dict[str, list[str]] = {}
    for axis, share in zip(axes, shares, strict=True):
        if share.told:
            continue
        if share.trials < FEWEST:
            why = f"can't be told from {share.trials} trials: {FEWEST} at least are wanted"
        elif is_finite(share.r2):
            why = (
                f"can't be told: a forest of {share.trials} trials foretells the others with R² {number(share.r2)}, "
                f"and below {number(LEAST_R2)} that may be chance. More trials tell more, if there is something to tell"
            )
        else:
            why = f"can't be told: all {share.trials} trials have the same score"
        reasons.setdefault(why, []).append(axis.path)
    return [f"{_subject(paths, len(axes))} {why}." for why, paths in reasons.items()]


def _subject(paths: Sequence[str], axes: int) -> str:
    if len(paths) == axes:
        return "Which values matter"
    return ", ".join(paths) if len(paths) <= NAMED else f"How much {len(paths)} of the {axes} values matter"


def _course(view: View) -> Section:
    default = confirmed(view.table.get("default")) or {"mean": (view.table.get("default") or {}).get("score")}
    told = "Trials in the order in which they were drawn."
    parts = [Drawing("history", plots.history(view, default["mean"]), told)]
    curved = [trial for trial in view.trials if trial["curve"] and trial["state"] in ("finished", "pruned")]
    curved.sort(key=lambda trial: -view.sign * trial["score"] if is_finite(trial["score"]) else float("inf"))
    if curved:
        more = f" The {CURVES} best of {len(curved)}." if len(curved) > CURVES else ""
        figure = plots.learning_curves(view, curved[:CURVES])
        parts.append(Drawing("curves", figure, f"{view.score_name.capitalize()} by epoch.{more}"))
    return Section("How it went", parts)


def _next(view: View, shares: Sequence[Share]) -> Section | None:
    found = advice(view, shares)
    if not found:
        return None
    return Section("What to try next", [Table(["value", "what was seen", "what to try"], found, names=3)])


def _trials(view: View, folder: Path) -> Section:
    """Every trial, the best first, those without a score last."""
    ends = {id(trial): -view.sign * trial["score"] for trial in view.scored}
    rows = sorted(view.trials, key=lambda trial: ends.get(id(trial), float("inf")))
    kind, goals = view.goals
    objectives = [] if kind == "single" else [goal["metric"] for goal in goals]
    header = ["trial", "state", "score", *objectives, *(axis.label for axis in view.axes)]
    cells = [
        [
            str(trial["trial"]), trial["state"], number(trial["score"]),
            *(number(trial["metrics"].get(metric)) for metric in objectives),
            *(shown(trial["values"][axis.path]) if axis.path in trial["values"] else DASH for axis in view.axes),
            number(trial["epochs"]), duration(trial["seconds"]) if is_finite(trial["seconds"]) else DASH,
            number(trial["parameters"]), _reason(trial),
        ]
        for trial in rows
    ]  # fmt: skip
    table = Table([*header, "epochs", "time", "parameters", "reason"], cells, names=2,
                  links=[_link(trial["run"], folder) for trial in rows])  # fmt: skip
    return Section("All trials", [table])


def _reason(trial: Trial) -> str:
    again = f"given again {counted(trial['given_again'], 'time')}, its worker was gone" if trial["given_again"] else ""
    return "; ".join(filter(None, [trial["reason"], again]))


def _link(run: str | None, folder: Path) -> str | None:
    """Where a trial's run lies, from the sweep's folder: its report, where it has one."""
    if not run:
        return None
    path = Path(run)
    report = next((name for name in ("report.html", "report.md") if (path / name).is_file()), "")
    return quote(Path(os.path.relpath(path / report, folder)).as_posix()) + ("" if report else "/")
