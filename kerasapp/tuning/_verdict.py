"""A sweep's first line and what to beware of: the best of many trials is in part the luckiest, so it is held, over new
seeds, against the recipe's own defaults.

Two means differ by more than chance where Welch's t-test says so at 5 % (Welch, 1947, Biometrika 34).
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from kerasapp.evaluation.parts import number
from kerasapp.names import counted
from kerasapp.tuning._view import View, front_of, is_finite

FEW = 10  # finished trials, below which a sweep is a few guesses
REASONS = 3  # of failed trials, that are named
SURE = 0.975  # the quantile of a two-sided interval of 95 %


def headline(view: View) -> str:
    """One or two sentences on the best trial, as far as it is known to be better than the recipe as it stands."""
    if not view.scored:
        return f"No trial has a score: {_lost(view) or 'none was begun'}."
    count = len(view.scored)
    if view.is_pareto:
        told = (
            f"{int(front_of(view)[1].sum())} of {count} trials are the best of their kind: none beats them in all of "
        )
        return told + f"{_listed(view.objective_names)}."
    best, default = confirmed(view.table.get("best")), confirmed(view.table.get("default"))
    whose = f"the best of {count} trials" if count > 1 else "the only trial"
    if best is None:
        own = number(float(view.best["score"]))
        return f"{_capital(whose)} has a {view.score_name} of {own}, which no other seed has confirmed."
    if default is None:
        return f"{_capital(whose)} has a {view.score_name} of {plus_minus(best)} over {_seeds(best)}."
    return _against(view, whose, best, default)


def _against(view: View, whose: str, best: Mapping[str, Any], default: Mapping[str, Any]) -> str:
    figures = f"{view.score_name} {plus_minus(best)} against {plus_minus(default)}, {_seeds(best, default)}"
    gain = view.sign * (best["mean"] - default["mean"])
    noise = chance(best, default)
    if not math.isfinite(noise):
        told = "is ahead of" if gain > 0 else "is not ahead of"
        return f"{_capital(whose)} {told} the recipe's own defaults: {figures}, too few to tell it from luck."
    if abs(gain) <= noise:
        told = f"{_capital(whose)} is no better than the recipe's own defaults, as far as these seeds tell"
        return f"{told}: {figures}." + (f" A difference below {number(noise)} may be chance." if noise else "")
    if gain < 0:
        return (
            f"The recipe's own defaults are better than {whose}: {view.score_name} {plus_minus(default)} against "
            + (f"{plus_minus(best)}, {_seeds(best, default)}.")
        )
    return f"{_capital(whose)} beats the recipe's own defaults: {figures}."


def warnings(view: View) -> list[str]:
    """What a reader must know before the figures."""
    told, count = [], len(view.scored)
    best = confirmed(view.table.get("best"))
    if best and view.best and not view.is_pareto:
        luck = view.sign * (view.best["score"] - best["mean"])
        if luck > (best["spread"] or 0) and luck > 0:
            told.append(
                f"The trial's own score was {number(view.best['score'])}, new seeds have {number(best['mean'])}. "
                "The best of many is in part the luckiest: expect what the new seeds have."
            )
    told += _failed_seeds(view)
    if 0 < count < FEW:
        told.append(f"{counted(count, 'finished trial')}: too few to say which values matter.")
    if view.count("failed"):
        reasons = Counter(trial["reason"] or "no reason given" for trial in view.trials if trial["state"] == "failed")
        named = "; ".join(f"{reason} ({times})" for reason, times in reasons.most_common(REASONS))
        told.append(f"{view.count('failed')} of {len(view.trials)} trials failed: {named}.")
    return told


def _failed_seeds(view: View) -> list[str]:
    """Seeds that a mean leaves out: what diverges now and then is not as good as the rest of it."""
    rows = [(f"trial {row['trial']}", row) for row in view.table.get("confirmed") or ()]
    rows += [("the recipe's own defaults", (view.table.get("default") or {}).get("confirmed") or {})]
    return [
        f"{len(failed)} of {len(failed) + row['seeds']} new seeds of {name} failed ({failed[0]['reason']}): "
        "its mean and spread are of the others, and flatter it."
        for name, row in rows
        if (failed := row.get("failed"))
    ]


def confirmed(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """{"mean", "spread" or None, "seeds"} of an entry, where it was trained over seeds of its own."""
    told = (row or {}).get("confirmed") or row or {}
    if not is_finite(told.get("mean")):
        return None
    seeds = told.get("seeds") or 1
    seeds = len(seeds) if isinstance(seeds, (list, tuple)) else seeds
    spread = told.get("spread")
    return {"mean": float(told["mean"]), "spread": spread if is_finite(spread) and seeds > 1 else None, "seeds": seeds}


def chance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How far two means over seeds may differ by chance, 19 times in 20; NaN where there is but one seed."""
    from scipy.special import stdtrit

    if one["spread"] is None or other["spread"] is None:
        return math.nan
    parts = [(it["spread"] ** 2 / it["seeds"], it["seeds"] - 1) for it in (one, other)]
    total = sum(part for part, _ in parts)
    if not total:
        return 0.0
    freedom = total**2 / sum(part**2 / left for part, left in parts)
    return float(stdtrit(freedom, SURE) * math.sqrt(total))


def interval(row: Mapping[str, Any]) -> dict[str, float]:
    """The mean over seeds as a report has values: with its 95 % interval by Student's t, of two seeds or more."""
    from scipy.special import stdtrit

    if row["spread"] is None:
        return {"value": row["mean"]}
    reach = float(stdtrit(row["seeds"] - 1, SURE)) * row["spread"] / math.sqrt(row["seeds"])
    return {"value": row["mean"], "low": row["mean"] - reach, "high": row["mean"] + reach}


def plus_minus(row: Mapping[str, Any]) -> str:
    """`.985 ± .003`."""
    return number(row["mean"]) + (f" ± {number(float(row['spread']))}" if row["spread"] is not None else "")


def _seeds(one: Mapping[str, Any], other: Mapping[str, Any] | None = None) -> str:
    count = one["seeds"]
    if other is not None and other["seeds"] != count:
        return f"{count} and {other['seeds']} seeds"
    return counted(count, "new seed") + (" each" if other is not None else "")


def _lost(view: View) -> str:
    counts = {state: view.count(state) for state in ("failed", "pruned", "invalid", "running")}
    return _listed([f"{count} {state}" for state, count in counts.items() if count])


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
