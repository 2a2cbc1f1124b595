"""A stage's data as `fit` takes it."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from kerasapp import pipeline
from kerasapp.tasks._base import Task
from kerasapp.types import Split


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

    def of_fit(self, epoch: int, first: int, at_once: int) -> dict[str, Any]:
        """`fit`'s arguments for batches from one of an epoch on, `at_once` a call.

        Without end where calls fill an epoch; else so that they end with each, because a call would take what is the
        next epoch's.
        """
        left, batches = self.steps - first, self.training(epoch * self.steps + first)
        return (
            {"x": batches, "steps_per_epoch": left} if left % at_once == 0 else {"x": pipeline.in_epochs(batches, left)}
        )

    def of_validation(self) -> tf.data.Dataset | None:
        """The whole validation split once, for Keras to iterate anew after each epoch."""
        if "validation" not in self.splits:
            return None
        split, read = self.splits["validation"], self.readers["validation"]
        made = pipeline.batches(self.task, split, read, batch_size=self.batch_size)
        return pipeline.held(made, len(split), self.batch_size)

    def training(self, begin: int) -> tf.data.Dataset:
        """Training batches from one on, by its number over all epochs."""
        split, read = self.splits["train"], self.readers["train"]
        return pipeline.training_batches(
            self.task, split, read, batch_size=self.batch_size, seed=self.seed, begin=begin
        )
