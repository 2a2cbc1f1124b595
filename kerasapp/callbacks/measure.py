"""Metrics of the whole that can't be streamed (mAP, BLEU, FID), in the logs like any other."""

from collections.abc import Callable

import keras


class Measure(keras.callbacks.Callback):
    """Adds what `measure()` gives as `val_<name>`, of the validation split, to the logs at the end of each `every`-th
    epoch and of epoch `last`; with another `prefix` what is not of that split.

    Keras hands one dictionary to all callbacks in turn: as the first of them it lets checkpoint, early stopping,
    plateau and history see its values. In the epochs between they find none.
    """

    def __init__(self, measure: Callable[[], dict[str, float]], *, every: int, last: int, prefix: str = "val_"):
        super().__init__()
        self.measure, self.every, self.last, self.prefix = measure, every, last, prefix

    def on_epoch_end(self, epoch, logs=None):
        if logs is not None and ((epoch + 1) % self.every == 0 or epoch + 1 == self.last):
            logs.update({f"{self.prefix}{name}": float(value) for name, value in self.measure().items()})
