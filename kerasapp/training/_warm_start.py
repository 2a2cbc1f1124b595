"""A model that starts from the weights of another run."""

import logging

import keras

from kerasapp.errors import RunError
from kerasapp.run import Run
from kerasapp.tasks._base import Task

log = logging.getLogger("kerasapp")


def warm_start(model: keras.Model, task: Task, word: str) -> None:
    """Takes the weights of another run, layer by layer, where name and shapes agree; says what did not."""
    run = Run.open(word)  # an absolute path: `prepare` has resolved it
    theirs, own = (getattr(one, "words", None) for one in (run.task, task))
    if theirs != own:
        counts = " words, now ".join(str(len(words or ())) for words in (theirs, own))
        raise RunError(word, f"was trained with another vocabulary ({counts}). Use its own data, or start anew")
    source = run.model()
    there, here = (getattr(one, "latent_dimensions", None) for one in (source, model))
    if there != here:
        told = f"has codes of {there or 'no'} numbers, and this model of {here or 'none'}"
        raise RunError(word, f"{told}. Set model.latent_dimensions to the same, or start anew")
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
