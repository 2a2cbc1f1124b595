"""A recipe's `train` as Keras objects: optimizer, schedule, compiled model."""

import inspect
from typing import Any

import keras

from kerasapp.frame import Train
from kerasapp.tasks._base import Task
from kerasapp.types import Spec

STEP_COUNTS = ("decay_steps", "first_decay_steps", "warmup_steps")
PLAIN_LAYERS = (
    *("InputLayer", "Dense", "Dropout", "Flatten", "Activation", "ReLU", "BatchNormalization", "LayerNormalization"),
    *("Embedding", "Concatenate", "Reshape", "Rescaling", "Add"),
)


@keras.saving.register_keras_serializable("kerasapp")
class LinearWarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Rises from 0 to `schedule` over `warmup_steps` steps, then follows it (Goyal et al., 2017, arXiv:1706.02677)."""

    def __init__(self, schedule: Any, warmup_steps: int):
        self.schedule, self.warmup_steps = schedule, warmup_steps

    def __call__(self, step: Any) -> Any:
        rate = self.schedule(step) if callable(self.schedule) else self.schedule
        return rate * keras.ops.minimum(1.0, (keras.ops.cast(step, "float32") + 1.0) / self.warmup_steps)

    def get_config(self) -> dict:
        schedule = keras.saving.serialize_keras_object(self.schedule) if callable(self.schedule) else self.schedule
        return {"schedule": schedule, "warmup_steps": self.warmup_steps}

    @classmethod
    def from_config(cls, config: dict) -> "LinearWarmUp":
        schedule = config["schedule"]
        return cls(
            keras.saving.deserialize_keras_object(schedule) if isinstance(schedule, dict) else schedule,
            config["warmup_steps"],
        )


@keras.saving.register_keras_serializable("kerasapp")
class Later(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that begins when the optimizer has taken `begun` steps."""

    def __init__(self, schedule: Any, begun: int):
        self.schedule, self.begun = schedule, begun

    def __call__(self, step: Any) -> Any:
        return self.schedule(keras.ops.maximum(step - self.begun, 0))

    def get_config(self) -> dict:
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "begun": self.begun}

    @classmethod
    def from_config(cls, config: dict) -> "Later":
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["begun"])


def make_optimizer(train: Train, steps_per_epoch: int, epochs: int) -> keras.optimizers.Optimizer:
    """The recipe's optimizer; step counts are worked out from the epochs that it runs for.

    With mixed precision within loss scaling: Keras would put it there too, but build it later, on fewer weights.
    """
    arguments = {key: value for key, value in train.optimizer.items() if key != "name"}
    arguments["learning_rate"] = make_rate(train, steps_per_epoch, epochs)
    made = _make(keras.optimizers, train.optimizer["name"], arguments)
    return keras.optimizers.LossScaleOptimizer(made) if train.mixed_precision else made


def make_rate(train: Train, steps_per_epoch: int, epochs: int) -> Any:
    """The learning rate: a number, or a schedule, with the warm-up before it."""
    rate = train.optimizer["learning_rate"]
    if isinstance(rate, dict):
        rate = make_schedule(rate, steps_per_epoch, epochs)
    if train.warmup_epochs:
        rate = LinearWarmUp(rate, max(1, round(train.warmup_epochs * steps_per_epoch)))
    return rate


def make_schedule(spec: Spec, steps_per_epoch: int, epochs: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """A Keras schedule; `5 epochs` becomes steps, `decay_steps` left out is all of them."""
    cls = getattr(keras.optimizers.schedules, spec["name"])
    arguments = {key: value for key, value in spec.items() if key != "name"}
    for key in STEP_COUNTS:
        if arguments.get(key) is not None:
            arguments[key] = _steps(arguments[key], steps_per_epoch)
    if "decay_steps" in arguments and arguments["decay_steps"] is None:
        arguments["decay_steps"] = max(1, steps_per_epoch * epochs - (arguments.get("warmup_steps") or 0))
    if "boundaries" in arguments:
        arguments["boundaries"] = [_steps(value, steps_per_epoch) for value in arguments["boundaries"]]
    return cls(**{key: value for key, value in arguments.items() if value is not None})


def compile_model(
    model: keras.Model,
    task: Task,
    train: Train,
    *,
    optimizer: Any,
    steps_per_epoch: int,
    eager: bool = False,
    optimizers: dict[str, keras.optimizers.Optimizer] | None = None,
) -> None:
    """Compiles with the task's loss and metrics; `steps_per_epoch` says how many steps a call may take. A model that
    has several optimizers is given those that differ from `optimizer` by name.
    """
    model.compile(
        optimizer=optimizer,
        **({"optimizers": optimizers} if optimizers else {}),
        loss=task.loss(train.loss, train.label_smoothing),
        metrics=task.metrics(),
        run_eagerly=eager,
        steps_per_execution=1 if eager else steps_at_once(train.steps_per_execution, model, steps_per_epoch),
        jit_compile=train.jit_compile,
    )


def steps_at_once(asked: int | str, model: keras.Model, steps: int) -> int:
    """`steps_per_execution`: `auto` is about 16 where a step is so short that starting it shows: dense layers.

    One that divides the steps of an epoch is best, because then one iterator serves all epochs.
    """
    if asked != "auto":
        return asked
    plain = all(type(layer).__name__ in PLAIN_LAYERS for layer in model._flatten_layers(include_self=False))
    if not plain or steps < 32:
        return 1
    divisors = [count for count in range(8, 33) if steps % count == 0]
    return min(divisors, key=lambda count: abs(count - 16), default=16)


def _make(module: Any, name: str, arguments: dict[str, Any]) -> Any:
    """Keras tells some arguments by their absence, so only what differs from its defaults is passed."""
    cls = getattr(module, name)
    defaults = {key: parameter.default for key, parameter in inspect.signature(cls.__init__).parameters.items()}
    return cls(
        **{key: value for key, value in arguments.items() if value != defaults.get(key, inspect.Parameter.empty)}
    )


def _steps(count: int | str, steps_per_epoch: int) -> int:
    return round(float(count.split()[0]) * steps_per_epoch) if isinstance(count, str) else count
