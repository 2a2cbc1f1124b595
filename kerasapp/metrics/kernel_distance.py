"""Kernel Inception Distance: the squared maximum mean discrepancy of two sets of features under a cubic kernel
(Binkowski et al., 2018, arXiv:1801.01401). Unlike the Fréchet distance it has no bias by the number of examples.
"""

import numpy as np

SUBSETS, SIZE = 100, 1000  # section 4 of the paper, and its program
SEED = 0


def kernel_distance(
    real: np.ndarray, made: np.ndarray, subsets: int = SUBSETS, size: int = SIZE
) -> tuple[float, float]:
    """Mean over random subsets of (examples, features) each, and the standard deviation between them.

    It may be below 0 where both are alike. Raises ValueError for fewer than two examples.
    """
    size = min(size, len(real), len(made))
    if size < 2:
        raise ValueError("a distance of two sets needs two examples of each")
    generator = np.random.default_rng(SEED)
    subsets = 1 if size == len(real) == len(made) else subsets
    values = [
        _discrepancy(*(given[generator.choice(len(given), size, replace=False)] for given in (real, made)))
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def _discrepancy(x: np.ndarray, y: np.ndarray) -> float:
    """Unbiased (Gretton et al., 2012, equation 3): no example is compared with itself."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    count = len(x)
    within = [_kernel(one, one) for one in (x, y)]
    own = sum((kernel.sum() - np.trace(kernel)) / (count * (count - 1)) for kernel in within)
    return float(own - 2 * _kernel(x, y).mean())


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3
