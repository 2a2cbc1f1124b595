"""What TensorBoard shows of a run, taken from its data and model."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kerasapp import pictures, pipeline
from kerasapp.callbacks._projector import write_projector
from kerasapp.callbacks.tensorboard import RunBoard
from kerasapp.files import write
from kerasapp.ops._random import example_keys
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.tasks.image_generation import SHEETS, ImageGeneration
from kerasapp.training._batches import StageData
from kerasapp.types import Split
from kerasapp.vectors import Vectors

SAMPLES, CONFUSED = 32, 1000
SHEETS_OF_A_RUN = 50


def board(
    run: Run,
    model: keras.Model,
    task: Task,
    splits: dict[str, Split],
    readers: dict[str, pipeline.Reader],
    *,
    epochs: int,
    values: Mapping[str, Any] | None = None,
    pictures: bool = True,
) -> RunBoard:
    """The TensorBoard callback: curves, graph, recipe, hyperparameters, input samples. A stage adds its confusion.

    `values` are the hyperparameters, where that is not the whole recipe; without `pictures` nothing is drawn of data.
    """
    recipe, monitor = run.recipe, run.recipe.train.monitor
    return RunBoard(
        run.path / "logs",
        epochs=epochs,
        metric=monitor.metric,
        mode=monitor.direction,
        recipe=recipe.as_yaml(),
        values=recipe.flat() if values is None else values,
        inputs=_inputs(task, splits["train"], readers["train"], recipe.seed) if pictures else None,
        sheet=_sheet(run, model, task, splits, epochs),
        histogram_freq=recipe.train.histogram_freq,
    )


def keep_embeddings(run: Run, model: keras.Model, task: Task, result: Any) -> None:
    """For TensorBoard's projector, of the model that is kept: the embeddings whose rows have names."""
    if found := embeddings(model, task, result):
        write_projector(run.path / "logs", found)


def embeddings(model: keras.Model, task: Task, result: Any) -> dict[str, Vectors]:
    """By name: the word vectors that a task's `result` is, or the model's layers Embedding with a row for each word of
    the task's `vocabulary`, the most frequent first; what stands there besides words is left out.
    """
    if isinstance(result, Vectors):
        return {"vectors": result}
    facts = task.facts()
    names = facts.get("vocabulary", ())
    counts = np.asarray(facts.get("word_counts", np.zeros(len(names), int)))
    rows = np.array([row for row in np.argsort(-counts, kind="stable") if names[row]], int)
    return {
        layer.name: Vectors(
            [names[row] for row in rows], keras.ops.convert_to_numpy(layer.embeddings)[rows], counts[rows]
        )
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Embedding) and names and layer.input_dim == len(names)
    }


def _inputs(task: Task, split: Split, read: pipeline.Reader, seed: int) -> Callable:
    """The first examples as the model sees them, encoded and augmented."""

    def inputs() -> np.ndarray | dict[str, np.ndarray]:
        shown = SAMPLES if task.INPUT == "image" else 1
        indices = tf.range(min(shown, len(split)), dtype=tf.int64)
        encoded, _ = task.encode(read(indices), example_keys(seed, 0, indices))
        return tf.nest.map_structure(lambda tensor: tensor.numpy(), encoded)

    return inputs


def _sheet(run: Run, model: keras.Model, task: Task, splits: dict[str, Split], epochs: int) -> Callable | None:
    """What a generating model draws, now and then, also as a file in the run's folder."""
    if not isinstance(task, ImageGeneration):
        return None
    every = task.draw_every or -(-epochs // SHEETS_OF_A_RUN)

    def sheet(epoch: int) -> bytes | None:
        if epoch % every and epoch != epochs:
            return None
        drawn = pictures.png(task.sheet(model, splits.get("validation", splits["train"])))
        write(run.path / SHEETS / f"epoch_{epoch:05d}.png", drawn)
        return drawn

    return sheet


def confusion_of(model: keras.Model, data: StageData) -> Callable | None:
    """True and predicted class numbers of some validation examples, spread evenly, read as the stage reads them."""
    if data.task.EVALUATION != "classification" or "validation" not in data.splits:
        return None
    task, read, count = data.task, data.readers["validation"], len(data.splits["validation"])

    def confusion() -> tuple[np.ndarray, np.ndarray, list[str]]:
        rows = np.linspace(0, count - 1, min(CONFUSED, count)).astype("int64")
        true, predicted = [], []
        for chunk in np.array_split(rows, -(-len(rows) // 128)):
            inputs, target = task.elements(read(tf.constant(chunk)))[:2]
            predicted.append(np.argmax(model.predict_on_batch(inputs), -1))
            true.append(np.argmax(target, -1))
        return np.concatenate(true), np.concatenate(predicted), list(task.labels)

    return confusion
