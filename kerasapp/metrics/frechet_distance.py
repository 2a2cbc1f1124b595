"""Fréchet distance of two sets of features, each taken for a normal distribution (Heusel et al., 2017,
arXiv:1706.08500): FID, where the features are Inception's.
"""

import numpy as np


def frechet_distance(real: np.ndarray, made: np.ndarray) -> float:
    """|m - n|^2 + tr(C + D - 2 (C D)^(1/2)) of the means and covariances of (examples, features) each.

    Of few examples it is too large, and of fewer than there are features much: compare what has the same number.
    Raises ValueError for fewer than two.
    """
    if min(len(real), len(made)) < 2:
        raise ValueError("a covariance needs two examples")
    real, made = (np.asarray(values, np.float64) for values in (real, made))
    difference = real.mean(0) - made.mean(0)
    first, second = (np.atleast_2d(np.cov(values, rowvar=False)) for values in (real, made))
    traces = np.trace(first) + np.trace(second)
    return float(max(difference @ difference + traces - 2 * trace_of_root(first, second), 0.0))


def trace_of_root(first: np.ndarray, second: np.ndarray) -> float:
    """tr (C D)^(1/2) of two covariances: that of R D R, symmetric, where R R = C, which has the same eigenvalues."""
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return float(np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum())
