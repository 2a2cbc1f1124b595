"""Moving averages of the weights (`use_ema` of an optimizer; Polyak and Juditsky, 1992), where they are of use.

Keras puts them in place of the weights when `fit` ends, which is after validation has chosen the best model. Here
validation, and all that looks at an epoch's end, see the averages, so that the best model is one of averages.
"""

import keras

from kerasapp.callbacks._shared import inner
from kerasapp.callbacks._state import optimizers_of


class Averages(keras.callbacks.Callback):
    """As the first callback: from validation, or the end of an epoch, the model has the averages for weights.

    What a batch normalisation has seen is of the weights as they are trained. A model that can look again, `settle`,
    which changes its variables `settled`, does so with the averages (Izmailov et al., 2018, arXiv:1803.05407, section
    3.2). `back()` is the callback that gives the weights back; it comes before what saves them.
    """

    def __init__(self):
        super().__init__()
        self._weights: list[tuple[keras.Variable, object]] | None = None

    def back(self) -> keras.callbacks.Callback:
        return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: self._give_back())

    def on_test_begin(self, logs=None):
        self._take()

    def on_epoch_end(self, epoch, logs=None):
        self._take()

    def _take(self) -> None:
        if self._weights is None:
            pairs = [pair for optimizer in optimizers_of(self.model) for pair in _pairs(optimizer)]
            settled = getattr(self.model, "settled", []) if pairs else []
            changed = [*(weight for weight, _ in pairs), *settled]
            self._weights = [(weight, keras.ops.copy(weight.value)) for weight in changed]
            for weight, average in pairs:
                weight.assign(average)
            if settled:
                self.model.settle()

    def _give_back(self) -> None:
        for weight, value in self._weights or []:
            weight.assign(value)
        self._weights = None


def _pairs(optimizer: keras.optimizers.Optimizer) -> list[tuple[keras.Variable, keras.Variable]]:
    """Each weight that the optimizer averages, and its average; none before its first step, which makes them."""
    optimizer = inner(optimizer)
    if not optimizer.use_ema or not int(optimizer.iterations):
        return []
    averages = zip(optimizer._trainable_variables, optimizer._model_variables_moving_average, strict=True)
    return [(weight, average) for weight, average in averages if average is not None]
