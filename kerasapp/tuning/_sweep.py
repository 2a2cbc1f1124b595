"""What a checked sweep is: a recipe, what is searched in it, by which tuner, for what, and how long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kerasapp.paths import flat
from kerasapp.recipe import Recipe
from kerasapp.tuning._frame import Budget, Confirm, Constraints, Objective, Pruning
from kerasapp.tuning._space import Entry, in_depth


@dataclass(frozen=True)
class Sweep:
    """A checked sweep. `recipe` is as its file says, `changes` are what every trial changes in it: `set`, and what the
    tuner and the objective ask for.
    """

    file: Path
    title: str
    recipe: Recipe
    changes: Mapping[str, Any]
    tuner: Mapping[str, Any]
    objective: Objective
    budget: Budget
    space: tuple[Entry, ...]
    seeds: int = 1
    constraints: Constraints = field(default_factory=Constraints)
    pruning: Pruning | None = None
    confirm: Confirm | None = None

    @property
    def name(self) -> str:
        """What its folder in `runs/` is called."""
        return self.file.stem

    def folder(self, root: Path) -> Path:
        """Where it leaves everything."""
        return root / "runs" / self.name

    @property
    def rungs(self) -> bool:
        """Whether trials go on in rungs: hyperband."""
        return self.tuner["name"] == "hyperband"

    @cached_property
    def default(self) -> Recipe:
        """The recipe's own values, with what every trial changes."""
        return self.recipe.replaced(in_depth(self.changes))

    def rung(self, epochs: int | None) -> dict[str, int | None]:
        """What it changes in a recipe that hyperband trains to this epoch: the last rung is all of the recipe."""
        if not self.rungs:
            return {}
        return {"train.stop_after": None if epochs is None or epochs >= self.budget.epochs else epochs}

    def trial(self, values: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Recipe:
        """The recipe of a trial with these values of the space. Raises RecipeError where they don't go together."""
        return self.recipe.replaced(in_depth({**self.changes, **values, **(more or {})}))

    def asked(self) -> dict[str, Any]:
        """By dotted path all that decides about the trials: what a folder that is gone on with must have in common."""
        told = {
            "tuner": dict(self.tuner),
            "objective": self.objective.told(),
            "seeds": self.seeds,
            "set": dict(self.changes),
            "space": {entry.path: entry.told() for entry in self.space},
            "order of the space": [entry.path for entry in self.space],
            "constraints": {name: bound and vars(bound) for name, bound in vars(self.constraints).items()},
            "pruning": None if self.pruning is None else vars(self.pruning),
            "recipe": self.recipe.flat(),
        }
        return dict(flat("", told))
