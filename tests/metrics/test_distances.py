import numpy as np
import pytest
from scipy.linalg import sqrtm

from kerasapp.metrics.frechet_distance import frechet_distance, trace_of_root
from kerasapp.metrics.kernel_distance import kernel_distance
from kerasapp.metrics.manifold_precision import precision_recall


def drawn(seed, count=400, size=6, shift=0.0, scale=1.0):
    generator = np.random.default_rng(seed)
    return generator.normal(shift, scale, (count, size)) @ np.random.default_rng(7).normal(size=(size, size))


def test_the_root_is_scipys():
    for first, second in ((drawn(0), drawn(1, scale=2.0)), (drawn(0, count=4), drawn(1))):  # the first of rank 3
        c, d = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
        assert trace_of_root(c, d) == pytest.approx(np.trace(sqrtm(c @ d)).real, rel=1e-5)


def test_frechet_distance_by_its_formula_and_of_known_normals():
    a, b = drawn(0), drawn(1, shift=0.5, scale=1.5)
    c, d = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(c + d - 2 * sqrtm(c @ d).real)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    one = np.random.default_rng(0).normal(size=(200_000, 1))
    assert frechet_distance(one, 3 * one + 2) == pytest.approx(4 + (3 - 1) ** 2, rel=0.02)


def test_kernel_distance_is_the_mean_over_all_pairs_but_an_example_with_itself():
    a, b = drawn(0, count=12), drawn(1, count=12, shift=1.0)
    kernel = lambda x, y: (x @ y / 6 + 1) ** 3  # noqa: E731
    within = [np.mean([kernel(x, y) for i, x in enumerate(s) for j, y in enumerate(s) if i != j]) for s in (a, b)]
    between = np.mean([kernel(x, y) for x in a for y in b])
    assert kernel_distance(a, b) == (pytest.approx(sum(within) - 2 * between), 0)


def test_kernel_distance_of_two_draws_from_one_distribution_is_about_zero():
    alike, deviation = kernel_distance(drawn(0, 1500), drawn(1, 1500), subsets=20, size=300)
    other, _ = kernel_distance(drawn(0, 1500), drawn(1, 1500, shift=0.5), subsets=20, size=300)
    assert abs(alike) < 2 * deviation and other > 5 * deviation


def test_precision_and_recall_tell_what_is_missing():
    """Real examples in two places; what is made lies in one of them alone, or in a third place as well."""
    generator = np.random.default_rng(0)
    left, right, far = (generator.normal(place, 0.1, (100, 2)) for place in ((0, 0), (5, 0), (0, 50)))
    real, half = np.concatenate([left, right]), generator.normal(0, 0.1, (100, 2))
    precision, recall = precision_recall(real, half)
    assert precision > 0.8 and 0.35 < recall < 0.55
    precision, recall = precision_recall(real, np.concatenate([half, far]))
    assert 0.35 < precision < 0.55
    with pytest.raises(ValueError, match="more than 3"):
        precision_recall(real[:3], half)
