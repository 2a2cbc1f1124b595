"""What differs between two runs."""

from typing import Any

from kerasapp.errors import RunError
from kerasapp.run import Run

IGNORED = ("command",)


def compare(a: Run, b: Run) -> dict[str, list[dict[str, Any]]]:
    """Rows `{"path", "a", "b"}` of what differs: recipe, data, environment, metrics."""
    recipe = _differing(a.recipe.flat(), b.recipe.flat())
    return {
        "recipe": [row for row in recipe if not row["path"].startswith("data.")],
        "data": [row for row in recipe if row["path"].startswith("data.")] + _differing(_data(a), _data(b)),
        "environment": _differing(_flat(a.read_json("environment.json")), _flat(b.read_json("environment.json"))),
        "metrics": _differing(_metrics(a), _metrics(b)),
    }


def _differing(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"path": path, "a": a.get(path), "b": b.get(path)} for path in {**a, **b} if a.get(path) != b.get(path)]


def _data(run: Run) -> dict[str, Any]:
    """How many examples each split had, and the fingerprint of their content."""
    return _flat({"examples": run.state.get("examples", {}), "fingerprint": run.state.get("fingerprint", {})})


def _metrics(run: Run) -> dict[str, Any]:
    try:
        splits = run.report["splits"]
    except RunError:  # it did not get that far
        return {}
    return {
        f"{split}.{name}": value["value"] for split, told in splits.items() for name, value in told["metrics"].items()
    }


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {} if path in IGNORED else {path: value}
    return {
        key: item
        for name, inner in value.items()
        for key, item in _flat(inner, f"{path}.{name}" if path else name).items()
    }
