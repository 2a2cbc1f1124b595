"""The frame of a sweep: what its file may hold besides the recipe and the space."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from kerasapp.frame import Monitor
from kerasapp.types import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

MEASURED = ("parameters", "latency", "bytes")
"""What is measured of a trained model besides the task's metrics: the count of its parameters, milliseconds for one
example, bytes of its file without the optimizer. Less is better."""


@dataclass(frozen=True, kw_only=True)
class Random:
    """KerasTuner's RandomSearch (Bergstra & Bengio, 2012)."""

    seed: PositiveInt = 1


@dataclass(frozen=True, kw_only=True)
class Grid:
    """KerasTuner's GridSearch: every combination in order, each value's first one first."""


@dataclass(frozen=True, kw_only=True)
class Bayesian:
    """KerasTuner's BayesianOptimization: a Gaussian process and an upper confidence bound (Snoek et al., 2012)."""

    seed: PositiveInt = 1
    num_initial_points: PositiveInt | None = None
    alpha: PositiveFloat = 1e-4
    beta: NonNegativeFloat = 2.6


@dataclass(frozen=True, kw_only=True)
class Hyperband:
    """KerasTuner's Hyperband: many trials for a few epochs, the best of them for more (Li et al., 2018)."""

    seed: PositiveInt = 1
    factor: Annotated[int, Field(ge=2)] = 3
    hyperband_iterations: PositiveInt = 1


TUNERS = {"random": Random, "grid": Grid, "bayesian": Bayesian, "hyperband": Hyperband}


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A metric to be made large or small; `mode` by its name where not said."""

    metric: str
    mode: Literal["min", "max"] | None = None

    @property
    def direction(self) -> str:
        return self.mode or ("min" if self.metric in MEASURED else Monitor(metric=self.metric).direction)


@dataclass(frozen=True, kw_only=True)
class Weighted(Goal):
    """A goal that is one of several."""

    weight: PositiveFloat = 1.0


@dataclass(frozen=True)
class Objective:
    """What a sweep looks for: one goal, the weighted sum of several, or the front of several (`pareto`)."""

    goals: tuple[Goal, ...]
    kind: Literal["single", "weighted", "pareto"] = "single"

    @property
    def direction(self) -> str:
        """Of `score`: a weighted sum is made large."""
        return "max" if self.kind == "weighted" else self.goals[0].direction

    def score(self, metrics: Mapping[str, float]) -> float:
        """One number: the goal's value; the sum of weight times value, of values to be made small the negative; of a
        front the first goal's value. Raises KeyError where a metric is missing.
        """
        if self.kind != "weighted":
            return float(metrics[self.goals[0].metric])
        return float(sum(self.gain(goal, metrics) * goal.weight for goal in self.goals))

    @staticmethod
    def gain(goal: Goal, metrics: Mapping[str, float]) -> float:
        """The goal's value, or its negative where less is better."""
        return metrics[goal.metric] if goal.direction == "max" else -metrics[goal.metric]

    def told(self) -> dict[str, Any] | list[dict[str, Any]]:
        """As JSON: a goal, a list of weighted ones, or `{"pareto": [...]}`."""
        goals = [{"metric": goal.metric, "mode": goal.direction} for goal in self.goals]
        if self.kind == "single":
            return goals[0]
        if self.kind == "pareto":
            return {"pareto": goals}
        return [row | {"weight": goal.weight} for row, goal in zip(goals, self.goals, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When a sweep has had enough, whichever is first: so many trials, epochs of all trials, hours.

    For hyperband `epochs` is the most that one trial gets.
    """

    trials: PositiveInt | None = None
    epochs: PositiveInt | None = None
    hours: PositiveFloat | None = None


@dataclass(frozen=True, kw_only=True)
class Bound:
    """From `min` to `max`, both allowed."""

    min: NonNegativeFloat | None = None
    max: NonNegativeFloat | None = None

    def complaint(self, value: float) -> str | None:
        """What is wrong with a value."""
        if self.min is not None and value < self.min:
            return f"{value:g}, below {self.min:g}"
        if self.max is not None and value > self.max:
            return f"{value:g}, above {self.max:g}"
        return None


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """What a trial must keep to: parameters (looked at before training), milliseconds for one example, bytes."""

    parameters: Bound | None = None
    latency: Bound | None = None
    bytes: Bound | None = None


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """The median stopping rule (Golovin et al., 2017): never before an epoch and so many finished trials."""

    name: Literal["median"] = "median"
    start_epoch: Annotated[int, Field(ge=3)] = 3
    min_trials: Annotated[int, Field(ge=5)] = 5


@dataclass(frozen=True, kw_only=True)
class Confirm:
    """The best `top` trials are trained again over new seeds, and the recipe's own defaults beside them."""

    top: NonNegativeInt = 1
    seeds: PositiveInt = 3
