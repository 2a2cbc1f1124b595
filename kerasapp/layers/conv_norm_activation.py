"""A convolution with its normalisation and activation (Ioffe and Szegedy, 2015, arXiv:1502.03167, section 3.2)."""

from typing import Any, Literal

import keras
from keras import layers

from kerasapp.layers._block import Block
from kerasapp.layers._parts import EPSILON, beside, initializer, made, norm_activation
from kerasapp.types import Activation, Initializer, PositiveInt, Regularizer, Spec


@keras.saving.register_keras_serializable("kerasapp")
class ConvNormActivation(Block):
    """(batch, h, w, c) -> (batch, h', w', filters): convolution, batch normalisation, activation.

    `kernel_size: 1` mixes channels alone (Lin et al., 2013, arXiv:1312.4400). `dilation_rate: 2` leaves a pixel out
    between each two, and sees as far as a kernel of 5 (Yu and Koltun, 2015, arXiv:1511.07122). The rest is as in
    `conv_norm_activation`.
    """

    def __init__(
        self,
        filters: PositiveInt,
        kernel_size: PositiveInt | tuple[PositiveInt, PositiveInt] = 3,
        strides: PositiveInt = 1,
        dilation_rate: PositiveInt = 1,
        groups: PositiveInt = 1,
        padding: Literal["same", "valid", "centred"] = "same",
        activation: Activation | None = "relu",
        batch_norm: bool = True,
        use_bias: bool | None = None,
        kernel_initializer: Initializer | None = None,
        kernel_regularizer: Regularizer | None = None,
        **keywords: Any,
    ):
        given = {"filters": filters, "kernel_size": kernel_size, "strides": strides, "dilation_rate": dilation_rate,
                 "groups": groups, "padding": padding, "activation": activation, "batch_norm": batch_norm,
                 "use_bias": use_bias, "kernel_initializer": kernel_initializer,
                 "kernel_regularizer": kernel_regularizer}  # fmt: skip
        super().__init__(given, **keywords)

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        return conv_norm_activation(x, name=f"{self.name}_conv", **self.arguments)


def conv_norm_activation(
    x: keras.KerasTensor,
    filters: int,
    kernel_size: int | tuple[int, int],
    *,
    name: str,
    strides: int = 1,
    dilation_rate: int = 1,
    groups: int = 1,
    padding: str = "same",
    activation: str | None = "relu",
    batch_norm: bool = True,
    epsilon: float = EPSILON,
    scale: bool = True,
    use_bias: bool | None = None,
    kernel_initializer: Spec | str | None = None,
    kernel_regularizer: Spec | str | None = None,
) -> keras.KerasTensor:
    """(batch, h, w, c) -> (batch, h', w', filters): convolution, batch normalisation, activation.

    The convolution is called `name`, the others beside it: `block_1_conv_1`, `block_1_norm_1`, `block_1_activation_1`;
    `stem`, `stem_norm`. `use_bias` None: only where no normalisation follows, which would take a bias away again.
    `padding` may also be "centred": half a kernel on either side, so that a strided kernel looks at the same pixels
    whatever the size of the image ("same" pads an even size on one side only). A kernel of (7, 1) and one of (1, 7)
    are one of 7 x 7 taken apart. `epsilon` and `scale` are the normalisation's. Raises ValueError where the kernel
    exceeds the map.
    """
    sides = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
    if padding == "centred":
        if strides > 1 and max(sides) > 1:
            x = layers.ZeroPadding2D(tuple(side // 2 for side in sides), name=beside(name, "pad"))(x)
        padding = "same" if strides == 1 else "valid"
    reach = [(side - 1) * dilation_rate + 1 for side in sides]
    if padding == "valid" and any(s is not None and s < r for s, r in zip(x.shape[1:3], reach, strict=True)):
        raise ValueError(
            f"{name}: a kernel of {reach[0]} x {reach[1]} pixels does not fit a map of {x.shape[1]} x {x.shape[2]}: "
            "fewer blocks, or padding: same"
        )
    x = layers.Conv2D(
        filters,
        sides,
        strides,
        padding,
        dilation_rate=dilation_rate,
        groups=groups,
        use_bias=not batch_norm if use_bias is None else use_bias,
        kernel_initializer=initializer(kernel_initializer, activation),
        kernel_regularizer=made(keras.regularizers, kernel_regularizer),
        name=name,
    )(x)
    return norm_activation(x, name, activation, batch_norm=batch_norm, epsilon=epsilon, scale=scale)
