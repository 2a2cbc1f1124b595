"""A multilayer perceptron (Rumelhart, Hinton and Williams, 1986, Nature 323) for images, flattened, and for tables.

A table's numeric columns come standardised; each categorical column is embedded (Guo and Berkhahn, 2016,
arXiv:1604.06737) and all are set side by side. Numbers may be embedded as well (Gorishniy et al., 2022,
arXiv:2203.05556, "PLR"): sines and cosines of learned frequencies, a linear layer for each column, ReLU, which is what
lets a perceptron draw the sharp thresholds that trees have. Left out: that paper's piecewise linear encoding, which
needs the training data's quantiles.

Layers: `flatten`, or `embedding_1` (a categorical column each), `numeric_embedding`, `features`; `dense_1`,
`dense_1_norm`, `dense_1_activation`, `dense_1_dropout`, `dense_2`, ...; `head`, which for a regression has no
activation either.
"""

from collections.abc import Sequence

import keras
from keras import layers

from kerasapp.layers.periodic_features import PeriodicFeatures
from kerasapp.models._blocks import dense_stack, head, hidden_widths, table_inputs
from kerasapp.types import Activation, Fraction, Initializer, NonNegativeInt, PositiveFloat, PositiveInt, Regularizer

MOST_DIMENSIONS = 600  # fastai, as below


def build(
    *,
    image_shape: tuple[int, int, int] | None = None,
    num_numeric: int = 0,
    category_sizes: tuple[int, ...] = (),
    num_classes: int | None = None,
    num_targets: int | None = None,
    units: PositiveInt | list[PositiveInt] = (128, 64),
    hidden_layers: NonNegativeInt | None = None,
    activation: Activation = "relu",
    dropout: Fraction = 0.0,
    batch_norm: bool = False,
    use_bias: bool | None = None,
    embedding_dimensions: PositiveInt | None = None,
    numeric_dimensions: PositiveInt | None = None,
    frequencies: PositiveInt = 16,
    frequency_scale: PositiveFloat = 0.5,
    kernel_initializer: Initializer | None = None,
    kernel_regularizer: Regularizer | None = None,
) -> keras.Model:
    """Images (batch, h, w, c), or {"numeric": (batch, n) float32, "categorical": (batch, m) int32} with either key
    where there are such columns -> logits (batch, num_classes) or values (batch, num_targets).

    units: of each hidden layer, as a list; or of all `hidden_layers` of them (None: one). None at all makes it a linear
        model. dropout: after each of them.
    use_bias: of the hidden layers; None: where no batch normalisation follows.
    embedding_dimensions: of each categorical column; None: 1.6 * size ** .56, at most 600, a rule found by trial
        (fastai's `emb_sz_rule`; Howard and Gugger, 2020).
    numeric_dimensions: of each numeric column's embedding; None: the number itself. frequencies, frequency_scale: how
        many waves describe a number, and their deviation at the start in waves a unit (there k and sigma).
    kernel_initializer: None: what fits the activation, He normal for ReLU.
    Raises ValueError where the task offers no input or images of varying size, or `units` and `hidden_layers` disagree.
    """
    if image_shape is not None:
        inputs = keras.Input(image_shape, name="image")
        x = _flat(inputs)
    else:
        inputs = table_inputs(num_numeric, category_sizes)
        parts = _embedded(inputs.get("categorical"), category_sizes, embedding_dimensions)
        if "numeric" in inputs:
            waves = PeriodicFeatures(frequencies, frequency_scale, name="numeric_waves") if numeric_dimensions else None
            parts.append(_numbers(inputs["numeric"], waves, numeric_dimensions))
        x = layers.Concatenate(name="features")(parts) if len(parts) > 1 else parts[0]  # (batch, features)
    widths = hidden_widths(units, hidden_layers)
    x = dense_stack(x, widths, activation=activation, batch_norm=batch_norm, dropout=dropout, use_bias=use_bias,
                    kernel_initializer=kernel_initializer, kernel_regularizer=kernel_regularizer)  # fmt: skip
    return keras.Model(inputs, head(x, num_classes or num_targets, kernel_regularizer), name="mlp")


def _flat(images: keras.KerasTensor) -> keras.KerasTensor:
    if None in images.shape[1:]:
        raise ValueError("an mlp takes images of one size: set task.image_size")
    return layers.Flatten(name="flatten")(images)


def _embedded(codes: keras.KerasTensor | None, sizes: Sequence[int], dimensions: int | None) -> list[keras.KerasTensor]:
    """(batch, columns) int32 -> (batch, dimensions) for each column."""
    return [
        layers.Embedding(
            size, dimensions or min(MOST_DIMENSIONS, round(1.6 * size**0.56)), name=f"embedding_{number + 1}"
        )(codes[:, number])
        for number, size in enumerate(sizes)
    ]


def _numbers(numeric: keras.KerasTensor, waves: PeriodicFeatures | None, dimensions: int | None) -> keras.KerasTensor:
    """(batch, columns) -> the same, or (batch, columns * dimensions)."""
    if waves is None:
        return numeric
    x = waves(numeric)  # (batch, columns, 2 * frequencies)
    x = layers.EinsumDense("bcw,cwd->bcd", (x.shape[1], dimensions), "relu", "cd", name="numeric_embedding")(x)
    return layers.Flatten(name="numeric_flatten")(x)
