"""What a task measures on the whole validation split while it trains."""

import keras

from kerasapp import pipeline
from kerasapp.callbacks.measure import Measure
from kerasapp.tasks._base import Task
from kerasapp.tasks.image_generation import ImageGeneration
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
) -> tuple[list[Measure], int]:
    """The callback, and after how many epochs each a metric is there at the latest; none and 1 where the task's metrics
    are all streamed, which then cost nothing.
    """
    if isinstance(task, ImageGeneration) and task.features:
        return [Measure(distances(model, task, splits), every=every, last=last)], every
    if not task.measures() or "validation" not in splits:
        return [], 1
    forward = pipeline.forward(model, task, splits["validation"], readers["validation"])

    def measure() -> dict[str, float]:
        outputs = forward()
        return task.measure(outputs.decoded, outputs.examples)

    return [Measure(measure, every=every, last=last)], every
