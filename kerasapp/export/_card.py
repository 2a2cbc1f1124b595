"""The model card: what a stranger who finds an export needs to know (after Mitchell et al., 2019, arXiv:1810.03993).

Left out of theirs: intended use and ethical considerations, which no program can know.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from kerasapp.names import counted

if TYPE_CHECKING:
    from kerasapp.run import Run

TEMPLATE = """\
# {title}

`{name}`, exported on {date} from the run `{run}`.

- task: `{task}`
- data: `{data}`
- model: `{model}`
- seed: {seed}

## How good it is

| measured on | metric | value | 95 % interval |
| --- | --- | ---: | --- |
{metrics}

## What it answers

{answers}

## How to call it

{usage}
## How it was checked

{check}

## Limits

{limits}

## Made with

{versions}

## Recipe

```yaml
{recipe}
```
"""
CLASSES = "`label` (string), `probabilities` (float32, one for each class) and `classes` (string, their order):\n\n"
NUMBER = "What `decode` of its task gives; `value` (float32) is in the units of the training data."
ELSEWHERE = "- The figures hold for data like that it was measured on. For other sources measure again."
CLOSED = (
    "- It knows these classes only: an input of any other kind gets one of them too, maybe with a high probability."
)


def card(run: "Run", name: str, verified: dict[str, Any], usage: str) -> str:
    """Markdown. `usage` is the format's own part on how to call it."""
    data = run.recipe.data
    classifies = run.task.EVALUATION == "classification"
    labels = "\n".join(f"{number}. {label}" for number, label in enumerate(run.task.labels)) if classifies else ""
    return TEMPLATE.format(
        title=run.recipe.title or name,
        name=name,
        date=date.today().isoformat(),
        run=run.name,
        task=run.recipe.task["name"],
        data=" ".join(str(data[key]) for key in ("name", "dataset", "path") if data.get(key)),
        model=run.recipe.model["name"],
        seed=run.recipe.seed,
        metrics="\n".join(_metrics(run.report)),
        answers=CLASSES + labels if classifies else NUMBER,
        usage=usage,
        check=_check(verified),
        limits="\n".join([ELSEWHERE, CLOSED] if classifies else [ELSEWHERE]),
        versions=_versions(run),
        recipe=(run.path / "recipe.yaml").read_text(encoding="utf-8").strip(),
    )


def _metrics(report: dict[str, Any]) -> list[str]:
    """Rows of a table, the baselines last."""
    measured = [
        (f"{split} ({counted(found['examples'], 'example')})", found) for split, found in report["splits"].items()
    ]
    measured += [(f"baseline: {baseline['name']}", baseline) for baseline in report.get("baselines", [])]
    return [f"| {on} | {metric} | {_value(of)} |" for on, found in measured for metric, of in found["metrics"].items()]


def _value(of: dict[str, float | None] | float | None) -> str:
    of = of if isinstance(of, dict) else {"value": of}
    value, low, high = (of.get(key) for key in ("value", "low", "high"))
    interval = "" if low is None or high is None else f"{low:.4g} to {high:.4g}"
    return f"{'' if value is None else f'{value:.4g}'} | {interval}"


def _check(verified: dict[str, Any]) -> str:
    times = ", ".join(f"{value:.2f} ms for a call with {size}" for size, value in verified["milliseconds"].items())
    told = [
        "- loaded in another process and compared with `kerasapp predict` on "
        + counted(verified["examples"], "example"),
        f"- largest difference: {verified['max_difference']:.2g}",
        f"- size: {verified['bytes']:,} bytes",
        f"- on the CPU of the machine that exported it: {times}",
    ]
    if "accuracy" in verified:
        told.append(f"- accuracy on these examples: {verified['accuracy']:.4f}")
    return "\n".join(told)


def _versions(run: "Run") -> str:
    environment = run.read_json("environment.json")
    versions = {"python": environment["python"], **environment["versions"]}
    return ", ".join(f"{package} {version}" for package, version in versions.items() if version)
