"""A model that starts from the weights of another run."""

import logging

import keras

from kerasapp.errors import RunError
from kerasapp.run import Run

log = logging.getLogger("kerasapp")


def warm_start(model: keras.Model, word: str) -> None:
    """Takes the weights of another run, layer by layer, where name and shapes agree; says what did not."""
    source = Run.open(word).model()  # an absolute path: `prepare` has resolved it
    theirs = {layer.name: layer for layer in source._flatten_layers(include_self=False)}
    taken, left = 0, []
    for layer in model._flatten_layers(include_self=False):
        if not layer.weights or isinstance(layer, keras.Model):
            continue
        other = theirs.get(layer.name)
        if other is not None and [w.shape for w in other.weights] == [w.shape for w in layer.weights]:
            layer.set_weights(other.get_weights())
            taken += 1
        else:
            left.append(layer.name)
    if not taken:
        raise RunError(
            word, "has no layer in common with this model: train.init_from takes a run of the same architecture"
        )
    log.info("%d layers start from %s%s", taken, word, f"; new: {', '.join(left)}" if left else "")
