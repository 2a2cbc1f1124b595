"""What a training is judged by while it runs: what a model would have that knows nothing."""

from contextlib import suppress
from functools import partial

import numpy as np
import tensorflow as tf

from kerasapp import pipeline, rules
from kerasapp.callbacks.watch import OF_TWO, Watch
from kerasapp.frame import Train
from kerasapp.tasks._base import Task
from kerasapp.types import Split


def watch(task: Task, split: Split, train: Train) -> Watch:
    """The callback that warns, with what it compares this training with."""
    if any(metric in type(task).METRICS for metric in OF_TWO):
        return Watch(partial(_of_either, len(split), pipeline.steps_of(split, train.batch_size)))
    steps = pipeline.steps_of(split, train.batch_size)
    known = ignorance(task, split, train)
    return Watch(partial(rules.training_findings, ignorance=known, steps=steps, warmup_epochs=train.warmup_epochs))


def _of_either(examples: int, steps: int, rows: rules.Rows) -> list[rules.Finding]:
    """Of one network that has a loss, or of two that are trained against each other."""
    if "loss" not in rows[-1]:
        return rules.adversarial_findings(rows)
    return rules.training_findings(rows, rules.Ignorance(examples), steps=steps)


def ignorance(task: Task, split: Split, train: Train) -> rules.Ignorance:
    """The loss, as training weighs it, and the accuracy of saying the same of every example.

    For a loss whose best constant answer is another than the shares of the classes, or the mean, this is an upper bound
    of what knowing nothing has, so that nothing is said too soon.
    """
    loss = task.loss(train.loss, train.label_smoothing)
    counts = getattr(task, "counts", None)
    if task.EVALUATION == "classification" and counts:
        counts = np.asarray(counts, float)
        share = float(counts.max() / counts.sum())
        if loss is None:
            return rules.Ignorance(len(split), accuracy=share)
        given = task.class_weight(train.class_weight) or {}
        weighted = counts * np.array([given.get(place, 1.0) for place in range(len(counts))])
        logits = np.log(np.maximum(weighted / weighted.sum(), 1e-7)).astype("float32")
        each = loss.call(np.eye(len(counts), dtype="float32"), np.tile(logits, (len(counts), 1)))
        return rules.Ignorance(len(split), float(np.sum(weighted * np.asarray(each)) / counts.sum()), share)
    if task.EVALUATION == "regression" and loss is not None:
        with suppress(KeyError):  # a target of one's own that takes more than the label
            target = task.target({"label": tf.constant(task.targets(split))}, {})
            constant = tf.ones_like(target) * tf.reduce_mean(target, axis=0)
            return rules.Ignorance(len(split), float(np.mean(loss.call(target, constant))))
    return rules.Ignorance(len(split))
