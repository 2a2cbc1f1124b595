import numpy as np
import pytest
from scipy import stats

from kerasapp.evaluation import intervals


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (1, 7), (340, 347), (36, 36), (5000, 10000)])
def test_wilson_is_the_interval_that_scipy_has(successes, trials):
    oracle = stats.binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    low, high = intervals.wilson(successes, trials)
    assert (low, high) == pytest.approx((oracle.low, oracle.high), abs=1e-12)


def test_wilson_by_hand():
    """8 of 10: centre (.8 + 3.8415/20) / 1.38415, half width 1.96 / 1.38415 * sqrt(.8 * .2 / 10 + 3.8415/400)."""
    assert intervals.proportion(8, 10) == pytest.approx({"value": 0.8, "low": 0.490162, "high": 0.943318}, abs=1e-6)


def test_wilson_of_no_trials_is_unknown_and_warns_of_nothing(recwarn):
    assert np.isnan(intervals.wilson(np.array([0, 1]), np.array([0, 2]))[0]).tolist() == [True, False]
    assert not recwarn.list


def test_bootstrap_of_a_mean_has_the_width_that_theory_gives():
    values = np.random.default_rng(1).exponential(size=4000)
    told = intervals.mean(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert (told["high"] - told["low"]) / 2 == pytest.approx(half, rel=0.1)
    assert told["low"] < told["value"] < told["high"]


def test_bootstrap_agrees_with_scipys_percentile_method():
    values = np.random.default_rng(2).gamma(2, size=60)
    oracle = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=9999, rng=0).confidence_interval
    told = intervals.mean(values)
    assert (told["low"], told["high"]) == pytest.approx((oracle.low, oracle.high), rel=0.03)


def test_bootstrap_gives_the_same_interval_however_many_are_drawn_at_once(monkeypatch):
    values = np.random.default_rng(3).normal(size=50)
    told = intervals.mean(values)
    monkeypatch.setattr(intervals, "AT_ONCE", 170)
    assert intervals.mean(values) == pytest.approx(told, abs=1e-12)


def test_bootstrap_takes_fewer_resamples_of_many_examples(monkeypatch):
    monkeypatch.setattr(intervals, "DRAWS", 1000)
    sizes = []
    intervals.bootstrap(100, lambda counts: sizes.append(len(counts)) or counts.sum(axis=1))
    assert sum(sizes) == intervals.FEWEST_RESAMPLES


def test_percentiles_leave_out_resamples_without_a_value():
    resampled = np.random.default_rng(4).normal(size=(1000, 3))
    resampled[::3, 1] = np.nan
    resampled[:, 2] = np.nan
    low, high = intervals.percentiles(resampled)
    assert low[:2] == pytest.approx(np.nanpercentile(resampled[:, :2], 2.5, axis=0))
    assert high[:2] == pytest.approx(np.nanpercentile(resampled[:, :2], 97.5, axis=0))
    assert np.isnan(low[2])


def test_a_metric_without_an_interval_has_no_bounds():
    assert intervals.metric(0.5, np.nan, np.nan) == {"value": 0.5}
    assert intervals.metric(0.5) == {"value": 0.5}
