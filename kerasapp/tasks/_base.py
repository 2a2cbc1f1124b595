"""What a task is: the meaning of raw examples, learned from the training split, the same in training and serving."""

import copy
import keyword
import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import keras
import numpy as np
import tensorflow as tf

from kerasapp.errors import KerasappError, RunError
from kerasapp.types import Spec, Split

Raw = dict[str, tf.Tensor]
"""Features by name, each (batch, ...)."""


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """Raw example -> inputs and targets, loss, metrics, decoding, the serving signatures.

    Keyword-only fields are the task's recipe arguments. Learned state is a `field(init=False)`: plain JSON values,
    set by `adapt` through `learned`, kept in `task.json`, never in a recipe.
    """

    FACTS: ClassVar[tuple[str, ...]] = ()
    """What a model may ask for; literal, because it is read without an import."""
    METRICS: ClassVar[tuple[str, ...]] = ()
    """What a monitor may name, without `val_`; literal as well."""
    SPLIT: ClassVar[dict[str, float] | None] = {"validation": 0.1, "test": 0.2}
    """What is taken from train where the source brings no such split and the recipe says nothing. None: there is no use
    for other splits, and those that the source brings unasked are left out.
    """
    TRAIN: ClassVar[dict[str, Any]] = {}
    """Defaults of the recipe's `train` that are this task's own; literal as well."""
    INPUT: ClassVar[Literal["image", "row", "text"]] = "row"
    """What `predict` reads from the files it is given."""
    EVALUATION: ClassVar[str] = "classification"
    """The module of `kerasapp.evaluation` that reports on it."""

    WHOLE_BATCHES: ClassVar[bool] = False
    """Whether a batch is judged as a whole, so that train must fill one."""

    MEASURED: ClassVar[tuple[str, ...]] = ("label",)
    """Prepared features that `measure` compares with: held for a whole split, so no more than it needs."""

    @abstractmethod
    def adapt(self, split: Split) -> Self:
        """A copy that has learned labels, vocabulary, statistics from the training split. Raises DataError."""

    def caching_in(self, folder: Path) -> Self:
        """A copy that may keep there, for the next run, what takes long to make of the data."""
        return self

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """The values behind FACTS."""

    def resolved(self) -> dict[str, Any]:
        """Recipe arguments that `adapt` decided from the data, as the resolved recipe is to say them."""
        return {}

    def check(self, split: Split, name: str) -> None:  # noqa: B027 - most tasks override it, none has to
        """Raises DataError where the adapted task can't read a split: a label that train never saw, NaN targets."""

    def cut(self, split: Split, asked: Collection[str] = ()) -> Split:
        """What training goes through in place of a split, where an example is not what a step learns from.

        `asked` are the arguments of the model's signature: by a fact that it asks for a model may choose what it is
        trained on.
        """
        return split

    def augments(self) -> bool:
        """Whether an example is another one in each epoch."""
        return False

    def arguments(self) -> dict[str, Any]:
        """What the recipe says of it."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}

    def amount(self, split: Split) -> tuple[int, str] | None:
        """How much an epoch over a `cut` split goes through, where its speed is to be told: (17005207, "words")."""
        return None

    def prepare(self, raw: Raw) -> Raw:
        """The part of reading that depends on the example alone, and so can be cached: decoding, resizing."""
        return raw

    def numbered(self, raw: Raw) -> Raw:
        """`label`, where there is one, as `target` needs it; for `prepare` to pass on."""
        return {"label": raw["label"]} if "label" in raw else {}

    @abstractmethod
    def encode(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple[Any, Raw]:
        """Prepared features -> (the model's inputs, the context that decoding needs).

        `keys` is (batch, 2) int32, one for each example and epoch, where training asks for augmentation; else None.
        """

    @abstractmethod
    def target(self, raw: Raw, context: Raw) -> Any:
        """y, or (y, sample_weight), for Keras's `fit`."""

    def elements(self, raw: Raw, keys: tf.Tensor | None = None) -> tuple:
        """(inputs, y) or (inputs, y, sample_weight) of a batch of prepared examples; several of one: override it."""
        inputs, context = self.encode(raw, keys)
        y = self.target(raw, context)
        return (inputs, *y) if isinstance(y, tuple) else (inputs, y)

    @abstractmethod
    def loss(self, chosen: Spec | None = None, label_smoothing: float = 0.0) -> keras.losses.Loss | None:
        """The loss on (y, logits): the recipe's `train.loss`, or the task's own. None where the model computes it."""

    def class_weight(self, chosen: Any) -> dict[int, float] | None:
        """The recipe's `train.class_weight` as Keras's `fit` takes it. Raises KerasappError."""
        if chosen is not None:
            raise KerasappError(f"train.class_weight: {type(self).__name__} has no classes to weigh. Leave it out")
        return None

    @abstractmethod
    def metrics(self) -> list[keras.metrics.Metric]:
        """Fresh streamed metrics on (y, logits)."""

    @abstractmethod
    def decode(self, outputs: Any, context: Raw) -> Raw:
        """The model's outputs -> what a person reads, in TensorFlow ops, each (batch, ...)."""

    def measure(self, decoded: dict[str, np.ndarray], examples: dict[str, np.ndarray]) -> dict[str, float]:
        """Metrics of a whole split that can't be streamed (mAP, BLEU); none by default.

        `decoded` is what `decode` gives, `examples` the prepared features that MEASURED names; both (examples, ...).
        They are `val_<name>` in the logs, each `train.measure_every` epochs, and stand in the report.
        """
        return {}

    def conclude(self, model: keras.Model, splits: dict[str, Split]) -> Self:
        """A copy that has learned what only a trained model tells, such as a threshold; from validation."""
        return self

    def result(self, model: keras.Model) -> Any:
        """What training made, where that is something else than the model; `keep` writes it down."""
        return model

    def keep(self, result: Any, folder: Path) -> None:  # noqa: B027
        """Writes the result into a finished run's folder, for verbs without TensorFlow; nothing by default."""

    def measures(self) -> bool:
        """Whether it has metrics of a whole split."""
        return type(self).measure is not Task.measure

    def measured(self, model: keras.Model, splits: dict[str, Split]) -> Collection[str] | None:
        """The metrics of METRICS, and theirs with `val_`, that a training of this model has; None where all."""
        return None

    @abstractmethod
    def read(self) -> dict[str, tf.TensorSpec]:
        """The raw features that serving takes, each (None, ...): encoded image bytes, one tensor a column, strings."""

    def in_graph(self) -> bool:
        """Whether `prepare` and `encode` are TensorFlow ops alone: else an export begins at the model's inputs."""
        return True

    def plain(self) -> Self:
        """A copy that reads examples as people look at them, and as a baseline takes them: without preprocessing."""
        return self

    def asked(self, examples: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Kept raw examples as serving is asked: what an export is checked with."""
        return examples

    def served(self, model: keras.Model) -> tuple[Callable, Self]:
        """What answers in serving, on what `encode` gives, and a copy that reads its input; by default the model and
        the task itself.
        """
        return partial(model, training=False), self

    def signatures(self, model: keras.Model) -> dict[str, Callable]:
        """Serving's endpoints; by default one, decode . model . encode . prepare on raw features.

        Its arguments are named by `argument_names` where a feature's own name (a column `city, state`) can't be one.
        """
        answer, task = self.served(model)
        features = task.read()
        names = argument_names(features)
        specs = {names[key]: tf.TensorSpec(spec.shape, spec.dtype, name=names[key]) for key, spec in features.items()}

        @tf.function(input_signature=[specs], autograph=False)
        def serving_default(arguments: Raw) -> Raw:
            raw = {key: arguments[names[key]] for key in features}
            inputs, context = task.encode(task.prepare(raw))
            return task.decode(answer(inputs), context)

        return {"serving_default": serving_default}

    def learned(self, **values: Any) -> Self:
        """A copy with this learned state."""
        new = copy.copy(self)
        for name, value in values.items():
            object.__setattr__(new, name, value)
        return new

    def state(self) -> dict[str, Any]:
        """What was learned, as `task.json` keeps it."""
        return {field.name: getattr(self, field.name, None) for field in fields(self) if not field.init}

    def restore(self, state: dict[str, Any]) -> Self:
        """A copy with the state that `task.json` kept. Raises RunError where it lacks a part."""
        names = [field.name for field in fields(self) if not field.init]
        if absent := [name for name in names if name not in state]:
            raise RunError("task.json", f"lacks {', '.join(absent)}: another version wrote it. Use that, or run anew")
        return self.learned(**{name: state[name] for name in names})


def argument_names(features: Iterable[str]) -> dict[str, str]:
    """Feature name -> the name that its argument has in a SavedModel: letters, digits and `_` only, each once."""
    names: dict[str, str] = {}
    for feature in features:
        plain = unicodedata.normalize("NFKD", feature).encode("ascii", "ignore").decode()
        plain = re.sub(r"\W", "_", plain)
        allowed = re.match("[A-Za-z]", plain) and plain != "self" and not keyword.iskeyword(plain)
        plain = plain if allowed else f"arg_{plain}"
        name, number = plain, 1
        while name in names.values():
            number += 1
            name = f"{plain}_{number}"
        names[feature] = name
    return names
