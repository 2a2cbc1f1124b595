"""The lists of steps in a task's recipe, put to work: preprocessing, augmentation, mixing.

Preprocessing is the same for every picture, in training and in serving. Augmentation and mixing are of training alone,
and pure functions of keys, one for each example and epoch.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf

from kerasapp import components
from kerasapp.errors import StepError, first_line
from kerasapp.ops._random import fold_in, uniform
from kerasapp.types import Spec

MIXING = 2**31  # what keys are folded with for mixing, apart from the places of augmentation's steps

Learned = list[dict[str, Any] | None]
"""What each step of preprocessing learned from train; None: it learns nothing."""


def learn(
    steps: Sequence[Spec], shape: Sequence[int], batches: Callable[[], Iterable[tf.Tensor]]
) -> tuple[Learned, list[int]]:
    """What each step learns from `batches()` of training pictures of a shape, and the shape that the last one gives.

    Raises StepError where a step can't be on what it is given.
    """
    learned: Learned = []
    example = tf.zeros([1, *shape])
    for number, step in enumerate(steps):
        with _told("preprocessing", number, step):
            before = (preprocessed(images, steps[:number], learned) for images in batches())
            learned.append(_learned(step, (images.numpy() for images in before)))
            (_, example), *_ = each(example, [step], learned[-1:])
    return learned, list(example.shape[1:])


def preprocessed(images: tf.Tensor, steps: Sequence[Spec], learned: Learned) -> tf.Tensor:
    """Images (batch, h, w, c) in [0, 1] -> what the last step gives, float32 (batch, ...)."""
    for _, made in each(images, steps, learned):
        images = made
    return images


def each(images: tf.Tensor, steps: Sequence[Spec], learned: Learned) -> Iterator[tuple[Spec, tf.Tensor]]:
    """Each step and what it gives, in order."""
    for step, state in zip(steps, learned, strict=False):
        given = () if state is None else (state,)
        images = components.function("ops", step["name"], "apply")(images, *given, **arguments(step))
        yield step, images


def augmented(images: tf.Tensor, keys: tf.Tensor, steps: Sequence[Spec]) -> tf.Tensor:
    """Images (batch, h, w, c) and keys (batch, 2) int32 -> images, each step with keys of its own. Raises StepError."""
    for number, step in enumerate(steps):
        augment = components.function("ops", step["name"], "augment")
        with _told("augmentation", number, step):
            images = augment(images, fold_in(keys, number), **arguments(step))
    return images


def mixed(inputs: tf.Tensor, targets: tf.Tensor, keys: tf.Tensor, steps: Sequence[Spec]) -> tuple[tf.Tensor, tf.Tensor]:
    """Inputs (batch, ...) and one-hot targets (batch, classes), mixed by one of the steps, each example's by chance.

    Raises StepError.
    """
    keys = fold_in(keys, MIXING)
    chosen = tf.cast(uniform(keys, 0, 1)[:, 0] * len(steps), tf.int32)
    results = (inputs, targets)
    for number, step in enumerate(steps):
        mix = components.function("ops", step["name"], "mix")
        with _told("mixing", number, step):
            made = mix(inputs, targets, fold_in(keys, number), **arguments(step))
        results = tuple(
            tf.where(tf.reshape(chosen == number, [-1] + [1] * (after.shape.rank - 1)), after, before)
            for after, before in zip(made, results, strict=True)
        )
    return results


def arguments(step: Spec) -> dict[str, Any]:
    """A step's own, without its name."""
    return {key: value for key, value in step.items() if key != "name"}


@contextmanager
def _told(of: str, number: int, step: Spec) -> Iterator[None]:
    """What a stock step refuses becomes a StepError; a user's own is told with the file and line."""
    try:
        yield
    except (ValueError, TypeError, tf.errors.OpError) as error:
        if ":" in step["name"]:
            raise
        raise StepError(f"task.{of}.{number}", f"{step['name']}: {first_line(error)}") from error


def _learned(step: Spec, batches: Iterator[np.ndarray]) -> dict[str, Any] | None:
    if step["name"] not in components.names("ops", "learn"):
        return None
    return components.function("ops", step["name"], "learn")(batches, **arguments(step))
