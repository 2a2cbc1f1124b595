"""A model's graph as a picture, from the top down, layered as in Sugiyama, Tagawa and Toda (1981).

A box stands in the row of the longest path that leads to it; an edge over several rows has a place in each that it
passes; places within a row are ordered by the mean of their neighbours'.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import keras

from kerasapp import figures, files
from kerasapp.errors import KerasappError
from kerasapp.summary._boxes import Box, boxes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT, ROW, GAP, LANE, MARGIN = 0.44, 0.74, 0.25, 0.3, 0.3  # inches: a box, a row, between places, an edge's place
LETTER, NOTE = 0.066, 0.6  # inches: of 8 points; "12 times"
SWEEPS = 4  # of ordering: the graphs are narrow
SHARP, MOST_DOTS = 144, 60_000  # dots an inch; dots that a picture may be tall
COLOURS = (
    (("Conv", "Depthwise", "Separable"), figures.BLUE),
    (("MaxPooling", "AveragePooling", "Global", "Flatten", "Reshape"), figures.ORANGE),
    (("Dense", "Einsum", "Embedding", "LSTM", "GRU"), figures.GREEN),
    (("Add", "Average", "Concatenate", "Maximum", "Multiply", "Subtract"), figures.PURPLE),
)


@dataclass(eq=False)
class Place:
    """A box, or an edge that passes a row: where it stands, from the row's middle, in inches."""

    width: float
    box: Box | None = None
    x: float = 0.0


Edge = list[tuple[int, Place]]
"""The places along an edge, with their rows, from the upper box to the lower."""


def draw(model: keras.Model, path: str | Path) -> None:
    """Writes the picture, as `.png` or `.svg`. Raises KerasappError at another ending, or a model that is no graph."""
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg"):
        raise KerasappError(f"{path}: a graph is drawn as .png or .svg")
    shown = boxes(model)
    if not shown:
        raise KerasappError(f"{path}: {model.name} is no graph of layers: there is nothing to draw")
    figure = picture(shown)
    if path.suffix.lower() == ".svg":
        files.write(path, figures.svg(figure))
    else:
        files.write(path, figures.png(figure, dpi=int(min(SHARP, MOST_DOTS / figure.get_figheight()))))


def picture(shown: list[Box]) -> "Figure":
    """The boxes as a figure in which one unit is one inch."""
    from matplotlib.figure import Figure

    rows, edges = _layers(shown)
    _order(rows, edges)
    beside = LANE + GAP + NOTE if any(box.times > 1 for box in shown) else 0
    width = max(_spread(row) for row in rows) + 2 * (MARGIN + beside)
    height = (len(rows) - 1) * ROW + HEIGHT + 2 * MARGIN
    figure = Figure(figsize=(width, height), facecolor=figures.PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(-width / 2, width / 2), ylim=(height - MARGIN - HEIGHT / 2, -MARGIN - HEIGHT / 2))
    for edge in edges:
        _draw_edge(axes, edge)
    for number, row in enumerate(rows):
        for place in row:
            if place.box:
                _draw_box(axes, place.box, place, number * ROW)
    _draw_repeats(axes, rows)
    return figure


def _layers(shown: list[Box]) -> tuple[list[list[Place]], list[Edge]]:
    """The rows with their places, and the edges along them."""
    row_of: dict[Box, int] = {}
    for box in shown:
        row_of[box] = 1 + max((row_of[other] for other in box.above), default=-1)
    rows: list[list[Place]] = [[] for _ in range(1 + max(row_of.values()))]
    place_of, edges = {}, []
    for box in shown:
        number = row_of[box]
        place_of[box] = Place(LETTER * max(len(box.title), len(f"{box.label} · {box.shape}")) + 0.2, box)
        for other in box.above:
            passed = [(row, Place(LANE)) for row in range(row_of[other] + 1, number)]
            for row, place in passed:
                rows[row].append(place)
            edges.append([(row_of[other], place_of[other]), *passed, (number, place_of[box])])
        rows[number].append(place_of[box])
    return rows, edges


def _order(rows: list[list[Place]], edges: list[Edge]) -> None:
    """Orders each row by the mean of its neighbours above, then below, a few times over, and sets every x."""
    above: dict[Place, list[Place]] = {place: [] for row in rows for place in row}
    below: dict[Place, list[Place]] = {place: [] for row in rows for place in row}
    for edge in edges:
        for (_, upper), (_, lower) in pairwise(edge):
            above[lower].append(upper)
            below[upper].append(lower)
    for row in rows:
        _spread(row)
    for _ in range(SWEEPS):
        for neighbours, ordered in ((above, rows), (below, rows[::-1])):
            for row in ordered:
                row.sort(key=lambda place, near=neighbours: _mean(near[place], place.x))
                _spread(row)


def _mean(places: list[Place], otherwise: float) -> float:
    return sum(place.x for place in places) / len(places) if places else otherwise


def _spread(row: list[Place]) -> float:
    """Sets the places side by side around the middle; gives the row's width."""
    width = sum(place.width for place in row) + GAP * (len(row) - 1)
    left = -width / 2
    for place in row:
        place.x = left + place.width / 2
        left += place.width + GAP
    return width


def _draw_edge(axes: "Axes", edge: Edge) -> None:
    """A curve from the bottom of a box to the top of another, upright where it passes a row."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Curve

    points, codes = [(edge[0][1].x, edge[0][0] * ROW + HEIGHT / 2)], [Curve.MOVETO]
    for row, place in edge[1:]:
        (x, y), top, bottom = points[-1], row * ROW - HEIGHT / 2, row * ROW + HEIGHT / 2
        middle = (y + top) / 2
        points += [(x, middle), (place.x, middle), (place.x, top)]
        codes += [Curve.CURVE4] * 3
        if place.box is None:
            points.append((place.x, bottom))
            codes.append(Curve.LINETO)
    axes.add_patch(
        FancyArrowPatch(path=Curve(points, codes), arrowstyle="-|>", mutation_scale=8, color=figures.INK, linewidth=0.8)
    )


def _draw_box(axes: "Axes", box: Box, place: Place, y: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    colour = next((colour for kinds, colour in COLOURS if box.call.kind.startswith(kinds)), figures.INK)
    corner = (place.x - place.width / 2 + 0.04, y - HEIGHT / 2 + 0.04)
    size = {"width": place.width - 0.08, "height": HEIGHT - 0.08, "boxstyle": "round,pad=0.04"}
    axes.add_patch(FancyBboxPatch(corner, **size, linewidth=1.4, edgecolor=colour, facecolor=figures.PAPER))
    axes.text(place.x, y - 0.08, box.title, ha="center", va="center", fontsize=8, fontweight="bold", color=figures.INK)
    axes.text(place.x, y + 0.1, f"{box.label} · {box.shape}", ha="center", va="center", fontsize=7, color=figures.INK)


def _draw_repeats(axes: "Axes", rows: list[list[Place]]) -> None:
    """A line beside each block that stands for several, and how often it comes."""
    blocks: dict[int, list[tuple[int, Place]]] = {}
    for number, row in enumerate(rows):
        for place in row:
            if place.box and place.box.block is not None:
                blocks.setdefault(place.box.block, []).append((number, place))
    for members in blocks.values():
        right = max(place.x + place.width / 2 for _, place in members) + LANE + GAP
        top, bottom = members[0][0] * ROW - HEIGHT / 2, members[-1][0] * ROW + HEIGHT / 2
        axes.plot([right, right], [top, bottom], color=figures.INK, linewidth=2, solid_capstyle="butt")
        times = members[0][1].box.times
        axes.text(right + 0.08, (top + bottom) / 2, f"{times} times", va="center", fontsize=8, color=figures.INK)
