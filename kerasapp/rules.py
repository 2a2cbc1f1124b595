"""What the doctor, the preflight and the live callback judge by: numbers in, findings out; nothing heavy imported."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean as mean
from typing import Literal

from kerasapp.names import counted

TINY = 10  # examples of a class, below which it can't be learned or measured
FEW = 3000  # examples of a class: the rule of thumb for training a network from nothing
UNEVEN = 10  # times the smallest class that the largest may have before it is said
CHANCE_EPOCHS = 5  # a network that learns at all is above chance in its first epochs, dropout and augmentation running
CHANCE_STEPS = 200  # and where an epoch is a few steps, after so many: Adam at 1e-3 has then moved a weight by up to .2
STUCK_EPOCHS = 10  # twice that: a loss may rest on a first plateau and still fall
LEARNED = 0.98  # of the loss of knowing nothing: who has found anything has less
FELL = 0.99  # of a loss: a fall by less over STUCK_EPOCHS is none
APART = 0.01  # above the share of the most common class, an accuracy within this is chance also of very many examples
WINDOW = 5  # epochs: a single epoch's val_loss is noise, of five in a row all above five others it is seldom
LEARNS_ON = 0.9  # of the training loss: what falls further than that is still being learned
ROSE = 0.1  # of the best val_loss, the least rise that counts
ROSE_OF_IGNORANCE = 0.05  # and of the loss of knowing nothing: from .02 to .03 of a possible 2.3 is no matter
NOISE = 4.0  # and times what val_loss moves from one epoch to the next: the best of many windows is low by luck as well
WON, WON_EPOCHS = 0.99, 5  # a discriminator that is so often right, for so long, has nothing left to tell a generator
VANISHED, VANISHED_EPOCHS = 1e-3, 3  # of the largest gradient so far
COLLAPSED, COLLAPSED_EPOCHS = 0.3, 3  # of the spread of the data, and half of what it once was

WAY_OUT = (
    "Try train.optimizer.learning_rate ten times higher and lower, and look whether labels belong to their examples"
)

Severity = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about the data: what kind, how bad, where, what to do; and the ids of examples that show it."""

    kind: str
    severity: Severity
    where: str
    message: str
    shows: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.message}"

    def as_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("kind", "severity", "where", "message")}


def class_sizes(counts: Mapping[str, int]) -> Iterator[Finding]:
    """Classes of train with so few examples that nothing can be learned, or less than a network from nothing likes."""
    for label, count in counts.items():
        if 0 < count < TINY:
            told = f"{count} example{'s' * (count > 1)} in train: add some, or leave the class out"
            yield Finding("tiny_class", "warning", label, told)
    present = {label: count for label, count in counts.items() if count}
    if not present:
        return
    smallest, largest = min(present, key=present.get), max(present, key=present.get)
    if present[smallest] < FEW:
        fewest = counted(present[smallest], "example")
        told = f"{fewest} in train, the fewest of {len(counts)} classes; a network that begins"
        told += f" with nothing likes about {FEW}. Augmentation and transfer help"
        yield Finding("few_examples", "note", smallest, told)
    if present[largest] > UNEVEN * present[smallest]:
        told = f'{present[largest]} examples in train, and "{smallest}" has {present[smallest]}'
        yield Finding("imbalance", "note", largest, f"{told}. Consider train.class_weight: balanced")


@dataclass(frozen=True)
class Ignorance:
    """What a model has on the training split that says the same of every example; None where that is not known."""

    examples: int
    loss: float | None = None
    accuracy: float | None = None
    """The share of the most common class."""


Rows = Sequence[dict[str, float]]
"""Rows of history.csv in order, from the first epoch or a later one; of `loss` and `val_loss`, `penalty` (0 where it is
not there) stands for the weights."""


def training_findings(rows: Rows, ignorance: Ignorance, *, steps: int, warmup_epochs: float = 0.0) -> list[Finding]:
    """What is to be said of a training so far; `steps` are those of an epoch."""
    since = [row for row in rows if row["epoch"] > warmup_epochs]
    slow = at_chance(since, ignorance, steps) or loss_stuck(since, ignorance)
    return [finding for finding in (slow, diverging(since, ignorance)) if finding]


def at_chance(rows: Rows, ignorance: Ignorance, steps: int) -> Finding | None:
    """Training accuracy within noise (two standard errors) of the most common class's share, and the loss no better."""
    share, epochs = ignorance.accuracy, max(CHANCE_EPOCHS, -(-CHANCE_STEPS // steps))
    if share is None or len(rows) < epochs or any("accuracy" not in row for row in rows):
        return None
    noise = max(2 * math.sqrt(share * (1 - share) / ignorance.examples), APART)
    best = max(row["accuracy"] for row in rows)
    if best > share + noise or _has_learned(rows, ignorance):
        return None
    told = f"training accuracy has been {best:.3f} at most, and always saying the most common class has {share:.3f}"
    return _warning("at_chance", rows, f"{told}: nothing is learned. {WAY_OUT}")


def loss_stuck(rows: Rows, ignorance: Ignorance) -> Finding | None:
    """A training loss that does not fall, and is no better than that of knowing nothing: one that has converged is.

    Where that is not known: one that has never fallen since the first epoch.
    """
    recent = [_data_loss(row) for row in rows[-STUCK_EPOCHS:]]
    if len(recent) < STUCK_EPOCHS or min(recent[1:]) < _so_low(FELL, recent[0]) or _has_learned(rows, ignorance):
        return None
    if ignorance.loss is None and (rows[0]["epoch"] != 1 or min(recent) < _so_low(FELL, _data_loss(rows[0]))):
        return None
    told = f"the training loss has not fallen for {STUCK_EPOCHS} epochs ({recent[0]:.4g}, now {recent[-1]:.4g})"
    level = "" if ignorance.loss is None else f" and knowing nothing has {ignorance.loss:.4g}"
    return _warning("loss_stuck", rows, f"{told}{level}. {WAY_OUT}")


def diverging(rows: Rows, ignorance: Ignorance) -> Finding | None:
    """val_loss clearly above its best for WINDOW epochs, while the training loss goes on falling."""
    values = [row["val_loss"] for row in rows if "val_loss" in row]
    if len(values) < len(rows) or len(values) < 2 * WINDOW:
        return None
    starts = range(len(values) - 2 * WINDOW + 1)
    at = min(starts, key=lambda start: sum(values[start : start + WINDOW]))
    best, recent = values[at : at + WINDOW], values[-WINDOW:]
    moves = mean(abs(b - a) for a, b in pairwise(values))
    least = max(ROSE * abs(mean(best)), ROSE_OF_IGNORANCE * (ignorance.loss or 0.0), NOISE * moves)
    losses = [mean(row["loss"] for row in part) for part in (rows[at : at + WINDOW], rows[-WINDOW:])]
    if min(recent) <= max(best) or mean(recent) - mean(best) < least or losses[1] > _so_low(LEARNS_ON, losses[0]):
        return None
    since = at + min(range(WINDOW), key=best.__getitem__)
    told = (
        f"val_loss has risen since epoch {rows[since]['epoch']:.0f} ({values[since]:.4g}, now {values[-1]:.4g}) while "
        f"the training loss falls ({rows[since]['loss']:.4g}, now {rows[-1]['loss']:.4g}): it learns by heart"
    )
    return _warning("diverging", rows, f"{told}. train.early_stopping, dropout, augmentation or more examples help")


def adversarial_findings(rows: Rows) -> list[Finding]:
    """What is to be said of a generator and a discriminator so far: rows have what `history.csv` has of both."""
    return [finding for finding in (_won(rows), _vanished(rows), _collapsed(rows)) if finding]


def _won(rows: Rows) -> Finding | None:
    recent = [row["d_accuracy"] for row in rows[-WON_EPOCHS:] if "d_accuracy" in row]
    if len(recent) < WON_EPOCHS or min(recent) < WON:
        return None
    told = f"the discriminator has been right {min(recent):.3f} of the time or more for {WON_EPOCHS} epochs"
    way_out = (
        "model.label_smoothing, instance_noise or r1, a lower rate for it (train.optimizers) or fewer d_steps help"
    )
    return _warning("discriminator_wins", rows, f"{told}: it has nothing left to teach. {way_out}")


def _vanished(rows: Rows) -> Finding | None:
    seen = [row["g_gradient"] for row in rows if "g_gradient" in row]
    recent = seen[-VANISHED_EPOCHS:]
    if len(seen) < 2 * VANISHED_EPOCHS or max(recent) >= VANISHED * max(seen):
        return None
    told = f"the generator's gradients have vanished ({max(seen):.3g} at most, now {recent[-1]:.3g})"
    return _warning("generator_gradients", rows, f"{told}. Try model.loss: hinge or least_squares, or instance_noise")


def _collapsed(rows: Rows) -> Finding | None:
    seen = [row["diversity"] for row in rows if "diversity" in row]
    recent = seen[-COLLAPSED_EPOCHS:]
    if len(seen) < 2 * COLLAPSED_EPOCHS or max(recent) >= min(COLLAPSED, max(seen) / 2):
        return None
    told = f"samples vary {recent[-1]:.3f} times as much as the data, and did {max(seen):.3f} times"
    way_out = "Try a lower rate for the generator, model.loss: wasserstein_gp, or spectral_normalization"
    return _warning("collapse", rows, f"{told}: the generator has collapsed. {way_out}")


def _so_low(share: float, loss: float) -> float:
    """`share` of a loss; of a likelihood's, which may be below 0, as much lower as that would be."""
    return loss - (1 - share) * abs(loss)


def _has_learned(rows: Rows, ignorance: Ignorance) -> bool:
    """A loss, of training or validation, clearly below that of knowing nothing."""
    if ignorance.loss is None:
        return False
    losses = [_data_loss(row) for row in rows]
    losses += [row["val_loss"] - row.get("penalty", 0.0) for row in rows if "val_loss" in row]
    return min(losses) < LEARNED * ignorance.loss


def _data_loss(row: dict[str, float]) -> float:
    return row["loss"] - row.get("penalty", 0.0)


def _warning(kind: str, rows: Rows, message: str) -> Finding:
    return Finding(kind, "warning", f"epoch {rows[-1]['epoch']:.0f}", message)
