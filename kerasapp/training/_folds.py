"""Cross-validation: every example is tested once, by a model that did not see it.

The run itself is fold 0; the others are runs of their own in its folder `folds/`, where no list of runs shows them.
"""

import logging
from collections.abc import Callable

from kerasapp import evaluation
from kerasapp.evaluation.parts import number
from kerasapp.files import write_json
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.training._spread import over

log = logging.getLogger("kerasapp")


def cross_validate(run: Run, train: Callable[[Run, Recipe, int], Run], pages: bool = True) -> None:
    """Trains the other folds and adds mean and spread over all of them to the run's report. `pages`: drawn, too."""
    folds = run.recipe.data["folds"]
    reports = [run.report]
    for fold in range(1, folds):
        log.info("fold %d of %d", fold + 1, folds)
        reports.append(train(run, run.recipe.replaced({"data.fold": fold}), fold).report)
    told = over(reports, "test")
    whole = run.report | {"cross_validation": {"folds": folds, "metrics": told}}
    accuracy = told.get("accuracy") or told.get("mean_absolute_error")
    if accuracy:
        name = "accuracy" if "accuracy" in told else "mean absolute error"
        whole["headline"] += (
            f" Over {folds} folds: {name} {number(accuracy['mean'])} (sd {number(accuracy['spread'])})."
        )
    if pages:
        evaluation.write(whole, run.path, task=run.task, splits=run.splits())
    else:
        write_json(run.path / "report.json", whole)


def folds_of(run: Run) -> list[Run]:
    """The other folds of a run that is cross-validated, in their order; none of one that is not."""
    there = (run.path / "folds").glob("*/state.json")
    return [Run(path.parent) for path in sorted(there, key=lambda path: int(path.parent.name))]
