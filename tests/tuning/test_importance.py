"""The shares of functional ANOVA against functions whose shares are known, and nothing told where there is nothing."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from kerasapp.tuning._importance import FEWEST, importance, variances


def drawn(trials: int, values: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((trials, values))


def test_a_score_of_the_learning_rate_alone_leaves_the_others_near_nothing():
    places = drawn(80, 4)
    shares = importance(places, -np.abs(places[:, 1] - 0.6))
    assert shares[1].value > 0.9
    assert all(share.value < 0.03 for at, share in enumerate(shares) if at != 1)
    assert shares[1].r2 > 0.9 and shares[1].trials == 80


def test_a_sum_of_two_is_shared_as_their_variances_are():
    places = drawn(400, 3)
    first, second, noise = importance(places, 2 * places[:, 0] + places[:, 1])
    assert (first.value, second.value) == pytest.approx((0.8, 0.2), abs=0.07)  # 4/12 and 1/12 of 5/12
    assert noise.value < 0.01
    assert first.spread < 0.1


def test_what_two_values_do_only_together_is_nobodys_alone():
    places = drawn(400, 2)
    shares = importance(places, np.sign(places[:, 0] - 0.5) * np.sign(places[:, 1] - 0.5))
    assert all(share.value < 0.15 for share in shares)
    assert shares[0].rest > 0.7


def test_a_value_that_few_trials_chose_is_judged_among_these():
    places = drawn(120, 3)
    chosen = places[:, 0] > 0.5
    places[~chosen, 2] = np.nan
    score = np.where(chosen, 3 + 5 * np.nan_to_num(places[:, 2]), 0.0)
    switch, noise, conditional = importance(places, score)
    assert conditional.trials == chosen.sum() and switch.trials == 120
    assert conditional.value > 0.85  # among those that have it the score is of nothing else
    assert switch.value > 0.85 and noise.value < 0.05


def test_one_diverged_trial_is_not_all_that_there_is_to_explain():
    places = drawn(60, 3)
    score = places[:, 0].copy()
    score[7] = -1e30
    assert importance(places, score)[0].value > 0.8


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_told_of_noise(seed):
    shares = importance(drawn(40, 6, seed), np.random.default_rng(seed + 100).normal(size=40))
    assert not any(share.told for share in shares)
    assert np.isfinite(shares[0].r2)


def test_nothing_is_told_of_few_trials_or_of_equal_scores():
    places = drawn(FEWEST, 2)
    assert importance(places, places[:, 0])[0].told
    few, equal = importance(places[1:], places[1:, 0]), importance(places, np.ones(FEWEST))
    assert not any(share.told for share in [*few, *equal])
    assert few[0].trials == FEWEST - 1 and not np.isfinite(few[0].r2)


def test_the_same_trials_have_the_same_shares():
    places = drawn(40, 3)
    assert importance(places, places[:, 0]) == importance(places, places[:, 0])


def test_the_variances_of_a_tree_are_those_of_a_fine_grid():
    places = drawn(50, 2)
    tree = DecisionTreeRegressor(max_leaf_nodes=9, random_state=0).fit(places, np.sin(5 * places[:, 0]) + places[:, 1])
    middles = (np.arange(1500) + 0.5) / 1500
    grid = tree.predict(np.stack(np.meshgrid(middles, middles, indexing="ij"), -1).reshape(-1, 2)).reshape(1500, 1500)
    total, single = variances(tree.tree_, 2)
    assert total == pytest.approx(grid.var(), rel=5e-3)
    assert single == pytest.approx([grid.mean(axis=1).var(), grid.mean(axis=0).var()], rel=5e-3)
