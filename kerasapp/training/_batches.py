"""A stage's data as `fit` takes it."""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from kerasapp import pipeline
from kerasapp.tasks._base import Task
from kerasapp.types import Split


class EpochOfData(keras.callbacks.Callback):
    """Tells batches that end with their epoch which one is next."""

    def __init__(self, steps: int):
        super().__init__()
        self.steps, self.begin = steps, tf.Variable(0, dtype=tf.int64, trainable=False)

    def on_epoch_begin(self, epoch, logs=None):
        self.begin.assign(epoch * self.steps)


@dataclass(frozen=True)
class StageData:
    """The splits as they are read in a stage, in batches of its size."""

    task: Task
    splits: dict[str, Split]
    readers: dict[str, pipeline.Reader]
    seed: int
    batch_size: int

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return pipeline.steps_of(self.splits["train"], self.batch_size)

    def one(self) -> tuple:
        """A batch of the first training example."""
        return self.task.elements(self.readers["train"](tf.constant([0], tf.int64)))

    def of_fit(self, epoch: int, first: int, at_once: int) -> tuple[dict[str, Any], list[keras.callbacks.Callback]]:
        """`fit`'s arguments for batches from one of an epoch on, `at_once` a call; and a callback that they need.

        Without end where calls fill an epoch; else anew in each, because a call would take what is the next epoch's.
        """
        left = self.steps - first
        if left % at_once == 0:
            return {"x": self.training(epoch * self.steps + first), "steps_per_epoch": left}, []
        if first:
            return {"x": self.training(tf.Variable(epoch * self.steps + first, dtype=tf.int64))}, []
        place = EpochOfData(self.steps)
        return {"x": self.training(place.begin)}, [place]

    def of_validation(self) -> tf.data.Dataset | None:
        """The whole validation split once, for Keras to iterate anew after each epoch."""
        if "validation" not in self.splits:
            return None
        split, read = self.splits["validation"], self.readers["validation"]
        made = pipeline.batches(self.task, split, read, batch_size=self.batch_size)
        return pipeline.held(made, len(split), self.batch_size)

    def training(self, begin: int | tf.Variable) -> tf.data.Dataset:
        """Training batches from one on, by its number over all epochs."""
        split, read = self.splits["train"], self.readers["train"]
        return pipeline.training_batches(
            self.task, split, read, batch_size=self.batch_size, seed=self.seed, begin=begin
        )
