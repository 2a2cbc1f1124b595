"""The model card: what a stranger who finds an export needs to know (after Mitchell et al., 2019, arXiv:1810.03993).

Left out of theirs: intended use and ethical considerations, which no program can know.
"""

from dataclasses import dataclass
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
ELSEWHERE = "- The figures hold for data like that it was measured on. For other sources measure again."


@dataclass(frozen=True)
class Told:
    """What a format says of itself, in Markdown: what it answers, how to call it, its limits, how it was checked."""

    answers: str
    usage: str
    limits: tuple[str, ...] = (ELSEWHERE,)
    checked: str = "loaded in another process and compared with `kerasapp predict`"
    unit: str = "example"
    call: str = "a call with"


def card(run: "Run", name: str, verified: dict[str, Any], told: Told) -> str:
    """Markdown for a run's export."""
    data = run.recipe.data
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
        answers=told.answers,
        usage=told.usage,
        check=_check(verified, told),
        limits="\n".join(told.limits),
        versions=_versions(run),
        recipe=(run.path / "recipe.yaml").read_text(encoding="utf-8").strip(),
    )


def _metrics(report: dict[str, Any]) -> list[str]:
    """Rows of a table, the baselines last."""
    measured = [
        (f"{split} ({counted(found['examples'], 'example')})", found)
        for split, found in report.get("splits", {}).items()
    ]
    measured += [(f"baseline: {baseline['name']}", baseline) for baseline in report.get("baselines", [])]
    return [f"| {on} | {metric} | {_value(of)} |" for on, found in measured for metric, of in found["metrics"].items()]


def _value(of: dict[str, float | None] | float | None) -> str:
    of = of if isinstance(of, dict) else {"value": of}
    value, low, high = (of.get(key) for key in ("value", "low", "high"))
    interval = "" if low is None or high is None else f"{low:.4g} to {high:.4g}"
    return f"{'' if value is None else f'{value:.4g}'} | {interval}"


def _check(verified: dict[str, Any], of: Told) -> str:
    times = ", ".join(f"{value:.2f} ms for {of.call} {size}" for size, value in verified["milliseconds"].items())
    told = [
        f"- {of.checked} on {counted(verified['examples'], of.unit)}",
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
