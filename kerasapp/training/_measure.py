"""What a task measures while it trains, on the whole validation split or of what was made."""

import keras

from kerasapp import pipeline
from kerasapp.callbacks.measure import Measure
from kerasapp.evaluation import words
from kerasapp.tasks._base import Task
from kerasapp.tasks.image_generation import ImageGeneration
from kerasapp.tasks.word2vec import Word2Vec
from kerasapp.training._generated import distances
from kerasapp.types import Split


def measuring(
    model: keras.Model,
    task: Task,
    splits: dict[str, Split],
    readers: dict[str, pipeline.Reader],
    *,
    every: int,
    last: int,
    monitor: str,
) -> tuple[list[Measure], int]:
    """The callback, and after how many epochs each a metric is there at the latest; none and 1 where the task's metrics
    are all streamed, which then cost nothing. Word vectors are asked their own analogies where `monitor` names them.
    """
    if isinstance(task, Word2Vec) and monitor == words.HEADLINE:
        return [Measure(lambda: words.own_accuracy(task.result(model)), every=every, last=last, prefix="")], every
    if isinstance(task, ImageGeneration) and task.features:
        return [Measure(distances(model, task, splits), every=every, last=last)], every
    if not task.measures() or "validation" not in splits:
        return [], 1
    forward = pipeline.forward(model, task, splits["validation"], readers["validation"])

    def measure() -> dict[str, float]:
        outputs = forward()
        return task.measure(outputs.decoded, outputs.examples)

    return [Measure(measure, every=every, last=last)], every
