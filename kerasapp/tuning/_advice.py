"""What to try after a sweep, by rules of thumb: a range whose end is best, a choice that nobody drew, a value that does
nothing, training that was cut short.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kerasapp.evaluation.parts import number
from kerasapp.tuning._axes import Axis, shown
from kerasapp.tuning._importance import Share
from kerasapp.tuning._verdict import chance, confirmed
from kerasapp.tuning._view import View, is_finite

EDGE = 0.1  # of an axis, that counts as its end
TOP = 3  # trials that have to agree on it
NOTHING = 0.02  # of the variance, what a value that may be fixed explains
STILL = 0.8  # of the epochs, or of the trials, after which the best must not have come
LOST = 0.5  # of the trials of a choice, that failed


class Advice(NamedTuple):
    """What it is about, what was seen, what to try."""

    about: str
    seen: str
    then: str


def advice(view: View, shares: Sequence[Share]) -> list[Advice]:
    """In the order of the space, and then on the whole."""
    if not view.scored:
        return []
    found = []
    for axis, share in zip(view.axes, shares, strict=True):
        found += [*_edge(view, axis), *_choices(view, axis), *_idle(axis, share)]
    return [*found, *_budget(view), *_epochs(view), *_seeds(view), *_others(view)]


def _edge(view: View, axis: Axis) -> list[Advice]:
    """The best trials all lie at one end of a range that could go on."""
    if axis.choices or view.best is None:
        return []
    order = np.argsort(-view.standing)
    places = view.places([axis])[order, 0]
    top = places[np.isfinite(places)][:TOP]
    if len(top) < TOP or not np.isfinite(axis.place(view.best["values"])):
        return []
    part = EDGE if axis.kind == "float" or axis.log else max(EDGE, axis.step / (axis.high - axis.low + axis.step))
    if (top >= 1 - part).all() and not (axis.kind == "float" and axis.high == 1):
        end, wider, way = axis.high, axis.high * 10 if axis.log else 2 * axis.high - axis.low, "above"
    elif (top <= part).all() and axis.low > (0 if axis.kind == "float" else 1):
        end, wider, way = axis.low, axis.low / 10 if axis.log else max(0, 2 * axis.low - axis.high), "below"
    else:
        return []
    wider = max(1, round(wider)) if axis.kind == "int" else wider
    seen = f"the best {TOP} trials lie at the end of its range, {shown(end)}"
    return [Advice(axis.path, seen, f"widen it {way}, to {shown(wider)}")]


def _choices(view: View, axis: Axis) -> list[Advice]:
    found = []
    for choice in axis.choices:
        place = axis.place({axis.path: choice})
        own = [trial for trial in view.trials if axis.place(trial["values"]) == place]
        failed = sum(trial["state"] == "failed" for trial in own)
        if not any(trial["state"] in ("finished", "pruned") for trial in own) and not failed:
            found.append(Advice(axis.path, f"{shown(choice)} was never trained", "more trials, or tuner: grid"))
        elif failed > max(1, LOST * len(own)):
            seen = f"{failed} of {len(own)} trials with {shown(choice)} failed"
            found.append(Advice(axis.path, seen, "leave it out, or lower the learning rates beside it"))
    return found


def _idle(axis: Axis, share: Share) -> list[Advice]:
    if not share.told or share.value + share.spread > NOTHING:
        return []
    seen = f"explains {number(share.value)} of the variance"
    return [Advice(axis.path, seen, "fix it by `set`: what is left is searched more densely")]


def _budget(view: View) -> list[Advice]:
    at = next(place for place, trial in enumerate(view.trials, 1) if trial is view.best)
    if len(view.trials) < 10 or at <= STILL * len(view.trials):
        return []
    return [Advice("budget.trials", f"the best came late, as trial {at} of {len(view.trials)}", "more trials")]


def _epochs(view: View) -> list[Advice]:
    """The best trial's curve has its best in the last fifth of its epochs, as have most of the others."""
    curves = [trial["curve"] for trial in view.scored]
    late = [_late(view, curve) for curve in curves if len(curve) >= 5]
    if len(late) < TOP or not _late(view, view.best["curve"]) or np.mean(late) <= 0.5:
        return []
    return [Advice("train.epochs", "the best trials were still improving at their last epochs", "more epochs")]


def _late(view: View, curve: Sequence[float]) -> bool:
    values = [view.sign * value if is_finite(value) else -np.inf for value in curve]
    return len(values) >= 5 and int(np.argmax(values)) + 1 > STILL * len(values)


def _seeds(view: View) -> list[Advice]:
    """Trials that differ by less than a seed does can't be put in order by one seed each."""
    best, default = confirmed(view.table.get("best")), confirmed(view.table.get("default"))
    if not best or not default:
        return []
    if best["spread"] is None or default["spread"] is None:
        return [Advice("confirm.seeds", "one seed has no spread", "three seeds or more")]
    if abs(best["mean"] - default["mean"]) > chance(best, default):
        return []
    return [
        Advice(
            "seeds",
            "the best and the defaults differ by no more than these seeds may",
            "two or three seeds a trial, more that confirm, or a wider space",
        )
    ]


def _others(view: View) -> list[Advice]:
    """Of the trials that were trained over new seeds the best there, where that is not the one with the best score."""
    rows = [(confirmed(row), row["trial"]) for row in view.table.get("confirmed") or () if confirmed(row)]
    best = confirmed(view.table.get("best"))
    told, name = max(rows, key=lambda row: view.sign * row[0]["mean"], default=(None, None))
    if not told or not best or view.sign * (told["mean"] - best["mean"]) <= 0:
        return []
    seen = f"over new seeds it has {number(told['mean'])}, the best trial {number(best['mean'])}"
    return [Advice(f"trial {name}", seen, "take recipe.yaml of its run")]
