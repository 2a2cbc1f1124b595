"""Convolution and dense layers whose kernel is divided by its largest singular value (Miyato et al., 2018,
arXiv:1802.05957).

Keras's own SpectralNormalization overwrites the kernel in each training call. Here the kernel stays as it is trained,
the gradient goes through the division (equation 12), and the power iteration is a step of its own, so that a
discriminator that is called three times in a step does one.
"""

from typing import Any

import keras
from keras import ops


class _Spectral:
    """A layer with a `kernel`, whose last axis is its outputs."""

    def build(self, shape: Any) -> None:
        super().build(shape)
        self.left = self.add_weight((self.kernel.shape[-1],), "random_normal", trainable=False, name="left")
        self.power_iteration()

    def power_iteration(self) -> None:
        """One step of the estimate of the first left singular vector, (outputs,)."""
        matrix = ops.reshape(self.kernel, (-1, self.kernel.shape[-1]))  # (inputs, outputs)
        right = _unit(ops.matmul(matrix, self.left))
        self.left.assign(_unit(ops.matmul(ops.transpose(matrix), right)))

    def save_own_variables(self, store: Any) -> None:
        """With what Keras's layers don't know of."""
        super().save_own_variables(store)
        store["left"] = self.left

    def load_own_variables(self, store: Any) -> None:
        super().load_own_variables(store)
        self.left.assign(store["left"])

    def normalized(self, kernel: Any) -> Any:
        """`kernel` by its largest singular value, as far as the power iteration knows it."""
        matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
        product = ops.matmul(matrix, ops.cast(self.left, kernel.dtype))
        right = ops.stop_gradient(_unit(product))
        return kernel / ops.sum(right * product)


@keras.saving.register_keras_serializable("kerasapp")
class SpectralConv2D(_Spectral, keras.layers.Conv2D):
    """Conv2D with its kernel, as a matrix (height x width x inputs, outputs), of spectral norm 1."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        return super().convolution_op(inputs, self.normalized(kernel))


@keras.saving.register_keras_serializable("kerasapp")
class SpectralDense(_Spectral, keras.layers.Dense):
    """Dense with a kernel of spectral norm 1."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        outputs = ops.matmul(inputs, self.normalized(ops.convert_to_tensor(self.kernel)))
        outputs = outputs if self.bias is None else ops.add(outputs, self.bias)
        return self.activation(outputs)


def _unit(vector: Any) -> Any:
    return vector / (ops.norm(vector) + 1e-12)
