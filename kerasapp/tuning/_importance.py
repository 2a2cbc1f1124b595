"""How much of what trials differ by each searched value explains: functional ANOVA (Hutter, Hoos and Leyton-Brown,
2014, "An Efficient Approach for Assessing Hyperparameter Importance", ICML).

A random forest learns the scores from the values. A tree cuts the space into boxes with one value each, so that its
variance over the whole space, and that of its mean with one value held, are plain sums: exact, and whatever places the
tuner preferred. A value's importance is the share of the first that the second is. Left out: pairs of values; what no
single value explains is told as a whole.

Scores count by their rank: one diverged trial would else be all that there is to explain. A value that only some trials
chose is judged among these, by a forest of their own.
"""

import math
from dataclasses import dataclass

import numpy as np

TREES = 128
SMALLEST_LEAF = 2  # trials
FEWEST = 20  # trials, below which nothing is told
LEAST_R2 = 0.25
"""Out of bag, below which nothing is told: of 20 trials that nothing explains about one set in 40 has more."""


@dataclass(frozen=True)
class Share:
    """The share of variance that a value explains, mean and standard deviation over trees; NaN where it can't be told.

    `r2`: how well the forest foretells trials that it has not seen (out of bag), 1 at best; NaN of too few `trials`.
    `rest`: the share that no single value of the forest explains.
    """

    value: float
    spread: float
    trials: int
    r2: float
    rest: float

    @property
    def told(self) -> bool:
        return math.isfinite(self.value)


def importance(places: np.ndarray, scores: np.ndarray) -> list[Share]:
    """A Share for each column of `places` (trials, values) float64 in [0, 1], NaN where a trial did not choose it.

    `scores` (trials,) finite. The same numbers give the same shares.
    """
    places, scores = np.asarray(places, float), np.asarray(scores, float)
    chosen = np.isfinite(places)
    shares: dict[int, Share] = {}
    for mask in np.unique(chosen, axis=1).T:
        own = np.flatnonzero((chosen == mask[:, None]).all(axis=0))
        known = np.flatnonzero(chosen[mask].all(axis=0))
        judged = _judged(places[np.ix_(mask, known)], scores[mask])
        shares |= {column: judged[list(known).index(column)] for column in own}
    return [shares[column] for column in range(places.shape[1])]


def _judged(places: np.ndarray, scores: np.ndarray) -> list[Share]:
    """Shares of columns that all trials chose."""
    if len(scores) < FEWEST or np.ptp(scores) == 0:
        return [Share(math.nan, math.nan, len(scores), math.nan, math.nan)] * places.shape[1]
    trees, r2 = _forest(places, _ranks(scores))
    parts = [variances(tree, places.shape[1]) for tree in trees]
    table = np.array([single / total for total, single in parts if total > 0])
    if r2 < LEAST_R2 or not len(table):
        return [Share(math.nan, math.nan, len(scores), r2, math.nan)] * places.shape[1]
    rest = max(0.0, 1 - float(table.sum(axis=1).mean()))
    return [Share(float(column.mean()), float(column.std()), len(scores), r2, rest) for column in table.T]


def _forest(places: np.ndarray, ranks: np.ndarray) -> tuple[list, float]:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(TREES, min_samples_leaf=SMALLEST_LEAF, oob_score=True, random_state=0)
    forest.fit(places, ranks)
    return [tree.tree_ for tree in forest.estimators_], float(forest.oob_score_)


def variances(tree, columns: int) -> tuple[float, np.ndarray]:
    """The variance of a fitted tree (scikit-learn's `tree_`) over the unit cube, and of its mean with each column held.

    (), (columns,): equations 3 to 7 of the paper, for one column.
    """
    low, high = _boxes(tree, columns)
    sizes, values = high - low, tree.value[tree.children_left < 0].ravel()
    volumes = sizes.prod(axis=1)  # (leaves,)
    mean = float(volumes @ values)
    single = [_of_one(low[:, at], high[:, at], values * volumes / sizes[:, at], mean) for at in range(columns)]
    return float(volumes @ (values - mean) ** 2), np.array(single)


def _boxes(tree, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper ends (leaves, columns) of each leaf's box. A child's number is above its parent's."""
    low, high = np.zeros((tree.node_count, columns)), np.ones((tree.node_count, columns))
    inner = np.flatnonzero(tree.children_left >= 0)
    for node in inner:
        at, threshold = tree.feature[node], tree.threshold[node]
        for child, ends in ((tree.children_left[node], high), (tree.children_right[node], low)):
            low[child], high[child] = low[node], high[node]
            ends[child, at] = threshold
    leaves = tree.children_left < 0
    return low[leaves], high[leaves]


def _of_one(low: np.ndarray, high: np.ndarray, weights: np.ndarray, mean: float) -> float:
    """The variance of a function that is the sum of the `weights` of those intervals that a place lies in."""
    cuts = np.unique(np.concatenate([low, high]))
    middles, widths = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
    inside = (low[:, None] <= middles) & (middles < high[:, None])  # (leaves, parts)
    return float(widths @ (weights @ inside - mean) ** 2)


def _ranks(scores: np.ndarray) -> np.ndarray:
    """0 to 1, ties sharing the mean of theirs."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - (counts - 1) / 2) / len(scores))[place]
