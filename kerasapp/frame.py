"""The frame of a recipe: what every data source and every training takes, whatever the components are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from kerasapp.types import Fraction, Loss, NonNegativeFloat, NonNegativeInt, Optimizer, PositiveFloat, PositiveInt

HIGHER_IS_BETTER = ("accuracy", "auc", "precision", "recall", "f1", "map", "bleu", "r2", "iou", "dice", "elbo")


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """The one metric that best checkpoint, early stopping and plateau look at; `mode` by its name where not said."""

    metric: str = "val_loss"
    mode: Literal["min", "max"] | None = None

    @property
    def direction(self) -> str:
        higher = any(word in self.metric.split("_") for word in HIGHER_IS_BETTER)
        return self.mode or ("max" if higher else "min")


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Ends training where the monitor has not improved by `min_delta` for `patience` epochs."""

    patience: PositiveInt = 10
    min_delta: NonNegativeFloat = 0.0
    start_from_epoch: NonNegativeInt = 0


@dataclass(frozen=True, kw_only=True)
class ReduceOnPlateau:
    """Multiplies the learning rate by `factor` where the monitor has not improved for `patience` epochs."""

    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: PositiveInt = 5
    min_delta: NonNegativeFloat = 1e-4
    cooldown: NonNegativeInt = 0
    min_learning_rate: NonNegativeFloat = 0.0


@dataclass(frozen=True, kw_only=True)
class SaveEvery:
    """How often the state that a run is resumed from is saved: so many seconds, so many steps, whichever is first."""

    seconds: PositiveFloat | None = None
    steps: PositiveInt | None = None


@dataclass(frozen=True, kw_only=True)
class Division:
    """How train, validation and test are made where the source brings none: by a hash of each example and the seed.

    `stratify` balances the labels exactly, and may move examples when some are added; `group` keeps equal values of a
    column together; `time` puts the latest last.
    """

    validation: Fraction | None = None
    test: Fraction | None = None
    stratify: bool = False
    group: str | None = None
    time: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What every data source takes besides its own arguments. `cache_limit` is in GiB; `fold` counts from 0."""

    split: Division | None = None
    folds: PositiveInt | None = None
    fold: NonNegativeInt | None = None
    cache: Literal["memory", "disk", "none"] = "memory"
    cache_limit: PositiveFloat = 2.0


@dataclass(frozen=True, kw_only=True)
class Train:
    """Everything about training that isn't data, task or model. A stage may change any of these but `stages`.

    `layer_decay`: each layer with a kernel learns at so much of the rate of the next one (rates by depth).
    `optimizers`: of a model that has several, those that differ from `optimizer`, by name.
    `keep`: the model of the epoch with the best monitor is the run's, or the last, where no metric tells a better one.
    """

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 32
    optimizer: Optimizer = field(default_factory=lambda: {"name": "Adam"})
    optimizers: dict[str, Optimizer] | None = None
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    warmup_epochs: NonNegativeFloat = 0.0
    loss: Loss | None = None
    label_smoothing: Fraction = 0.0
    class_weight: Literal["balanced"] | dict[str, NonNegativeFloat] | None = None
    monitor: Monitor = field(default_factory=Monitor)
    keep: Literal["best", "last"] = "best"
    early_stopping: EarlyStopping | None = None
    reduce_on_plateau: ReduceOnPlateau | None = None
    mixed_precision: bool = False
    steps_per_execution: PositiveInt | Literal["auto"] = "auto"
    jit_compile: bool = False
    deterministic: bool = True
    stages: list[dict[str, Any]] | None = None
    init_from: str | None = None
    stop_after: PositiveInt | None = None
    save_every: SaveEvery | None = field(default_factory=lambda: SaveEvery(seconds=60.0))
    resume: Literal["auto"] | None = None
    measure_every: PositiveInt = 1
    histogram_freq: NonNegativeInt = 0
    distribute: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Train":
        """The typed form of a resolved mapping."""
        frames = {
            "monitor": Monitor,
            "early_stopping": EarlyStopping,
            "reduce_on_plateau": ReduceOnPlateau,
            "save_every": SaveEvery,
        }
        made = {key: frames[key](**value) if key in frames and value else value for key, value in values.items()}
        return cls(**made)
