"""What a trained model is worth: the report of a run, on its own data or on other."""

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from kerasapp import data, evaluation, pipeline
from kerasapp.errors import DataError
from kerasapp.evaluation.baselines import baselines
from kerasapp.files import write_json
from kerasapp.recipe import parse_setting
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._board import keep_embeddings
from kerasapp.training._embedding import Matched, known_at_start
from kerasapp.training._features import features_at_start
from kerasapp.types import Split

log = logging.getLogger("kerasapp")


def report(
    run: Run,
    task: Task,
    splits: dict[str, Split],
    history: list[dict],
    seconds: float,
    *,
    cache: Path,
    baselines_kept: Path | None,
    embedding: Matched | None = None,
    pages: bool = True,
) -> dict[str, Any]:
    """Evaluates the best model on the test split, beside the baselines; writes report.json, .md and .html.

    `cache` is where features are kept from run to run, `baselines_kept` where baselines are; None leaves them out.
    `embedding` are the word vectors that training started from, where it did in this process: they have baselines of
    their own. Without `pages` nothing is drawn, and report.json is all that is written: `evaluate` makes the rest.
    """
    started = time.perf_counter()
    there = [name for name in ("test", "validation", "train") if name in splits]
    name = next((name for name in there if "label" in splits[name].features), there[0])
    if name != there[0]:
        log.warning("the %s split has no labels: the report is on %s", there[0], name)
    compared, plain, model = [], task.plain(), run.model()
    if (concluded := task.conclude(model, splits)) is not task:
        task = concluded
        run.keep_task(task)
    if baselines_kept is not None and evaluation.kind_of(task).LABELLED:
        known = embedding.known if embedding else known_at_start(run, task)
        compared = baselines(
            plain,
            splits,
            seed=run.recipe.seed,
            prepared=lambda split, indices: pipeline.prepared(plain, split, indices),
            cache=baselines_kept,
            vectors=known,
            features=features_at_start(run, task, model, cache),
        )
    result = task.result(model)
    task.keep(result, run.path)
    keep_embeddings(run, model, task, result)
    made = evaluation.evaluate(
        run, model, task, splits, names=(name,), history=history,
        baselines=compared,
        seconds={"train": seconds},
    )  # fmt: skip
    made["seconds"]["evaluate"] = time.perf_counter() - started
    if told := run.read_json("state.json").get("embedding"):
        made["embedding"] = told
    if pages:
        evaluation.write(made, run.path, task=task, splits=splits)
    else:
        write_json(run.path / "report.json", made)
    return made


def evaluate(run: Run, split: str = "test", source: str | None = None) -> dict[str, Any]:
    """The report of the best model on a split of the run's own data, or of other data: a path, or a source in YAML."""
    splits = run.splits() if source is None else {"data": other_data(run, source)}
    if split == "test" and split not in splits and not evaluation.kind_of(run.task).LABELLED:
        split = "train"
    name = split if source is None else "data"
    if name not in splits:
        raise DataError(run.path, f'the data has no split "{split}". There are {", ".join(splits)}')
    run.task.check(splits[name], name)
    started = time.perf_counter()
    model = run.model()
    made = evaluation.evaluate(run, model, run.task, splits, names=(name,), history=None, baselines=(), seconds={})
    made["seconds"]["evaluate"] = time.perf_counter() - started
    if source is None and (run.path / "report.json").is_file() and not (run.path / "report.html").is_file():
        evaluation.write(run.report, run.path, task=run.task, splits=splits)  # of a sweep's trial, asked for now
    return made


def other_data(run: Run, source: str) -> Split:
    """All examples of another source: what is given replaces the recipe's `data`, or only its `path`."""
    _, node = parse_setting(f"data={source}")
    changes = {"data.path": node} if isinstance(node.value, str) else {"data": node}
    changed = run.recipe.replaced(
        {**changes, "data.split": None} if len(changes) == 1 and "data.path" in changes else changes
    )
    spec = changed.data | {"split": None, "folds": None, "fold": None}
    brought = data.load(spec, changed.seed, {}, folder=changed.folder)
    return Renumbered.where_needed(brought.get("test", brought["train"]), run.task)


class Renumbered:
    """A split whose classes are numbered as the task's are, by name. Raises DataError at one that train never saw."""

    def __init__(self, split: Split, labels: list[str]):
        names = split.features["label"].names
        self._split, self._places = split, np.array([labels.index(name) if name in labels else -1 for name in names])
        unknown = np.flatnonzero(self._places[split.column("label")] < 0)
        if len(unknown):
            name = names[split.column("label")[unknown[0]]]
            raise DataError(
                split.ids[unknown[0]], f'"{name}" is none of the classes that train has: {", ".join(labels)}'
            )
        self.features = split.features | {"label": replace(split.features["label"], names=tuple(labels))}
        self.ids, self.random_access, self.fingerprints = split.ids, split.random_access, split.fingerprints

    @classmethod
    def where_needed(cls, split: Split, task: Task) -> Split:
        names = split.features["label"].names if "label" in split.features else None
        labels = getattr(task, "labels", None)
        return split if names is None or labels is None or list(names) == list(labels) else cls(split, list(labels))

    def __len__(self) -> int:
        return len(self._split)

    def gather(self, indices: tf.Tensor) -> dict[str, tf.Tensor]:
        raw = self._split.gather(indices)
        return raw | {"label": tf.gather(tf.constant(self._places), raw["label"])}

    def column(self, feature: str) -> np.ndarray:
        values = self._split.column(feature)
        return self._places[values] if feature == "label" else values
