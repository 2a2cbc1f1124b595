"""The words that a component's signature may use, and the protocol of what a data source gives.

A component is a function or a Task class whose keyword-only, annotated arguments are the keys of its recipe entry.
Besides these words an annotation may be a builtin (`int`, `float`, `bool`, `str`), `Literal[...]`, `... | None`,
`list[...]`, `dict[str, ...]` and a tuple of fixed length.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol

from pydantic import Field

if TYPE_CHECKING:
    import numpy
    import tensorflow

Spec = dict[str, Any]
"""A component and its arguments: `{"name": "cnn", "dropout": 0.3}`; in a recipe `cnn` is short for `{name: cnn}`."""


@dataclass(frozen=True)
class Component:
    """Marks an annotation: the value is the Spec of a component of `kind`, a folder of kerasapp or a part of Keras."""

    kind: str
    entry: str | None = None


@dataclass(frozen=True)
class KerasName:
    """Marks an annotation: the value is the name of something in a part of Keras (`activations`)."""

    part: str


@dataclass(frozen=True)
class Keys:
    """Marks an annotation: the value is a mapping of these keys, each (name, type), or (name, type, default) where it
    may be left out.
    """

    keys: tuple[tuple, ...]


@dataclass(frozen=True)
class IsPath:
    """Marks an annotation: relative to the current directory in a recipe, absolute in the resolved one; but for the
    words that are no path.
    """

    words: tuple[str, ...] = ()


Fraction = Annotated[float, Field(ge=0, le=1)]
PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Padding = Literal["same", "valid"]
DataPath = Annotated[str, IsPath()]
StepCount = PositiveInt | Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)? epochs?$")]
"""Training steps: a number of them, or `5 epochs`."""
Activation = Annotated[str, KerasName("activations")]
Application = Annotated[str, KerasName("applications")]
"""One of the networks of keras.applications."""
Weights = Annotated[str, IsPath(words=("imagenet", "none"))]
"""What a network starts from: `imagenet`, `none`, or the path of a file, a run or an exported model. `build` does not
read them: training puts them into the layer `base`, or into the whole of it.
"""
Extractor = Annotated[str, IsPath(words=("InceptionV3",))]
"""What pictures are compared by: `InceptionV3`, or the path of a run or of a Keras model."""
Initializer = Annotated[Spec, Component("keras.initializers")]
Regularizer = Annotated[Spec, Component("keras.regularizers")]
Optimizer = Annotated[Spec, Component("keras.optimizers")]
Loss = Annotated[Spec, Component("keras.losses")]
"""One of Keras's, by its class, or of `losses/`, by its file."""
Schedule = Annotated[Spec, Component("keras.optimizers.schedules")]
Layers = dict[str, Annotated[Spec, Component("keras.layers")]]
"""Layer names and the layer of each, one of Keras's, by its class, or of `layers/`, by its file; `inputs: [name, ...]`
besides a layer's own arguments.
"""
Embedding = Annotated[dict[str, Any], Keys((("from", str), ("trainable", bool, True)))]
"""Word vectors that an embedding starts from: those of a run, or of a file; frozen, or trained further.

When training begins, `build` finds them beside these keys as `vectors`, float32 (vocabulary_size, dimensions), a row
for each word of the task's `vocabulary`. Later it does not: a trained model has its weights.
"""
Backbone = Annotated[Spec, Component("models")]
Steps = list[Annotated[Spec, Component("ops", "apply")]]
"""Preprocessing: functions `apply(images, *, ...)` of `ops/`, in order. A file that also has `learn(batches, *, ...)`
gets what that returned, plain JSON values, as the second argument of its `apply`."""
Augmentation = list[Annotated[Spec, Component("ops", "augment")]]
"""Random steps of training: functions `augment(images, keys, *, ...)` of `ops/`, in order."""
Mixing = list[Annotated[Spec, Component("ops", "mix")]]
"""Training examples mixed with others of their batch: functions `mix(images, targets, keys, *, ...)` of `ops/`, of
which each example gets one by chance."""


@dataclass(frozen=True)
class Feature:
    """One feature of an example: a NumPy dtype's name (`string` for bytes and text), the shape of one example (None
    where it varies), and the class names of an integer-coded one. An `image` of dtype `string` is an encoded file."""

    dtype: str
    shape: tuple[int | None, ...] = ()
    names: tuple[str, ...] | None = None


class Split(Protocol):
    """Examples in a fixed order, reachable by number: dictionaries of features, named as TensorFlow Datasets does."""

    features: dict[str, Feature]
    ids: Sequence[str]
    """What a finding names: a file's path, `adult.csv:17` (a line of the file), `x_test[12]`."""
    random_access: bool
    """False: a source that can only stream; `gather` is then not to be called, `stream` is."""

    def __len__(self) -> int: ...

    def gather(self, indices: "tensorflow.Tensor") -> "dict[str, tensorflow.Tensor]":
        """(batch,) int64 -> each feature (batch, ...), in TensorFlow ops, for use inside `tf.data.Dataset.map`."""

    def column(self, feature: str) -> "numpy.ndarray":
        """The whole of one small feature (a label, a number, a text), in order; strings as an object array of `str`."""

    def fingerprints(self) -> "numpy.ndarray":
        """(examples,) uint64, a hash of each example's content: equal content, equal hash, on any machine."""
