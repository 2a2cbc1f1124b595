"""What the tests of models of word vectors share."""

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def trained_twice():
    """`trained_twice(make, batch)`: the vectors of two models that were made alike, after three steps each."""

    def trained(make, batch):
        tf.config.experimental.enable_op_determinism()
        model = make()
        model.compile()
        for _ in range(3):
            model.train_on_batch(batch)
        return model.word_vectors()

    return lambda make, batch: [trained(make, batch) for _ in range(2)]


@pytest.fixture
def moved_by_two_steps():
    """`moved_by_two_steps(model, batch)`: whether each weight is another one; the first step counts itself."""

    def moved(model, batch):
        model.compile()
        before = [weight.numpy() for weight in model.weights]
        first = model.train_on_batch(batch)
        assert np.isfinite(first) and int(model.optimizer.iterations) == 1
        model.train_on_batch(batch)
        return [not np.array_equal(old, new.numpy()) for old, new in zip(before, model.weights, strict=True)]

    return moved
