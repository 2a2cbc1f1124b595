"""A wide kernel, then a tall one."""

import numpy as np

from kerasapp.layers.spatially_separable import SpatiallySeparable


def test_two_lines_see_the_square_with_fewer_weights():
    layer = SpatiallySeparable(1, 5, activation="linear")
    point = np.zeros((1, 9, 9, 1), "float32")
    point[0, 4, 4] = 1
    layer.build(point.shape)
    kernels = [weight for weight in layer.weights if len(weight.shape) == 4]
    assert [tuple(kernel.shape[:2]) for kernel in kernels] == [(1, 5), (5, 1)]
    for kernel in kernels:
        kernel.assign(np.ones(kernel.shape))
    seen = np.argwhere(np.array(layer(point))[0, :, :, 0])
    assert len(seen) == 25 and seen.min() == 2 and seen.max() == 6
