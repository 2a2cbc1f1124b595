"""The sheet as a figure: a row an example, a column a step, and at its end how the values are distributed."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerasapp.figures import BLUE, FAINT, GREEN, INK, PAPER, VERMILION
from kerasapp.plots import TEXT, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from kerasapp.preview import Example

CELL, GAP, MARGIN, NAMES, TOP, NOTE, TICKS = 1.3, 0.1, 0.15, 1.25, 0.95, 0.17, 0.1  # inches
LETTERS = 22  # that fit over a cell
SMALL = 64  # pixels of the longer side, below which each is shown as a square
BINS = 48
CHANNELS = ((VERMILION, "-"), (GREEN, "--"), (BLUE, ":"))
"""Of red, green and blue, or what stands in their place."""


def drawn(title: str, examples: "Sequence[Example]") -> "Figure":
    """All examples have the same columns."""
    from matplotlib.figure import Figure

    headings = [*examples[0].cells, "values\nof the model's input"]
    row = CELL + GAP + (NOTE if any(example.notes for example in examples) else 0)
    width = MARGIN + NAMES + len(headings) * (CELL + GAP) + MARGIN
    height = TOP + len(examples) * row + MARGIN + NOTE
    figure = Figure(figsize=(width, height), facecolor=PAPER)

    def axes(number: int, column: int, ticks: float = 0.0) -> "Axes":
        left, low = MARGIN + NAMES + column * (CELL + GAP), height - TOP - number * row - CELL + ticks
        made = figure.add_axes((left / width, low / height, CELL / width, (CELL - ticks) / height))
        made.set(xticks=[], yticks=[])
        for spine in made.spines.values():
            spine.set(color=FAINT, linewidth=0.6)
        return made

    def words(x: float, y: float, text: str, **more: object) -> None:
        """At inches from the left and from the top."""
        figure.text(x / width, 1 - y / height, text, **({"color": INK, "fontsize": TEXT - 1} | more))

    words(MARGIN, 0.26, short(title, 90), fontsize=TEXT + 2, weight="bold")
    for column, heading in enumerate(headings):
        name, _, told = heading.partition("\n")
        middle = MARGIN + NAMES + column * (CELL + GAP) + CELL / 2
        lines = [short(name, LETTERS), *textwrap.wrap(told, LETTERS, max_lines=2, placeholder=" …")]
        words(middle, TOP - 0.07, "\n".join(lines), ha="center", va="bottom", linespacing=1.15)
    for number, example in enumerate(examples):
        top = TOP + number * row
        words(MARGIN, top + 0.2, short(example.label, 14), weight="bold", fontsize=TEXT)
        words(MARGIN, top + 0.38, _below(example.name), va="top", fontsize=TEXT - 2.5, linespacing=1.3)
        for column, (heading, values) in enumerate(example.cells.items()):
            _cell(axes(number, column), values)
            if heading in example.notes:
                middle = MARGIN + NAMES + column * (CELL + GAP) + CELL / 2
                words(middle, top + CELL + 0.13, short(example.notes[heading], 26), ha="center", fontsize=TEXT - 2)
        _distribution(axes(number, len(example.cells), TICKS), example)
    return figure


def _below(name: str) -> str:
    """The end of a long name, which tells more than its beginning, in lines."""
    end = name if len(name) <= 54 else f"…{name[-53:]}"
    return "\n".join(textwrap.wrap(end, 18))


def _cell(axes: "Axes", values: np.ndarray) -> None:
    """A picture, its values stretched to black and white where they lie outside [0, 1]; or numbers as bars."""
    if values.ndim == 1:
        axes.vlines(np.arange(len(values)), np.minimum(values, 0), np.maximum(values, 0), color=BLUE, linewidth=0.5)
        axes.set(xlim=(-0.5, len(values) - 0.5), ylim=(min(0, values.min()), 1.2 * max(values.max(), 1e-6)))
        axes.text(0.97, 0.96, f"{len(values)} numbers", transform=axes.transAxes, ha="right", va="top",
                  fontsize=TEXT - 2, color=INK)  # fmt: skip
        return
    picture = values / 255 if values.dtype == np.uint8 else values
    if picture.min() < -1e-6 or picture.max() > 1 + 1e-6:
        picture = (picture - picture.min()) / max(float(np.ptp(picture)), 1e-6)
    picture = picture if picture.shape[2] == 3 else picture.mean(axis=2)
    sharp = "nearest" if max(picture.shape[:2]) <= SMALL else "antialiased"
    axes.imshow(np.clip(picture, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation=sharp)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _distribution(axes: "Axes", example: "Example") -> None:
    """A line for each channel of what the model is given, as high as the square root of how many values there are."""
    given = example.given
    channels = (
        given.reshape(-1, given.shape[-1]).T if given.ndim == 3 and given.shape[-1] <= 3 else given.reshape(1, -1)
    )
    low, high = min(0.0, float(given.min())), max(1.0, float(given.max()))
    if given.ndim == 1:
        low, high = float(given.min()), max(float(given.max()), float(given.min()) + 1e-6)
    edges = np.linspace(low, high, BINS + 1)
    for channel, (colour, line) in zip(channels, CHANNELS if len(channels) == 3 else ((INK, "-"),), strict=False):
        counts = np.histogram(channel, edges)[0]
        axes.stairs(np.sqrt(counts), edges, color=colour, linestyle=line, linewidth=1.0, fill=len(channels) == 1)
    axes.set(xlim=(low, high), ylim=(0, None), xticks=[low, high])
    axes.set_xticklabels([f"{value:.3g}" for value in (low, high)])
    axes.tick_params(labelsize=TEXT - 2.5, colors=INK, length=2, pad=1)
    for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):
        label.set_horizontalalignment(side)
