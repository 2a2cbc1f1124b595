"""What the models share: a convolution or a dense layer with its normalisation and activation, the embedding of words,
the head.

Weights start by the activation that follows, so that a signal's variance neither grows nor shrinks with depth: He
normal (variance 2 / fan_in; He et al., 2015, arXiv:1502.01852) for the ReLU family, LeCun normal (1 / fan_in;
Klambauer et al., 2017, arXiv:1706.02515) for SELU, Glorot, also called Xavier, for all others (2 / (fan_in + fan_out);
Glorot and Bengio, 2010).
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import keras
from keras import layers

from kerasapp.types import Embedding, Spec

RELU_FAMILY = {"relu", "relu6", "leaky_relu", "elu", "celu", "gelu", "silu", "swish", "mish", "hard_silu", "hard_swish"}
# The moving statistics follow one batch in ten, as in PyTorch: with Keras's .99 they take about 500 steps, and a run
# of a few dozen would be validated with what they were at the start.
MOMENTUM = 0.9
EPSILON = 1.001e-5  # as in keras.applications.resnet


def made(part: ModuleType, spec: Spec | str | None, **more: Any) -> Any:
    """A fresh object of a part of Keras: `made(keras.regularizers, {"name": "l2", "l2": 1e-4})`; None stays None.

    Fresh for each layer, because an unseeded initializer that two layers share gives both the same values. An argument
    that is None is left to Keras.
    """
    if spec is None:
        return None
    given = {"name": spec} if isinstance(spec, str) else spec
    wanted = given["name"].replace("_", "").lower()
    found = next((getattr(part, name) for name in dir(part) if name[0].isupper() and name.lower() == wanted), None)
    if found is None:
        raise ValueError(f"{part.__name__} has no {given['name']}")
    return found(**{key: value for key, value in given.items() if key != "name" and value is not None}, **more)


def initializer(spec: Spec | str | None, activation: str | None) -> keras.initializers.Initializer:
    """The one asked for, or the one that fits the activation; None: a branch that is added to another before ReLU."""
    if spec is not None:
        return made(keras.initializers, spec)
    if activation is None or activation in RELU_FAMILY:
        return keras.initializers.HeNormal()
    return keras.initializers.LecunNormal() if activation == "selu" else keras.initializers.GlorotUniform()


def table_inputs(num_numeric: int, category_sizes: Sequence[int]) -> dict[str, keras.KerasTensor]:
    """A table's inputs: "numeric" (batch, n) float32, "categorical" (batch, m) int32, where there are such columns."""
    inputs = {}
    if num_numeric:
        inputs["numeric"] = keras.Input((num_numeric,), name="numeric")
    if category_sizes:
        inputs["categorical"] = keras.Input((len(category_sizes),), dtype="int32", name="categorical")
    if not inputs:
        raise ValueError("the task offers neither images nor columns")
    return inputs


def word_embedding(vocabulary_size: int, dimensions: int, embedding: Embedding | None) -> layers.Embedding:
    """Words' numbers (batch, words) -> (batch, words, dimensions); number 0, which is no word, is masked.

    It starts from the vectors of `embedding`, where training has brought them, and is frozen where that says so.
    """
    given = embedding or {"trainable": True}
    return layers.Embedding(
        vocabulary_size,
        dimensions,
        mask_zero=True,
        weights=given.get("vectors"),
        trainable=given["trainable"],
        name="embedding",
    )


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
    if padding == "centred":
        if strides > 1 and kernel_size > 1:
            x = layers.ZeroPadding2D(kernel_size // 2, name=beside(name, "pad"))(x)
        padding = "same" if strides == 1 else "valid"
    sides = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    reach = [(side - 1) * dilation_rate + 1 for side in sides]
    if padding == "valid" and any(s is not None and s < r for s, r in zip(x.shape[1:3], reach, strict=True)):
        raise ValueError(
            f"{name}: a kernel of {reach[0]} x {reach[1]} pixels does not fit a map of {x.shape[1]} x {x.shape[2]}: "
            "fewer blocks, or padding: same"
        )
    x = layers.Conv2D(
        filters,
        kernel_size,
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


def hidden_widths(units: int | Sequence[int], hidden_layers: int | None) -> list[int]:
    """Of `hidden_layers` layers of `units` neurons each (one where None), or of those that `units` lists.

    Raises ValueError where the two disagree.
    """
    if isinstance(units, int):
        return [units] * (1 if hidden_layers is None else hidden_layers)
    if hidden_layers not in (None, len(units)):
        told = f"units names {len(units)} hidden layers, hidden_layers {hidden_layers}"
        raise ValueError(f"{told}: leave one of them out, or give units as one number")
    return list(units)


def dense_stack(
    x: keras.KerasTensor,
    units: Sequence[int],
    *,
    activation: str = "relu",
    batch_norm: bool = False,
    dropout: float = 0.0,
    use_bias: bool | None = None,
    kernel_initializer: Spec | str | None = None,
    kernel_regularizer: Spec | str | None = None,
) -> keras.KerasTensor:
    """(batch, n) -> (batch, units[-1]): `dense_1`, its normalisation, activation and dropout, `dense_2`, ...; a bias
    as above.
    """
    for number, width in enumerate(units, 1):
        name = f"dense_{number}"
        x = layers.Dense(
            width,
            use_bias=not batch_norm if use_bias is None else use_bias,
            kernel_initializer=initializer(kernel_initializer, activation),
            kernel_regularizer=made(keras.regularizers, kernel_regularizer),
            name=name,
        )(x)
        x = norm_activation(x, name, activation, batch_norm=batch_norm)
        if dropout:
            x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return x


def head(
    x: keras.KerasTensor, outputs: int | None, kernel_regularizer: Spec | str | None = None, name: str = "head"
) -> keras.KerasTensor:
    """(batch, n) -> (batch, outputs): logits or a regression's values, without activation, float32 under mixed
    precision too.

    Raises ValueError where the task names neither classes nor targets.
    """
    if outputs is None:
        raise ValueError("the task offers neither num_classes nor num_targets: nothing says how many outputs there are")
    regularizer = made(keras.regularizers, kernel_regularizer)
    return layers.Dense(outputs, kernel_regularizer=regularizer, dtype="float32", name=name)(x)


def norm_activation(
    x: keras.KerasTensor,
    name: str,
    activation: str | None = "relu",
    *,
    batch_norm: bool = True,
    epsilon: float = EPSILON,
    scale: bool = True,
) -> keras.KerasTensor:
    """Batch normalisation and activation, called beside the layer `name`, each where it is asked for."""
    if batch_norm:
        norm = layers.BatchNormalization(momentum=MOMENTUM, epsilon=epsilon, scale=scale, name=beside(name, "norm"))
        x = norm(x)
    return x if activation is None else layers.Activation(activation, name=beside(name, "activation"))(x)


def beside(name: str, part: str) -> str:
    """`block_1_conv_2` -> `block_1_norm_2`, `stem` -> `stem_norm`."""
    return name.replace("conv", part) if "conv" in name else f"{name}_{part}"
