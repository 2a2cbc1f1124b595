"""What an ended training leaves in its process."""

import gc
import weakref

import numpy as np
import tensorflow as tf

from kerasapp.models.mlp import build
from kerasapp.training._forgetting import forget_models


@tf.custom_gradient
def doubled(x):
    return 2 * x, lambda upstream: 2 * upstream


def trained():
    """A weak reference to a weight of a model that learned through a gradient of its own."""
    model = build(image_shape=(2, 2, 1), num_classes=2, units=[3])
    weight = model.trainable_weights[0].value.handle  # of its memory

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(doubled(model(x)))
        return tape.gradient(loss, model.trainable_weights)

    step(np.ones((4, 2, 2, 1), "float32"))
    return weakref.ref(weight)


def test_the_weights_of_a_model_that_nothing_refers_to_are_freed():
    weight = trained()
    gc.collect()
    assert weight() is not None  # or there is nothing to forget
    forget_models()
    assert weight() is None
