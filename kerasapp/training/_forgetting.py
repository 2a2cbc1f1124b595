"""What an ended training leaves in its process, freed before the next one."""

import keras
from tensorflow.python.framework.ops import gradient_registry


def forget_models() -> None:
    """Frees the graphs and arrays of models that nothing refers to any more.

    TensorFlow registers the gradient of whatever defines its own (`tf.custom_gradient`; some of its operations do) once
    for each graph and for ever, and it holds the whole graph with all that this captured. No graph of an ended training
    is differentiated again.
    """
    registered = gradient_registry._registry
    for name in [name for name in registered if name.startswith("CustomGradient-")]:
        del registered[name]
    keras.backend.clear_session()  # which collects garbage too
