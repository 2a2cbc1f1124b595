"""What is said of classes and of a training, and what is not."""

import subprocess
import sys

import numpy as np
import pytest

from kerasapp.rules import (
    Finding,
    Ignorance,
    adversarial_findings,
    at_chance,
    class_sizes,
    diverging,
    loss_stuck,
    training_findings,
)


def told(counts):
    return {(one.kind, one.severity, one.where) for one in class_sizes(counts)}


def test_tiny_few_and_uneven_classes_are_told_by_their_names():
    assert told({"a": 5000, "b": 4000}) == set()
    assert told({"a": 500, "b": 400}) == {("few_examples", "note", "b")}
    assert told({"a": 500, "b": 9}) == {
        ("tiny_class", "warning", "b"), ("few_examples", "note", "b"), ("imbalance", "note", "a"),
    }  # fmt: skip
    assert told({}) == told({"a": 0}) == set()


def test_a_finding_has_the_four_parts_of_the_contract():
    finding = Finding("broken", "error", "a.jpg", "cut short", ("a.jpg",))
    assert finding.as_json() == {"kind": "broken", "severity": "error", "where": "a.jpg", "message": "cut short"}
    assert str(finding) == "error: a.jpg: cut short"


def test_the_rules_import_nothing_heavy():
    code = "import sys, kerasapp.rules; sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


TEN = Ignorance(1000, np.log(10), 0.1)


def rows(**columns):
    count = max(len(values) for values in columns.values())
    return [{"epoch": n + 1} | {name: float(values[n]) for name, values in columns.items()} for n in range(count)]


def kinds(history, ignorance=TEN, steps=100, **more):
    return [finding.kind for finding in training_findings(history, ignorance, steps=steps, **more)]


def flat(value, count, noise=0.002):
    return value + noise * np.random.default_rng(0).normal(size=count)


def test_accuracy_at_chance_is_said_after_five_epochs_with_figures_and_a_way_out():
    history = rows(loss=flat(2.31, 6), accuracy=flat(0.1, 6, 0.005))
    assert at_chance(history[:4], TEN, 100) is None
    told = str(at_chance(history[:5], TEN, 100))
    assert told.startswith("warning: epoch 5: training accuracy has been 0.10") and "0.100" in told
    assert "learning_rate" in told and "\n" not in told


def test_epochs_of_few_steps_are_given_more_of_them():
    history = rows(loss=flat(2.31, 30), accuracy=flat(0.1, 30, 0.005))
    assert at_chance(history[:24], TEN, 8) is None
    assert at_chance(history[:25], TEN, 8)


def test_a_warm_up_is_waited_for():
    history = rows(loss=flat(2.31, 9), accuracy=flat(0.1, 9, 0.005))
    assert kinds(history[:7], warmup_epochs=3) == [] != kinds(history[:8], warmup_epochs=3)


def test_rare_classes_that_are_being_learned_are_no_chance_although_the_accuracy_is_that_of_the_majority():
    rare = Ignorance(5000, 0.0562, 0.99)
    history = rows(loss=np.linspace(0.05, 0.02, 12), accuracy=np.full(12, 0.99))
    assert kinds(history, rare) == []
    assert kinds(rows(loss=flat(0.0563, 12, 1e-5), accuracy=np.full(12, 0.99)), rare) == ["at_chance"]


def test_class_weights_that_cost_accuracy_are_no_chance():
    balanced = Ignorance(5000, np.log(2), 0.9)
    assert kinds(rows(loss=np.linspace(0.6, 0.4, 12), accuracy=np.full(12, 0.85)), balanced) == []


def test_a_loss_that_rests_where_nothing_is_known_is_stuck_and_one_that_has_converged_is_not():
    unit = Ignorance(1000, 1.0)
    assert kinds(rows(loss=flat(1.001, 10)), unit) == ["loss_stuck"]
    assert kinds(rows(loss=flat(1.001, 9)), unit) == []
    assert kinds(rows(loss=[1.0, 0.6, *flat(0.4, 100)]), unit) == []
    assert kinds(rows(loss=np.linspace(1.2, 1.0, 10)), unit) == [], "above, but falling"


def test_a_penalty_on_the_weights_is_not_taken_for_ignorance():
    unit = Ignorance(1000, 1.0)
    assert kinds(rows(loss=flat(1.3, 30), penalty=np.full(30, 0.9)), unit) == []
    assert kinds(rows(loss=flat(1.3, 30), penalty=np.full(30, 0.3)), unit) == ["loss_stuck"]


def test_where_ignorance_is_not_known_only_a_loss_that_never_fell_is_stuck():
    unknown = Ignorance(1000)
    assert loss_stuck(rows(loss=flat(3.0, 10, 1e-4)), unknown)
    assert not loss_stuck(rows(loss=[5.0, *flat(3.0, 30)]), unknown)
    assert not loss_stuck(rows(loss=flat(3.0, 30, 1e-4))[10:], unknown), "its beginning is not among the rows"


def test_validation_that_diverges_is_said_with_the_epoch_since_when():
    epochs = np.arange(30)
    history = rows(loss=np.exp(-epochs / 10), val_loss=0.5 + 0.02 * np.abs(epochs - 8))
    assert diverging(history[:14], TEN) is None
    told = next(str(found) for n in range(14, 31) if (found := diverging(history[:n], TEN)))
    assert "since epoch 9 (0.5, now" in told and "early_stopping" in told and "\n" not in told


@pytest.mark.parametrize("seed", range(20))
def test_noise_around_a_level_is_not_diverging(seed):
    draw = np.random.default_rng(seed)
    values = 0.4 * np.exp(draw.normal(scale=0.3, size=100))
    assert not any(
        diverging(rows(loss=0.99 ** np.arange(n), val_loss=values[:n]), Ignorance(100)) for n in range(1, 101)
    )


def test_a_rise_that_is_small_against_knowing_nothing_is_no_matter():
    history = rows(loss=0.9 ** np.arange(30), val_loss=0.02 + 0.001 * np.arange(30))
    assert diverging(history, TEN) is None
    assert diverging(history, Ignorance(1000))


def test_a_worse_val_loss_is_not_overfitting_where_the_training_loss_is_worse_too():
    assert not diverging(rows(loss=np.linspace(1, 2, 30), val_loss=np.linspace(1, 3, 30)), TEN)


def test_a_healthy_training_has_no_finding():
    epochs = np.arange(40)
    history = rows(
        loss=2.3 * np.exp(-epochs / 8), accuracy=1 - 0.9 * np.exp(-epochs / 8), val_loss=2.4 * np.exp(-epochs / 8) + 0.1
    )
    assert all(kinds(history[:n]) == [] for n in range(1, 41))


def of_two(**columns):
    usual = {"d_accuracy": 0.7, "g_gradient": 1.0, "diversity": 0.9}
    count = max(map(len, columns.values()))
    return [
        finding.kind for finding in adversarial_findings(rows(**{n: [v] * count for n, v in usual.items()} | columns))
    ]


def test_a_discriminator_that_is_always_right_is_told_after_five_epochs():
    assert of_two(d_accuracy=[0.8, 1, 1, 1, 1, 1]) == ["discriminator_wins"]
    assert of_two(d_accuracy=[1, 1, 1, 1]) == of_two(d_accuracy=[1, 1, 0.95, 1, 1, 1]) == []
    assert adversarial_findings([{"epoch": n} for n in range(1, 9)]) == [], "a Wasserstein critic decides nothing"


def test_gradients_a_thousandth_of_what_they_were_are_told_and_small_ones_are_not():
    assert of_two(g_gradient=[2, 1, 1, 1e-3, 1e-3, 1e-3]) == ["generator_gradients"]
    assert of_two(g_gradient=[1e-5] * 8) == of_two(g_gradient=[2, 1, 1, 1e-3, 1e-3, 0.01]) == []


def test_samples_that_vary_less_than_they_did_are_told_and_those_that_never_did_are_not():
    (told,) = adversarial_findings(rows(diversity=[0.2, 0.8, 0.7, 0.1, 0.05, 0.04]))
    assert told.kind == "collapse" and "0.040 times" in told.message and "0.800" in told.message
    assert of_two(diversity=[0.1] * 8) == of_two(diversity=[0.2, 0.8, 0.7, 0.1, 0.5, 0.1]) == []


def test_a_loss_below_zero_is_judged_by_how_much_it_falls():
    """Of a density, such as a Gaussian's likelihood of pixels."""
    rising = np.concatenate([np.linspace(-100, -300, 15), np.linspace(-300, -200, 15)])
    still = rows(loss=flat(-300.0, 30, 1.0), val_loss=rising)
    assert diverging(still, Ignorance(1000)) is None, "its training loss has not fallen since"
    assert diverging(rows(loss=np.linspace(-100, -900, 30), val_loss=rising), Ignorance(1000))
    assert loss_stuck(rows(loss=np.full(30, -100.0)), Ignorance(1000))
    assert loss_stuck(rows(loss=np.linspace(-100, -200, 30)), Ignorance(1000)) is None
