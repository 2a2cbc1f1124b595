"""95 % intervals: Wilson's for a share of examples, the bootstrap for what has no formula of its own.

An interval says how far the figure may be off because the split is one sample of examples; it says nothing about
another seed or other data. Wilson (1927), "Probable inference"; Efron & Tibshirani (1993), "An Introduction to the
Bootstrap", chapter 13 (percentiles). The bias correction of chapter 14 is left out.
"""

from collections.abc import Callable

import numpy as np

Z = 1.959963984540054  # the standard normal's .975 quantile
RESAMPLES = 1000
FEWEST_RESAMPLES = 200
DRAWS = 20_000_000  # examples drawn in all, beyond which fewer resamples are taken, down to the fewest
AT_ONCE = 1_000_000  # examples drawn at a time: more is slower, because it leaves the processor's cache
SEED = 0  # the same figures give the same interval


def metric(value: float, low: float | None = None, high: float | None = None) -> dict[str, float]:
    """A figure as `report.json` has it; without bounds where there are none."""
    bounds = (
        {}
        if low is None or high is None or np.isnan(low) or np.isnan(high)
        else {"low": float(low), "high": float(high)}
    )
    return {"value": float(value), **bounds}


def wilson(successes: np.ndarray | float, trials: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of a proportion, elementwise; NaN where there are no trials."""
    trials = np.where(np.asarray(trials) > 0, trials, np.nan).astype(float)
    share = np.asarray(successes) / trials
    scale = 1 + Z**2 / trials
    middle = (share + Z**2 / (2 * trials)) / scale
    half = Z / scale * np.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return np.minimum(np.clip(middle - half, 0, 1), share), np.maximum(np.clip(middle + half, 0, 1), share)


def proportion(successes: int, trials: int) -> dict[str, float]:
    """A share of examples with Wilson's interval."""
    return metric(successes / trials, *wilson(successes, trials))


def bootstrap(examples: int, statistic: Callable[[np.ndarray], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The percentile interval of `statistic`: (resamples, examples) counts of each drawn -> (resamples, ...) values."""
    generator = np.random.default_rng(SEED)
    resamples = int(np.clip(DRAWS // examples, FEWEST_RESAMPLES, RESAMPLES))
    step = max(1, AT_ONCE // examples)
    values = []
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = generator.integers(examples, size=(size, examples)) + examples * np.arange(size)[:, None]
        values.append(statistic(np.bincount(drawn.ravel(), minlength=size * examples).reshape(size, examples)))
    return percentiles(np.concatenate(values))


def mean(values: np.ndarray) -> dict[str, float]:
    """The mean of (examples,) values with a bootstrap interval."""
    low, high = bootstrap(len(values), lambda counts: counts.astype(float) @ values / len(values))
    return metric(values.mean(), low, high)


def percentiles(resampled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The .025 and .975 quantiles along axis 0, leaving out NaN (a resample without the class); NaN where all are."""
    ordered = np.sort(np.asarray(resampled, float), axis=0)  # NaN goes last
    last = np.maximum(np.sum(~np.isnan(ordered), axis=0) - 1, 0)

    def quantile(level: float) -> np.ndarray:
        place = level * last
        under, over = (np.take_along_axis(ordered, f(place).astype(int)[None], axis=0)[0] for f in (np.floor, np.ceil))
        return under + (over - under) * (place - np.floor(place))

    return quantile(0.025), quantile(0.975)
