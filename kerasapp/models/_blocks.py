"""What the models share: dense layers with their normalisation and activation, the embedding of words, the head.

How weights start: `kerasapp/layers/_parts.py`.
"""

from collections.abc import Sequence

import keras
from keras import layers

from kerasapp.layers._parts import initializer, made, norm_activation
from kerasapp.types import Embedding, Spec


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
    """(batch, n) -> (batch, units[-1]): `dense_1`, its normalisation, activation and dropout, `dense_2`, ...

    use_bias None: only where no normalisation follows, which would take a bias away again.
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
    x: keras.KerasTensor,
    outputs: int | None,
    kernel_regularizer: Spec | str | None = None,
    name: str = "head",
    initializer: str = "glorot_uniform",
) -> keras.KerasTensor:
    """(batch, n) -> (batch, outputs): logits or a regression's values, without activation, float32 under mixed
    precision too.

    Raises ValueError where the task names neither classes nor targets.
    """
    if outputs is None:
        raise ValueError("the task offers neither num_classes nor num_targets: nothing says how many outputs there are")
    regularizer = made(keras.regularizers, kernel_regularizer)
    return layers.Dense(
        outputs, kernel_initializer=initializer, kernel_regularizer=regularizer, dtype="float32", name=name
    )(x)
