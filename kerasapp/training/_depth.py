"""Learning rates by depth (discriminative fine-tuning; Howard and Ruder, 2018, arXiv:1801.06146, section 3.1): what is
general, near the input, is moved less than what is near the head.
"""

from functools import partial

import keras

from kerasapp.callbacks._shared import inner
from kerasapp.training._stages import leaves


def slow_by_depth(optimizer: keras.optimizers.Optimizer, model: keras.Model, decay: float) -> None:
    """Each layer with a kernel learns at `decay` times the rate of the next one; what has none, such as a
    normalisation, with the kernel before it. Weight decay is left as it is.
    """
    optimizer = inner(optimizer)
    step = partial(type(optimizer).update_step, optimizer)
    shares = {optimizer._var_key(variable): share for variable, share in rate_shares(model, decay)}

    def update_step(gradient, variable, learning_rate):
        return step(gradient, variable, learning_rate * shares.get(optimizer._var_key(variable), 1.0))

    optimizer.update_step = step if decay == 1 else update_step


def rate_shares(model: keras.Model, decay: float) -> list[tuple[keras.Variable, float]]:
    """The variables of a model's layers, each with the share of the learning rate that it gets."""
    level, found = 0, []
    for layer in leaves(model):
        within = {id(variable) for part in leaves(layer) for variable in part.weights}
        own = [variable for variable in layer.weights if id(variable) not in within]
        level += any(len(variable.shape) > 1 for variable in own)
        found += [(variable, level) for variable in own]
    return [(variable, decay ** (level - min(at, level))) for variable, at in found]
