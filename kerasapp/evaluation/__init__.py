"""What a trained model is worth on a split: measures with their intervals, beside the baseline to beat, and the report.

`evaluate` measures and draws nothing; `write` draws from what it gave, and puts `report.json`, `report.md`,
`report.html` and `plots/` into the run's folder. What is measured of a kind of task stands in the module that the task
names (`Task.EVALUATION`): `thresholds`, `measure`, `warnings`, `sections`, and the metric of the first line. Importing
this package brings no TensorFlow: word vectors are measured without.
"""

import logging
import math
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasapp.errors import DataError
from kerasapp.evaluation import intervals
from kerasapp.evaluation.verdict import headline, warnings
from kerasapp.ops._finite import complaint, not_finite
from kerasapp.types import Split

if TYPE_CHECKING:
    import keras

    from kerasapp.frame import Train
    from kerasapp.run import Run
    from kerasapp.tasks._base import Task

log = logging.getLogger("kerasapp")
AT_ONCE = 65_536  # examples whose loss is computed together


def evaluate(
    run: "Run",
    model: "keras.Model",
    task: "Task",
    splits: dict[str, Split],
    *,
    names: Sequence[str] = ("test",),
    history: list[dict[str, Any]] | None = None,
    baselines: Sequence[dict[str, Any]] = (),
    seconds: dict[str, float] | None = None,
) -> dict[str, Any]:
    """The content of `report.json` for the splits `names`, each read once from end to end. Nothing is drawn or written.

    `history` has the rows of `history.csv`; `baselines` were scored on `test`. A threshold is chosen on `validation`,
    or is the one that the run's report has where `splits` brings none. Raises DataError where a split has no labels.
    """
    from kerasapp import data

    started = time.perf_counter()
    kind = kind_of(task)
    choices, measured = (
        _measured(run, model, task, splits, names)
        if kind.LABELLED
        else ([], {name: kind.measure(task, splits, name, task.result(model)) for name in names})
    )
    report = {
        "task": run.recipe.task["name"],
        "kind": task.EVALUATION,
        "title": run.recipe.title,
        "run": run.name,
        "splits": measured,
        "baselines": [_with_intervals(row) for row in baselines],
        "seconds": dict(seconds or {}),
        "training": _training(history, run.recipe.train),
        "parameters": _parameters(model),
        "examples": {name: len(split) for name, split in splits.items()},
        "duplicates": {" and ".join(pair): len(ids) for pair, ids in data.duplicates(splits).items()},
        "thresholds": choices,
    }
    report["headline"] = headline(report, kind.HEADLINE, kind.BETTER) if kind.LABELLED else kind.headline(report)
    report["warnings"] = warnings(report, kind)
    report["seconds"].setdefault("evaluate", time.perf_counter() - started)
    return report


def write(
    report: dict[str, Any], folder: Path, *, task: "Task | None" = None, splits: dict[str, Split] | None = None
) -> None:
    """Draws the report and writes it into a run's folder, which brings the recipe, the environment and the history.

    With `task` and `splits` the mistakes are shown as what they are, pictures or rows; without, by their ids.
    """
    from kerasapp.evaluation.report import write as write_all

    examples = {}
    for name, result in report["splits"].items():
        if task is not None and splits and name in splits and splits[name].random_access and result["mistakes"]:
            examples[name] = _examples(task, splits[name], [row["index"] for row in result["mistakes"]])
    write_all(report, Path(folder), examples)


def kind_of(task: "Task") -> ModuleType:
    """The module that measures tasks of this kind."""
    return import_module(f"kerasapp.evaluation.{task.EVALUATION}")


def _measured(
    run: "Run", model: "keras.Model", task: "Task", splits: dict[str, Split], names: Sequence[str]
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """The thresholds, and each split's entry; validation is read where a threshold is to be chosen on it."""
    from kerasapp import pipeline

    kind = kind_of(task)
    given = {name: _outputs(model, task, splits, name) for name in names}

    def validation() -> Any:
        if "validation" not in splits or "label" not in splits["validation"].features:
            return None
        return given.get("validation") or pipeline.outputs(model, task, splits["validation"])

    kept = [] if "validation" in splits else _kept_thresholds(run)
    choices = kept or kind.thresholds(task, validation)
    losses = {name: _losses(task, run.recipe.train, outputs) for name, outputs in given.items()}
    measured = {name: kind.measure(task, splits[name], given[name], losses[name], choices) for name in names}
    for name, result in measured.items():
        own = task.measure(given[name].decoded, given[name].examples)
        bad = np.flatnonzero(not_finite(given[name].logits))
        if len(bad):
            result["not_finite"] = len(bad)
            log.warning(complaint([splits[name].ids[int(at)] for at in bad], run.recipe.train.mixed_precision))
        result["metrics"] |= {metric: intervals.metric(float(value)) for metric, value in own.items()}
    return choices, measured


def _outputs(model: "keras.Model", task: "Task", splits: dict[str, Split], name: str) -> Any:
    from kerasapp import pipeline

    if name not in splits:
        raise DataError("data", f"there is no {name} split, only {', '.join(splits)}")
    outputs = pipeline.outputs(model, task, splits[name])
    if outputs.targets is None:
        told = f"the {name} split has no labels to compare with. `kerasapp predict` says what the model makes of it"
        raise DataError(splits[name].ids[0], told)
    return outputs


def _losses(task: "Task", train: "Train", outputs: Any) -> np.ndarray | None:
    """(examples,) float64: what training minimises, for each example, without the model's own penalties."""
    loss = task.loss(train.loss, train.label_smoothing)
    if loss is None:
        return None
    starts = range(0, len(outputs.targets), AT_ONCE)
    parts = [loss.call(outputs.targets[at : at + AT_ONCE], outputs.logits[at : at + AT_ONCE]) for at in starts]
    values = np.concatenate([np.asarray(part, float) for part in parts])
    return values.reshape(len(values), -1).mean(axis=1)


def _kept_thresholds(run: "Run") -> list[dict[str, Any]]:
    return run.report.get("thresholds", []) if (run.path / "report.json").is_file() else []


def _with_intervals(row: dict[str, Any]) -> dict[str, Any]:
    """A baseline with Wilson's interval at its accuracy, which needs no more than the count."""
    accuracy, tested = row["metrics"].get("accuracy"), row.get("tested_on")
    if not accuracy or not tested or "low" in accuracy:
        return row
    told = intervals.proportion(round(accuracy["value"] * tested), tested)
    return row | {"metrics": row["metrics"] | {"accuracy": told}}


def _training(history: list[dict[str, Any]] | None, train: "Train") -> dict[str, Any] | None:
    """How many epochs, and the first with the best value of the monitor, where that is the one that was kept."""
    if not history:
        return None
    monitor = train.monitor
    values = {
        int(float(row.get("epoch", number))): float(row[monitor.metric])
        for number, row in enumerate(history, 1)
        if row.get(monitor.metric) not in (None, "") and math.isfinite(float(row[monitor.metric]))
    }
    best = (max if monitor.direction == "max" else min)(values, key=values.get) if values else None
    best = best if train.keep == "best" else None
    told = {"metric": monitor.metric, "mode": monitor.direction, "value": values.get(best)}
    return {"epochs": len(history), "best_epoch": best, "monitor": told}


def _parameters(model: "keras.Model") -> dict[str, int]:
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return {"total": model.count_params(), "trainable": trainable}


def _examples(task: "Task", split: Split, indices: list[int]) -> dict[str, np.ndarray]:
    """A few examples: rows as they came, images prepared without preprocessing, as uint8."""
    if task.INPUT != "image":
        return {name: value.numpy() for name, value in split.gather(np.array(indices)).items()}
    from kerasapp import pipeline

    task = task.plain()
    examples = pipeline.prepared(task, split, np.array(indices))
    if examples["image"].dtype != np.uint8:
        seen, _ = task.encode(examples)
        examples["image"] = np.rint(np.asarray(seen) * 255).astype(np.uint8)
    return examples
