"""What a sweep's report draws. Blue is a trial, the stronger the better; vermilion is the best of all."""

import math
import textwrap
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from kerasapp.evaluation.parts import number
from kerasapp.figures import BLUE, INK, ORANGE, VERMILION
from kerasapp.plots import LEGEND, TEXT, THIN, panels_of
from kerasapp.tuning._axes import Axis
from kerasapp.tuning._view import Trial, View, front_of, is_finite

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

IN_A_ROW = 8  # upright axes side by side, the score's besides
WRAPPED = 13  # characters of a line of an axis's name
JITTER = 0.05  # of the axis, what equal places are drawn apart
LOST = {"failed": ("x", VERMILION), "pruned": ("v", ORANGE), "invalid": ("+", INK)}
"""How a trial that did not finish is marked, at the lower edge."""


def parallel(view: View, axes: Sequence[Axis]) -> "Figure":
    """A line a trial through its values to its score, the last upright axis of each row; no line where a value was not
    chosen, which is why such axes come first.
    """
    rows = [sorted(row, key=lambda axis: not axis.conditional) for row in _rows(axes)]
    widest = max(map(len, rows))
    figure, panels = panels_of(len(rows), 1, width=1.15 * widest + 1.3, height=3.3)
    ends = view.window
    heights = np.clip((view.scores - ends[0]) / (ends[1] - ends[0]), 0, 1)
    for panel, row in zip(panels, rows, strict=True):
        lines = np.column_stack([_apart(view, row), heights])
        for trial in np.argsort(view.standing):
            _line(panel, lines[trial], view.standing[trial], view.scored[trial] is view.best)
        for at, axis in enumerate(row):
            _upright(panel, at, axis.label, axis.ticks())
        _upright(
            panel, len(row), view.score_name, [(share, number(_between(ends, share))) for share in (0.05, 0.5, 0.95)]
        )
        panel.set(xlim=(-0.55, widest + 0.45), ylim=(-0.06, 1.06))
        panel.set_axis_off()
    return figure


def _rows(axes: Sequence[Axis]) -> list[Sequence[Axis]]:
    """In order, of about equal lengths."""
    count = math.ceil(len(axes) / IN_A_ROW)
    ends = [round(at * len(axes) / count) for at in range(count + 1)]
    return [axes[start:end] for start, end in pairwise(ends)]


def _line(panel: "Axes", line: np.ndarray, standing: float, best: bool) -> None:
    look = {"color": BLUE, "alpha": _strength(standing), "linewidth": 1.1, "markersize": 2.5}
    if best:
        look = {"color": VERMILION, "linewidth": 2.2, "markersize": 4}
    panel.plot(range(len(line)), line, marker="o", markeredgewidth=0, solid_joinstyle="round", **look)


def _upright(panel: "Axes", at: int, name: str, ticks: Sequence[tuple[float, str]]) -> None:
    panel.plot([at, at], [0, 1], color=INK, linewidth=0.7, zorder=0)
    for place, text in ticks:
        panel.plot([at - 0.03, at], [place, place], color=INK, linewidth=0.7, zorder=0)
        panel.text(at - 0.06, place, text, ha="right", va="center", fontsize=TEXT - 2, color=INK, parse_math=False)
    told = textwrap.fill(name.replace("_", " ").replace(".", " "), WRAPPED)
    panel.text(at, 1.06, told, ha="center", va="bottom", fontsize=TEXT - 1, color=INK, parse_math=False)


def _apart(view: View, axes: Sequence[Axis]) -> np.ndarray:
    """The trials' places, equal ones of a choice a little apart, the better the higher."""
    places = view.places(axes)
    for at, axis in enumerate(axes):
        if axis.choices or axis.kind == "int":
            room = JITTER / max(1, len(axis.choices) / 4)
            places[:, at] += room * (view.standing - 0.5)
    return places


def slices(view: View, axes: Sequence[Axis]) -> "Figure":
    """The score against each value, a panel each; the bar is the median of a choice; what did not finish is below."""
    columns = min(len(axes), 4)
    figure, panels = panels_of(len(axes), columns, width=2.7 if columns > 1 else 4.4, height=2.3)
    places = _apart(view, axes)
    for at, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
        _dots(panel, view, places[:, at])
        if axis.choices:
            _medians(panel, view, places[:, at], len(axis.choices))
        for state, (marker, colour) in LOST.items():
            lost = [axis.place(trial["values"]) for trial in view.trials if trial["state"] == state]
            if lost := [place for place in lost if np.isfinite(place)]:
                panel.plot(lost, [view.window[0]] * len(lost), marker, color=colour, markersize=4, clip_on=False)
        ticks = axis.ticks()
        crowded = sum(len(text) for _, text in ticks) > 24
        panel.set_xticks(
            *map(list, zip(*ticks, strict=True)), rotation=25 if crowded else 0, ha="right" if crowded else "center"
        )
        for text in panel.get_xticklabels():
            text.set_parse_math(False)
        panel.set(xlim=(-0.03, 1.03), ylim=view.window)
        panel.set_xlabel(axis.label.replace("_", " "), parse_math=False)
        if at % columns == 0:
            panel.set_ylabel(view.score_name)
    return figure


def _dots(panel: "Axes", view: View, places: np.ndarray) -> None:
    shown = np.clip(view.scores, *view.window)
    for at in np.flatnonzero(np.isfinite(places)):
        look = {"color": BLUE, "marker": "o", "markersize": 4, "alpha": _strength(view.standing[at])}
        if view.scored[at] is view.best:
            look = {"color": VERMILION, "marker": "D", "markersize": 5, "zorder": 3}
        panel.plot(places[at], shown[at], markeredgewidth=0, **look)


def _medians(panel: "Axes", view: View, places: np.ndarray, parts: int) -> None:
    part = np.floor(np.nan_to_num(places, nan=-1.0) * parts)
    for at in range(parts):
        if (part == at).sum() > 1:
            middle = float(np.clip(np.median(view.scores[part == at]), *view.window))
            panel.plot([(at + 0.2) / parts, (at + 0.8) / parts], [middle] * 2, color=INK, linewidth=1)


def history(view: View, default: float | None) -> "Figure":
    """The score of each trial in their order, the best so far as a step, the recipe's own defaults as a thin line."""
    figure, (panel,) = panels_of(1, 1, width=6.2, height=2.9)
    numbers = {id(trial): at for at, trial in enumerate(view.trials, 1)}
    at = [numbers[id(trial)] for trial in view.scored]
    so_far = (np.maximum if view.sign > 0 else np.minimum).accumulate(view.scores)
    panel.step(
        [*at, len(view.trials)],
        [*so_far, so_far[-1]],
        where="post",
        color=VERMILION,
        linewidth=1.6,
        label="best so far",
    )
    panel.plot(
        at,
        np.clip(view.scores, *view.window),
        "o",
        color=BLUE,
        markersize=4,
        markeredgewidth=0,
        alpha=0.7,
        label="a trial",
    )
    for state, (marker, colour) in LOST.items():
        lost = [numbers[id(trial)] for trial in view.trials if trial["state"] == state]
        if lost:
            panel.plot(
                lost, [view.window[0]] * len(lost), marker, color=colour, markersize=5, clip_on=False, label=state
            )
    low, high = view.window
    if is_finite(default):
        panel.axhline(default, label="the recipe's own defaults", **THIN)
        low, high = min(low, default), max(high, default)
    panel.set(xlabel="trial", ylabel=view.score_name, ylim=(low, high), xlim=(0.5, len(view.trials) + 0.5))
    panel.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    _beside(figure)
    return figure


def learning_curves(view: View, trials: Sequence[Trial]) -> "Figure":
    """The objective by epoch of each of `trials`: finished ones blue, pruned ones broken, the best with its mark."""
    figure, (panel,) = panels_of(1, 1, width=6.2, height=3.2)
    standing = {id(trial): at for trial, at in zip(view.scored, view.standing, strict=True)}
    labels = {"a trial", "pruned"}
    for trial in sorted(trials, key=lambda trial: standing.get(id(trial), -1)):
        curve = np.array([value if is_finite(value) else np.nan for value in trial["curve"]], float)
        look = {"color": BLUE, "alpha": _strength(standing.get(id(trial), 0)), "linewidth": 1, "label": "a trial"}
        if trial["state"] != "finished":
            look = {"color": ORANGE, "alpha": 0.8, "linewidth": 1, "linestyle": "--", "label": "pruned"}
        if trial is view.best:
            look = {"color": VERMILION, "linewidth": 2, "label": "the best trial"}
        label = look.pop("label")
        marker = "o" if len(curve) < 3 else None
        panel.plot(range(1, len(curve) + 1), curve, marker=marker, markersize=3,
                   label=label if label in labels or trial is view.best else None, **look)  # fmt: skip
        labels.discard(label)
    panel.set(xlabel="epoch", ylabel=view.score_name, ylim=_with(view.window, view, trials))
    panel.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    _beside(figure)
    return figure


def pareto(view: View) -> "Figure":
    """Each pair of objectives; the trials that no other beats in all objectives are joined where there are two."""
    values, best = front_of(view)
    pairs = list(combinations(range(values.shape[1]), 2))
    figure, panels = panels_of(len(pairs), min(len(pairs), 3), width=4.2, height=3.4)
    for panel, (x, y) in zip(panels, pairs, strict=True):
        panel.plot(
            *values[~best][:, (x, y)].T, "o", color=BLUE, markersize=4, markeredgewidth=0, alpha=0.5, label="a trial"
        )
        order = best.nonzero()[0][np.argsort(values[best, x], kind="stable")]
        line = "-" if len(pairs) == 1 else ""
        panel.plot(*values[order][:, (x, y)].T, marker="D", linestyle=line, drawstyle=_stairs(view, x), color=VERMILION,
                   linewidth=1.2, markersize=5, label="no other is better in all")  # fmt: skip
        panel.set(xlabel=_arrow(view, x), ylabel=_arrow(view, y))
    _beside(figure)
    return figure


def _stairs(view: View, x: int) -> str:
    """Between two points of the front, only what the worse in x reaches is reached."""
    return "steps-post" if view.signs[x] < 0 else "steps-pre"


def _arrow(view: View, at: int) -> str:
    return f"{view.objective_names[at]} ({'more' if view.signs[at] > 0 else 'less'} is better)"


def shares(rows: Sequence[tuple[str, float, float]]) -> "Figure":
    """A bar for each (name, share, deviation), the largest on top."""
    figure, (panel,) = panels_of(1, 1, width=5.6, height=0.5 + 0.27 * len(rows))
    names, values, spreads = zip(*rows, strict=True)
    places = np.arange(len(rows))[::-1]
    panel.barh(places, values, height=0.62, color=BLUE)
    panel.errorbar(values, places, xerr=[np.minimum(values, spreads), spreads], fmt="none", ecolor=INK, elinewidth=0.9)
    panel.set_yticks(places, [name.replace("_", " ") for name in names])
    for text in panel.get_yticklabels():
        text.set_parse_math(False)
    panel.set(
        xlabel="share of the variance that it explains alone",
        xlim=(0, max(0.1, min(1.0, 1.1 * max(np.add(values, spreads))))),
    )
    return figure


def _beside(figure: "Figure") -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.set_figwidth(figure.get_figwidth() + 1.6)
    figure.legend(handles, labels, loc="outside right upper", **LEGEND)


def _with(window: tuple[float, float], view: View, trials: Sequence[Trial]) -> tuple[float, float]:
    """The window, wider on the worse side for how curves begin: as far as the middle one of their first values."""
    first = [trial["curve"][0] for trial in trials if is_finite(trial["curve"][0])]
    start = float(np.median(first)) if first else window[0]
    return min(window[0], start), max(window[1], start)


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + share * (ends[1] - ends[0])


def _strength(standing: float) -> float:
    return 0.15 + 0.7 * standing**2
