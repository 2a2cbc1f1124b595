"""A model that starts from the weights of another run."""

import logging

import keras

from kerasapp.errors import RunError
from kerasapp.run import Run
from kerasapp.tasks._base import Task
from kerasapp.training._weights_files import by_name

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
    if there and here and there != here:
        told = f"has codes of {there} numbers, and this model of {here}"
        raise RunError(word, f"{told}. Set model.latent_dimensions to the same, or start anew")
    theirs = by_name(source)
    taken, left = 0, []
    for name, layer in by_name(model).items():
        other = theirs.get(name)
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
