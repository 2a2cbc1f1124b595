"""What a report is made of, before it is Markdown or a page: sections of text, tables, drawings and pictures.

Also how figures are written: three decimals without a leading zero (`.985`), the same in every place.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DASH = "\u2013"
RAW_COLUMNS = 8  # of an example's own columns, shown beside a mistake
RAW_LENGTH = 60  # characters of a text, shown beside a mistake
SPOKEN = {"auc": "AUC", "macro_f1": "macro F1", "r2": "R²", "r2_score": "R²", "top_5_accuracy": "top-5 accuracy"}


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Table:
    """Cells as they are to be read; the first `names` columns are words, set to the left, the others numbers."""

    kind: ClassVar[str] = "table"
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    names: int = 1
    caption: str = ""
    strips: Sequence[tuple[float, float, float] | None] = ()
    """Low, value and high of each row in percent of a common width, which a page draws in a last column. A value that
    lies outside it is below 0 or above 100: an arrow points there.
    """
    strip: str = ""
    """What that column shows."""
    ends: tuple[str, str] = ("", "")
    """The figures at the two ends of that width."""
    links: Sequence[str | None] = ()
    """Where the first cell of each row leads to."""


@dataclass(frozen=True)
class Drawing:
    """A figure; `caption` says what to see in it."""

    kind: ClassVar[str] = "drawing"
    name: str
    figure: "Figure"
    caption: str

    @property
    def file(self) -> str:
        return f"{self.name}.svg"


@dataclass(frozen=True)
class _Png:
    """What is a PNG file of its own in a report's folder."""

    name: str

    @property
    def file(self) -> str:
        return f"{self.name}.png"


@dataclass(frozen=True)
class Pictures(_Png):
    """Images, uint8 (h, w, channels), each with two lines under it and the example it is."""

    kind: ClassVar[str] = "pictures"
    images: Sequence[np.ndarray]
    captions: Sequence[tuple[str, str]]
    ids: Sequence[str]


@dataclass(frozen=True)
class Sheet(_Png):
    """A PNG file as it is; `caption` says what to see in it."""

    kind: ClassVar[str] = "sheet"
    png: bytes
    caption: str


@dataclass(frozen=True)
class Listing:
    """Text as it stands in a file, folded away on a page."""

    kind: ClassVar[str] = "listing"
    title: str
    text: str
    language: str


@dataclass(frozen=True)
class Section:
    title: str
    parts: Sequence[Text | Table | Drawing | Pictures | Sheet | Listing]


@dataclass(frozen=True)
class Tile:
    """One figure of those at the top, with its interval or another note."""

    name: str
    value: str
    note: str


def duration(seconds: float) -> str:
    """`.8 s`, `31 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s".removeprefix("0")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    large, small, words = (*divmod(whole, 60), "min s") if whole < 3600 else (*divmod(whole // 60, 60), "h min")
    first, second = words.split()
    return f"{large} {first}" + (f" {small} {second}" if small else "")


def number(value: float | int | None) -> str:
    """`.985`, `1.000`, `12.35`, `48 842`, `.00031`, a count as it is; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return DASH
    size = abs(value)
    if size >= 1000 or isinstance(value, int):
        return f"{value:,.0f}".replace(",", "\u202f")
    if 0 < size < 0.01:
        shown = f"{value:.2g}"
        return shown if "e" in shown else shown.replace("0.", ".", 1)
    shown = f"{value:.{3 if size < 10 else 2 if size < 100 else 1}f}"
    return shown.replace("0.", ".", 1) if size < 1 and "1.000" not in shown else shown


def spread(metric: Mapping[str, float] | None) -> str:
    """`.968 to .994`; empty where no interval was computed."""
    if not metric or metric.get("low") is None or metric.get("high") is None:
        return ""
    return f"{number(metric['low'])} to {number(metric['high'])}"


def with_spread(metric: Mapping[str, float] | None) -> str:
    """`.986 (.968 to .994)`."""
    if not metric:
        return DASH
    return f"{number(metric['value'])} ({spread(metric)})" if spread(metric) else number(metric["value"])


def spoken(metric: str) -> str:
    """A metric's name as a sentence has it."""
    return SPOKEN.get(metric, metric.replace("_", " "))


def raw_columns(examples: Mapping[str, np.ndarray]) -> tuple[list[str], list[list[str]]]:
    """The names and cells of the examples' own columns that fit beside a mistake: at most 8 scalars, no label."""
    shown = {
        name: values
        for name, values in examples.items()
        if name != "label" and values.ndim == 1 and not name.startswith("image")
    }
    names = list(shown)[:RAW_COLUMNS]
    rows = zip(*(map(_cell, shown[name]) for name in names), strict=True)
    return names, [list(row) for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return value if len(value) <= RAW_LENGTH else value[: RAW_LENGTH - 1] + "…"
    return str(value) if isinstance(value, (int, np.integer)) else f"{value:.6g}"
