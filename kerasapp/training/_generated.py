"""How good a run's pictures are in the eyes of a network that knows such pictures."""

from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import numpy as np

from kerasapp import pictures
from kerasapp.errors import DataError, KerasappError, RunError
from kerasapp.evaluation import intervals
from kerasapp.metrics.frechet_distance import frechet_distance
from kerasapp.metrics.kernel_distance import kernel_distance
from kerasapp.metrics.manifold_precision import precision_recall
from kerasapp.names import counted
from kerasapp.run import Run
from kerasapp.tasks._generative import over, spread
from kerasapp.tasks.image_generation import ImageGeneration
from kerasapp.training._extractor import Extractor, extractor
from kerasapp.types import Split

FOR_PRECISION = 5000  # examples of each: distances are of all pairs
FEWEST = 10  # pictures that a distance is taken of
SEED = 0


def evaluate_features(run: Run, what: str, *, split: str = "test", count: int = 10_000, root: Path = Path()) -> dict:
    """`{"features", "split", "examples", "samples", "metrics"}` of a run's samples against a split of its data: `fid`,
    `kid`, `precision`, `recall`; by a classifier also `confidence` and "shares", of each class in percent of samples.

    Raises RunError for a run that draws nothing, KerasappError for features that can't be had.
    """
    task, model = run.task, run.model()
    if not isinstance(task, ImageGeneration) or model.prior is None:
        raise RunError(run.path, "draws no pictures by chance, and --features measures such")
    splits = run.splits()
    split = split if split in splits or split != "test" else "train"
    if split not in splits:
        raise DataError(run.path, f'the data has no split "{split}". There are {", ".join(splits)}')
    by = extractor(what, root)
    if len(splits[split]) < FEWEST:
        raise DataError(run.path, f"{split} has {counted(len(splits[split]), 'picture')}: give {FEWEST} or more")
    pixels = real_pixels(task, splits[split], count)
    made = task.draw(model, count, SEED)
    real_features, (made_features, *probabilities) = by.features(pixels), by.look(made)
    kid, deviation = kernel_distance(real_features, made_features)
    some = min(FOR_PRECISION, len(pixels), len(made))
    precision, recall = precision_recall(*(one[spread(len(one), some)] for one in (real_features, made_features)))
    metrics = {"fid": frechet_distance(real_features, made_features), "kid": kid, "kid_deviation": deviation,
               "precision": precision, "recall": recall}  # fmt: skip
    told = {"features": by.name, "split": split, "examples": len(pixels), "samples": len(made)}
    shares = {}
    for of_class in probabilities:
        metrics["confidence"] = float(of_class.max(1).mean())
        chosen = np.bincount(of_class.argmax(1), minlength=len(by.labels)) / len(made)
        shares = {"shares": dict(zip(by.labels, (100 * chosen).round(2).tolist(), strict=True))}
    return told | {"metrics": {name: intervals.metric(value) for name, value in metrics.items()}} | shares


def distances_of(task: ImageGeneration, splits: Mapping[str, Split]) -> tuple[Extractor, Split]:
    """What a task's `val_fid` and `val_kid` are measured by, and against which split: validation, else train.

    Raises KerasappError for features that can't be had, or too few pictures.
    """
    name = next(name for name in ("validation", "train") if name in splits)
    if min(len(splits[name]), task.feature_samples) < FEWEST:
        told = f"distances of sets want {FEWEST} pictures or more of each"
        raise KerasappError(f"{told}: {name} has {len(splits[name])}, and feature_samples is {task.feature_samples}")
    return extractor(task.features), splits[name]


def distances(model: keras.Model, task: ImageGeneration, splits: Mapping[str, Split]) -> Callable[[], dict[str, float]]:
    """`fid` and `kid` of a model's samples as it is when asked; what is of the data is done once."""
    by, split = distances_of(task, splits)
    real = by.features(real_pixels(task, split, task.feature_samples))

    def measure() -> dict[str, float]:
        made = by.features(task.draw(model, task.feature_samples, SEED))
        return {"fid": frechet_distance(real, made), "kid": kernel_distance(real, made)[0]}

    return measure


def real_pixels(task: ImageGeneration, split: Split, count: int) -> np.ndarray:
    """(examples, h, w, c) uint8 of a split, spread evenly, at most so many."""
    (images,) = over(task, split, lambda images: (images,), spread(len(split), count))
    return pictures.as_pixels(images)
