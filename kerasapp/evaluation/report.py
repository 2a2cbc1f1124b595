"""From `report.json` and a run's folder to the document that a person reads, and its three files.

The order is that of a reader's questions: how good, against what, what to beware of, how it learned, where it fails,
what it was made of.
"""

import csv
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from kerasapp import plots
from kerasapp.evaluation.parts import (
    Drawing,
    Listing,
    Section,
    Table,
    Text,
    Tile,
    duration,
    number,
    spoken,
    spread,
    with_spread,
)
from kerasapp.evaluation.rendering import Document, draw, markdown, page
from kerasapp.files import write as write_file
from kerasapp.files import write_json

MARGIN = 4  # percent of the drawn intervals' width, at each side


def write(report: dict[str, Any], folder: Path, examples: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """`report.json`, `.md`, `.html` and `plots/`; `examples` are the prepared features of each split's mistakes."""
    write_json(folder / "report.json", report)
    document = compose(report, folder, examples)
    drawn = draw(document)
    for name, content in drawn.items():
        write_file(folder / "plots" / name, content)
    write_file(folder / "report.md", markdown(document))
    write_file(folder / "report.html", page(document, drawn))


def compose(report: dict[str, Any], folder: Path, examples: Mapping[str, Mapping[str, np.ndarray]]) -> Document:
    """The report's parts in order. The history, the recipe and the environment are read from the run's folder."""
    kind = import_module(f"kerasapp.evaluation.{report['kind']}")
    sections = [_against(report, kind), _folds(report), _curves(report, folder, kind), _embedding(report)]
    for name, result in report["splits"].items():
        for section in kind.sections(name, result, examples.get(name)):
            title = section.title if len(report["splits"]) == 1 else f"{section.title}: {name}"
            sections.append(Section(title, section.parts))
    sections += [_data(report), _made_of(folder)]
    return Document(
        headline=report["headline"],
        title=report["title"],
        run=report["run"],
        warnings=report["warnings"],
        tiles=_tiles(report),
        sections=[section for section in sections if section and section.parts],
    )


def _tiles(report: dict[str, Any]) -> list[Tile]:
    tiles = []
    for name, result in report["splits"].items():
        prefix = f"{name} " if len(report["splits"]) > 1 else ""
        tiles += [Tile(prefix + spoken(key), number(it["value"]), spread(it)) for key, it in result["metrics"].items()]
    parameters, training = report["parameters"], report["training"]
    frozen = parameters["total"] - parameters["trainable"]
    tiles.append(Tile("parameters", number(parameters["total"]), f"{number(frozen)} of them fixed" if frozen else ""))
    if training:
        best = f"best at {training['best_epoch']}" if training["best_epoch"] is not None else ""
        tiles.append(Tile("epochs", str(training["epochs"]), best))
    if "train" in report["seconds"]:
        tiles.append(Tile("training time", duration(report["seconds"]["train"]), ""))
    return tiles


def _against(report: dict[str, Any], kind: ModuleType) -> Section | None:
    """The model beside the baselines, with every metric that one of them has."""
    rivals, result = report["baselines"], report["splits"].get("test")
    if not rivals or result is None:
        return None
    names = [name for name in result["metrics"] if any(name in row["metrics"] for row in rivals)]
    rows = [{"name": "this model", "metrics": result["metrics"], "tested_on": result["examples"]}, *rivals]
    trained = report["examples"].get("train")
    cells = [
        [row["name"], *(with_spread(row["metrics"].get(name)) for name in names),
         number(row.get("trained_on", trained)), number(row.get("tested_on"))]
        for row in rows
    ]  # fmt: skip
    header = ["", *(spoken(name) for name in names), "trained on", "tested on"]
    strips, ends = strips_of([row["metrics"].get(kind.HEADLINE) for row in rows], kind.BETTER)
    parts = [Table(header, cells, strips=strips, strip=spoken(kind.HEADLINE), ends=ends)]
    if any(row.get("trained_on", 0) < row.get("of", 0) for row in rivals):
        parts.append(
            Text("Classical baselines are trained on at most 10\u202f000 examples; the model saw all of them.")
        )
    if any(row.get("tested_on", result["examples"]) < result["examples"] for row in rivals):
        parts.append(Text("The baselines are scored on a sample of test, the model on all of it."))
    return Section("Against the baselines", parts)


Strips = list[tuple[float, float, float] | None]


def strips_of(metrics: Sequence[Mapping[str, float] | None], better: str) -> tuple[Strips, tuple[str, str]]:
    """Low, value and high of each row in percent of the width that model and best baseline span, and its two ends.

    The width keeps a margin at both sides. A bar ends where it does; a value outside is below 0 or above 100.
    """
    shown = [(it.get("low", it["value"]), it["value"], it.get("high", it["value"])) if it else None for it in metrics]
    own, rivals = shown[0], [strip for strip in shown[1:] if strip]
    if own is None or not rivals:
        return [], ("", "")
    best = (max if better == "higher" else min)(rivals, key=lambda strip: strip[1])
    least, most = min(own + best), max(own + best)

    def placed(low: float, value: float, high: float) -> tuple[float, float, float]:
        low, value, high = (
            MARGIN + (100 - 2 * MARGIN) * (it - least) / ((most - least) or 1) for it in (low, value, high)
        )
        return min(max(low, 0.0), 100.0), value, min(max(high, 0.0), 100.0)

    return [strip and placed(*strip) for strip in shown], (number(least), number(most))


def _curves(report: dict[str, Any], folder: Path, kind: ModuleType) -> Section | None:
    path = folder / "history.csv"
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline=""))) if path.is_file() else []
    if not rows or not plots.curve_names(rows):
        return None
    values = {row["name"]: it["value"] for row in report["baselines"] if (it := row["metrics"].get(kind.HEADLINE))}
    rival = (max if kind.BETTER == "higher" else min)(values, key=values.get) if values else None
    line = {kind.HEADLINE: (f"{rival}, test", values[rival])} if rival else None
    epoch = (report["training"] or {}).get("best_epoch")
    figure = plots.learning_curves(rows, best_epoch=epoch, baselines=line)
    last = {name: float(rows[-1].get(name) or "nan") for name in ("loss", "val_loss")}
    told = "Lines that part show what was learned by heart." if last["val_loss"] > last["loss"] else ""
    if epoch is not None:
        monitor = report["training"]["monitor"]
        told = (
            f"The model of epoch {epoch} was kept, the best by {monitor['metric']} ({number(monitor['value'])}). {told}"
        ).strip()
    return Section("How it learned", [Drawing("curves", figure, told)])


def _embedding(report: dict[str, Any]) -> Section | None:
    """How much of the text has a word vector that training started from."""
    told = report.get("embedding")
    if not told:
        return None
    there = f"{number(told['found'])} of the {number(told['words'])} words have one ({number(told['coverage'])})"
    there += f", {number(told['made'])} of these made of the word's n-grams," if told.get("made") else ""
    often = f"and {number(told['occurrences'])} of the running words of train do. The other words started at random."
    return Section("Word vectors", [Text(f"Taken from {told['from']}: {there}, {often}")])


def _folds(report: dict[str, Any]) -> Section | None:
    """Mean and spread over the folds, of which the rest of the page shows the first."""
    told = report.get("cross_validation")
    if not told:
        return None
    header = ["measure", "mean", "standard deviation", *(f"fold {fold + 1}" for fold in range(told["folds"]))]
    rows = [
        [spoken(name), number(it["mean"]), number(it["spread"]), *map(number, it["values"])]
        for name, it in told["metrics"].items()
    ]
    caption = "Every example is tested once, by a model that did not see it. The rest of this page is about fold 1."
    return Section("Over all folds", [Table(header, rows, caption=caption)])


def _data(report: dict[str, Any]) -> Section:
    rows = [[name, number(count)] for name, count in report["examples"].items()]
    parts = [Table(["split", "examples"], rows)]
    if len(rows) > 1:
        told = "; ".join(f"{number(count)} between {pair}" for pair, count in report["duplicates"].items())
        parts.append(Text(f"Exact duplicates across splits: {told or 'none'}."))
    spent = ", ".join(f"{duration(value)} to {name}" for name, value in report["seconds"].items())
    return Section("Data and time", [*parts, *([Text(f"It took {spent}.")] if spent else [])])


def _made_of(folder: Path) -> Section:
    parts = []
    recipe, environment = folder / "recipe.yaml", folder / "environment.json"
    if recipe.is_file():
        parts.append(Listing("The recipe, as resolved", recipe.read_text(encoding="utf-8").strip(), "yaml"))
    if environment.is_file():
        told = json.loads(environment.read_text(encoding="utf-8"))
        lines = [f"{key}: {_plain(value)}" for key, value in told.items() if key != "versions"]
        lines += [f"{package} {version}" for package, version in told.get("versions", {}).items() if version]
        parts.append(Listing("The environment", "\n".join(lines), "text"))
    return Section("Made of", parts)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
