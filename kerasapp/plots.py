"""Drawing that reports, callbacks and verbs share: numbers in, a matplotlib `Figure` out; `figures` makes files of it.

Matplotlib is imported where something is drawn, and only its object interface: no pyplot, no state between two calls.
Line styles and markers tell the same apart in grey as the colours do.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasapp.errors import in_one_line
from kerasapp.figures import BLUE, FAINT, GREEN, INK, ORANGE, PAPER, PURPLE, SKY, VERMILION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SERIES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (VERMILION, ":"), (PURPLE, (0, (5, 1))), (SKY, (0, (3, 1, 1, 1))))
"""Colour and line style of the first, second, ... of several curves; more than these are not told apart."""
TEXT = 9  # points
THIN = {"color": INK, "linewidth": 0.8, "linestyle": (0, (1, 2))}
"""What is drawn to compare with: a baseline, guessing, the diagonal."""
LEGEND = {"frameon": False, "fontsize": TEXT - 1, "labelcolor": INK}
FEW = 10  # examples in a bin, below which its share is mostly chance
NAME = 16  # characters of a name that a plot has room for
READABLE_CLASSES = 20  # the most whose names and counts are written into a confusion matrix


def learning_curves(
    history: Sequence[dict[str, Any]],
    *,
    best_epoch: int | None = None,
    baselines: dict[str, tuple[str, float]] | None = None,
) -> "Figure":
    """Loss and each metric by epoch, a panel each: train, validation, the best epoch, and a baseline as a thin line.

    `history` has a row an epoch, as `history.csv` names its columns; `baselines` maps a metric to a name and a value.
    """
    names = curve_names(history)
    columns = min(len(names), 3)
    figure, panels = panels_of(len(names), columns, width=3.3 if columns > 1 else 5.2, height=2.7)
    epochs = [int(float(row.get("epoch", number))) for number, row in enumerate(history, 1)]
    for axes, name in zip(panels, names, strict=True):
        look = {"linewidth": 1.6, "marker": "o" if len(epochs) < 3 else None, "markersize": 3}
        for key, label, (colour, line) in ((name, "train", SERIES[1]), (f"val_{name}", "validation", SERIES[0])):
            if key in history[0]:
                shown = [_number(row.get(key)) for row in history]
                axes.plot(epochs, shown, color=colour, linestyle=line, label=label, **look)
        if best_epoch in epochs:
            axes.axvline(best_epoch, color=FAINT, linewidth=1, zorder=0)
            axes.plot(best_epoch, shown[epochs.index(best_epoch)], "D", color=BLUE, markersize=5, label="best epoch")
        if baselines and name in baselines:
            axes.axhline(baselines[name][1], label=baselines[name][0], **THIN)
        axes.set(xlabel="epoch", ylabel=name.replace("_", " "))
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.legend(**LEGEND)
    return figure


def curve_names(history: Sequence[dict[str, Any]]) -> list[str]:
    """The metrics of a history that are worth a curve: those with a `val_` twin, or all where nothing was validated."""
    keys = sorted(history[0], key=lambda key: key != "loss")  # the loss first, the others as they stand
    twins = [key for key in keys if f"val_{key}" in keys]
    beside = ("epoch", "seconds", "learning_rate")
    return twins or [key for key in keys if key not in beside and _is_number(history[0][key])]


def confusion_matrix(counts: np.ndarray, labels: Sequence[str]) -> "Figure":
    """(classes, classes) counts, rows true, columns predicted; colour is the share of a row, so that rare classes show.

    Counts and names are written for up to 20 classes; beyond, it is a heat map.
    """
    from matplotlib.colors import LinearSegmentedColormap

    counts = np.asarray(counts)
    size = len(counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    written = size <= READABLE_CLASSES
    longest = min(max(map(len, labels)), NAME)
    turned = longest > max(2, 12 - size)
    cells = max(0.27 * size, 1.6) if written else 4.6
    names = 0.06 * longest if written else 0.3  # inches
    figure, (axes,) = panels_of(1, 1, width=cells + 0.9 + names, height=cells + 0.9 + (names if turned else 0.2))
    clear_to_blue = LinearSegmentedColormap.from_list("blue", [(0, 0.447, 0.698, 0), (0, 0.447, 0.698, 1)])
    axes.imshow(shares if written else np.sqrt(shares), cmap=clear_to_blue, vmin=0, vmax=1, interpolation="nearest")
    if written:
        _count_texts(axes, counts, shares)
        axes.set_xticks(range(size), [short(label) for label in labels], rotation=90 if turned else 0)
        axes.set_yticks(range(size), [short(label) for label in labels])
        axes.tick_params(length=0)
    axes.set_xlabel("predicted" if written else "predicted class, by number")
    axes.set_ylabel("true" if written else "true class, by number")
    for spine in axes.spines.values():
        spine.set_visible(True)
    return figure


def _count_texts(axes: "Axes", counts: np.ndarray, shares: np.ndarray) -> None:
    size = TEXT if counts.max() < 1000 or len(counts) <= 5 else TEXT - 2
    for row, column in np.argwhere(counts):
        colour = "#fefefe" if shares[row, column] > 0.5 else INK
        text = axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=colour, fontsize=size)
        text.set_in_layout(False)  # it lies within the axes: finding out takes half of the drawing


def image_grid(images: Sequence[np.ndarray], captions: Sequence[str] = (), *, columns: int = 8) -> "Figure":
    """Images, uint8 or float in [0, 1], each (h, w), (h, w, 1) or (h, w, 3), in rows of `columns`, captions below."""
    columns = max(1, min(columns, len(images)))
    rows = max(1, math.ceil(len(images) / columns))
    lines = max((caption.count("\n") + 1 for caption in captions), default=0)
    cell, gap = 1.1, 0.08  # inches; a caption takes .16 a line
    height = cell + gap + 0.16 * lines
    figure, (axes,) = panels_of(1, 1, width=columns * (cell + gap) + gap, height=rows * height + gap, layout=None)
    axes.set_position((0, 0, 1, 1))
    axes.set_axis_off()
    for number, image in enumerate(images):
        image = np.asarray(image)
        x, y = gap + number % columns * (cell + gap), gap + number // columns * height
        tall, wide = np.array(image.shape[:2]) / max(image.shape[:2]) * cell
        extent = (x + (cell - wide) / 2, x + (cell + wide) / 2, y + (cell + tall) / 2, y + (cell - tall) / 2)
        limits = {"vmin": 0, "vmax": 255 if image.dtype == np.uint8 else 1}
        image = image[..., 0] if image.ndim == 3 and image.shape[-1] == 1 else image
        sharp = "nearest" if max(image.shape) < 64 else "antialiased"
        axes.imshow(image, extent=extent, cmap="gray", interpolation=sharp, **limits)
        if number < len(captions):
            below = (x + cell / 2, y + cell + 0.03)
            axes.text(*below, captions[number], ha="center", va="top", fontsize=TEXT - 2, color=INK)
    axes.set(xlim=(0, columns * (cell + gap) + gap), ylim=(rows * height + gap, 0))
    return figure


def reliability(
    confidence: Sequence[float], accuracy: Sequence[float], counts: Sequence[int], *, bins: int
) -> "Figure":
    """How often the model is right against how sure it said to be, and below how many examples each bin has.

    Only bins with examples are given: their mean confidence, their accuracy, their count.
    """
    figure = _figure(4.4, 4.2)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    for panel in (axes, below):
        _plain(panel)
    axes.plot([0, 1], [0, 1], label="as sure as right", **THIN)
    sure, right, counts = (np.asarray(values, float) for values in (confidence, accuracy, counts))
    many = counts >= FEW
    axes.plot(sure[many], right[many], "o-", color=BLUE, markersize=4, linewidth=1.6, label="the model")
    if not many.all():
        hollow = {"markersize": 4, "fillstyle": "none", "label": f"fewer than {FEW} examples"}
        axes.plot(sure[~many], right[~many], "o", color=BLUE, **hollow)
    axes.legend(loc="upper left", **LEGEND)
    axes.set(ylabel="share that is right", xlim=(0, 1.01), ylim=(-0.02, 1.02))
    below.bar(confidence, counts, width=0.7 / bins, color=BLUE)
    below.set(xlabel="probability given to the predicted class", ylabel="examples")
    if counts.max() > 30 * counts.min():
        below.set_yscale("log")
        below.yaxis.set_major_formatter("{x:g}")  # powers of ten would be typeset as formulas, at .1 s
        below.yaxis.set_minor_formatter("")
    return figure


def roc(curves: Sequence[dict[str, Any]]) -> "Figure":
    """Each of `curves` has `label`, `false_positive_rate`, `true_positive_rate`, and a `point` (x, y) or None."""
    figure, (axes,) = panels_of(1, 1, width=4.2, height=3.9)
    axes.plot([0, 1], [0, 1], label="guessing", **THIN)
    axes.set(xlabel="false positives, share of the others", ylabel="found, share of the class")
    _marked(figure, axes, curves, "false_positive_rate", "true_positive_rate")
    return figure


def precision_recall(curves: Sequence[dict[str, Any]]) -> "Figure":
    """Each of `curves` has `label`, `recall`, `precision`, the class's `share`, which guessing gives, and a `point`."""
    figure, (axes,) = panels_of(1, 1, width=4.2, height=3.9)
    if len(curves) == 1:
        axes.axhline(curves[0]["share"], label="guessing", **THIN)
    axes.set(xlabel="recall, share of the class found", ylabel="precision, share found that is right")
    _marked(figure, axes, curves, "recall", "precision")
    return figure


def _marked(figure: "Figure", axes: "Axes", curves: Sequence[dict[str, Any]], x: str, y: str) -> None:
    """Curves in the unit square, each with its threshold; the legend is beside several, for they leave it no room."""
    for number, (curve, (colour, line)) in enumerate(zip(curves, SERIES, strict=False)):
        axes.plot(curve[x], curve[y], color=colour, linestyle=line, linewidth=1.6, label=short(curve["label"], 24))
        if curve.get("point"):
            label = None if number else "suggested threshold"
            axes.plot(*curve["point"], "D", color=colour, markersize=6, label=label)
    axes.set(xlim=(-0.01, 1.01), ylim=(0, 1.02))
    if len(curves) == 1:
        axes.legend(loc="lower right" if y == "true_positive_rate" else "lower left", **LEGEND)
    else:
        figure.set_figwidth(figure.get_figwidth() + 1.5)
        figure.legend(loc="outside right upper", **LEGEND)


def predicted_against_true(true: np.ndarray, predicted: np.ndarray) -> "Figure":
    """A point an example, on the diagonal where it is right; both in the label's units."""
    figure, (axes,) = panels_of(1, 1, width=4.2, height=3.9)
    ends = [float(min(np.min(true), np.min(predicted))), float(max(np.max(true), np.max(predicted)))]
    _cloud(axes, true, predicted)
    axes.plot(ends, ends, **THIN)
    axes.set(xlabel="true value", ylabel="predicted value")
    return figure


def residuals(true: np.ndarray, predicted: np.ndarray) -> "Figure":
    """Predicted minus true, against what was predicted: a pattern here is something that the model missed."""
    figure, (axes,) = panels_of(1, 1, width=4.2, height=3.9)
    _cloud(axes, predicted, np.asarray(predicted) - np.asarray(true))
    axes.axhline(0, **THIN)
    axes.set(xlabel="predicted value", ylabel="predicted minus true")
    return figure


def word_map(words: Sequence[str], x: np.ndarray, y: np.ndarray) -> "Figure":
    """Words at their places, (words,) each."""
    figure, (axes,) = panels_of(1, 1, width=8.0, height=7.0)
    axes.plot(x, y, "o", color=FAINT, markersize=2)
    for word, *place in zip(words, x, y, strict=True):
        told = short(in_one_line(word))  # an SVG may hold no control characters
        axes.annotate(told, place, color=INK, fontsize=TEXT - 2, ha="center", va="center", parse_math=False)
    axes.set(xticks=[], yticks=[])
    return figure


def _cloud(axes: "Axes", x: np.ndarray, y: np.ndarray) -> None:
    faint = {"alpha": 0.35, "rasterized": True} if len(x) > 100 else {"alpha": 0.7}
    axes.plot(x, y, "o", color=BLUE, markersize=3.5, markeredgewidth=0, **faint)


def _figure(width: float, height: float, layout: str | None = "constrained") -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout=layout, facecolor=PAPER)


def panels_of(count: int, columns: int, *, width: float, height: float, layout: str | None = "constrained") -> tuple:
    """A figure and its `count` axes in rows of `columns`, each so many inches, in the look that all plots have."""
    rows = math.ceil(count / columns)
    figure = _figure(width * columns, height * rows, layout)
    panels = [figure.add_subplot(rows, columns, number) for number in range(1, count + 1)]
    for panel in panels:
        _plain(panel)
    return figure, panels


def _plain(axes: "Axes") -> None:
    """The look of all axes: ink on paper, no box, small text."""
    axes.set_facecolor("none")
    axes.tick_params(labelsize=TEXT - 1, colors=INK, length=3)
    for side, spine in axes.spines.items():
        spine.set(color=INK, linewidth=0.6, visible=side in ("left", "bottom"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(color=INK, fontsize=TEXT)


def short(label: str, length: int = NAME) -> str:
    """A name cut to so many characters."""
    return label if len(label) <= length else label[: length - 1] + "…"


def _number(value: Any) -> float:
    return float(value) if _is_number(value) else math.nan


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True
