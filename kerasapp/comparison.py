"""What differs between two runs."""

from typing import Any

from kerasapp.errors import RunError
from kerasapp.run import Run

IGNORED = ("command",)


def compare(a: Run, b: Run) -> dict[str, Any]:
    """Rows `{"path", "a", "b"}` of what differs: recipe, data, environment, metrics.

    Of two runs of word vectors there is `neighbours` as well: what `vectors.neighbourhoods` tells.
    """
    recipe = differing(a.recipe.flat(), b.recipe.flat())
    return {
        "recipe": [row for row in recipe if not row["path"].startswith("data.")],
        "data": [row for row in recipe if row["path"].startswith("data.")] + differing(_data(a), _data(b)),
        "environment": differing(flat(a.read_json("environment.json")), flat(b.read_json("environment.json"))),
        "metrics": differing(_metrics(a), _metrics(b)),
        **_neighbours(a, b),
    }


def differing(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows `{"path", "a", "b"}` of the keys whose values differ; None stands for one that isn't there."""
    return [{"path": path, "a": a.get(path), "b": b.get(path)} for path in {**a, **b} if a.get(path) != b.get(path)]


def _data(run: Run) -> dict[str, Any]:
    """How many examples each split had, and the fingerprint of their content."""
    return flat({"examples": run.state.get("examples", {}), "fingerprint": run.state.get("fingerprint", {})})


def _metrics(run: Run) -> dict[str, Any]:
    try:
        splits = run.report["splits"]
    except RunError:  # it did not get that far
        return {}
    return {
        f"{split}.{name}": value["value"] for split, told in splits.items() for name, value in told["metrics"].items()
    }


def _neighbours(a: Run, b: Run) -> dict[str, Any]:
    from kerasapp import vectors

    if not all((run.path / vectors.FILE).is_file() for run in (a, b)):
        return {}
    return {"neighbours": vectors.neighbourhoods(vectors.of_run(a), vectors.of_run(b))}


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every value by its dotted path, but for the command that was typed."""
    if not isinstance(value, dict):
        return {} if path in IGNORED else {path: value}
    return {
        key: item
        for name, inner in value.items()
        for key, item in flat(inner, f"{path}.{name}" if path else name).items()
    }
