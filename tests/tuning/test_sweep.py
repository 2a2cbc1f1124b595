"""The file of a sweep: what is right, and every fault at its place."""

import subprocess
import sys

import pytest

from kerasapp.errors import RecipeError
from kerasapp.tuning.sweep import load_sweep

RATE = "train.optimizer.learning_rate: {float: [1e-4, 1e-1], sampling: log}"
CHOICE = "train.batch_size: {choice: [8, 16, 32]}"


def faults(path, settings=()):
    with pytest.raises(RecipeError) as error:
        load_sweep(path, settings)
    return error.value.faults


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("learning_rate:", "learning_rte:", "8:3", 'unknown argument "learning_rte" of Adam: did you mean "learning_'),
        ("train.optimizer.l", "trian.optimizer.l", "8:3", 'unknown key "trian": did you mean "train"?'),
        ("tuner: random", "tuner: randon", "3:8", 'unknown tuner "randon": did you mean "random"?'),
        ("tuner: random", "tuner: {name: random, sed: 3}", "3:23", 'unknown argument "sed" of random: did you mean "s'),
        ("[1e-4, 1e-1]", "[1e-1, 1e-4]", "8:42", "from 0.1 to 0.0001 there is nothing: the lower end comes first"),
        ("[1e-4, 1e-1]", "[0, 1e-1]", "8:42", "sampling: log begins above 0, got 0"),
        ("[1e-4, 1e-1], sampling: log", "[-1, 1]", "8:43", "learning_rate: expected a number above 0"),
        ("val_accuracy", "val_acuracy", "4:21", 'has no metric "val_acuracy": did you mean "val_accuracy"?'),
        ("[8, 16, 32]", "[8, many]", "9:34", 'batch_size: expected a whole number, got "many"'),
        ("[8, 16, 32]", "[8, 8]", "9:34", "8 stands there twice"),
        ("[8, 16, 32]", "[]", "9:30", "a choice of nothing"),
        ("choice: [8", "chioce: [8", "9:21", 'expected one of float: [a, b], int: [a, b], choice: [...], boolean'),
        ("trials: 3", "trials: 0", "5:18", "trials: expected a number above 0, got 0"),
        ("budget: {trials: 3}\n", "", "1:1", "a budget of nothing: give trials, epochs or hours"),
        ("random", "hyperband", "5:9", "hyperband needs budget.epochs"),
        ("small.yaml", "digit_cnn", "2:9", 'no stock recipe of that name: did you mean "vision/digits_cnn"?'),
        ("confirm:", "set: {train.batch_size: 8}\nconfirm:", "6:7", "is in the space: set it or search it"),
        ("confirm:", "set: {train.epoch: 8}\nconfirm:", "6:7", 'unknown key "epoch" of train: did you mean "epochs"?'),
        ("confirm:", "set: {train.epochs: no}\nconfirm:", "6:21", "epochs: expected a whole number"),
        ("confirm:", "pruning: {start_epoch: 2}\nconfirm:", "6:24", "start_epoch: expected a number at least 3, got 2"),
        ("confirm:", "pruning: {min_trials: 4}\nconfirm:", "6:23", "min_trials: expected a number at least 5, got 4"),
        ("confirm:", "pruning: medain\nconfirm:", "6:10", 'expected one of median, got "medain": did you mean "med'),
        ("{trials: 3}", "3", "5:9", "budget: expected a mapping, got 3"),
        (CHOICE, "train.epochs: {int: [0, 99999999999999999999]}", "9:24", "epochs: expected a number above 0, got 0"),
        ("confirm:", "constraints: {bytes: {min: 4, max: 2}}\nconfirm:", "6:22", "min, max, or both with min"),
        ("confirm:", "constraints: {latncy: {max: 2}}\nconfirm:", "6:15", 'did you mean "latency"?'),
        ("{metric: val_accuracy, mode: max}", "{pareto: [val_accuracy]}", "4:21", "a list of two goals or more"),
        (CHOICE, "model.units.0: {int: [0, 4]}", "9:25", "units: expected a number above 0, got 0"),
        (CHOICE, "model.units.0: {int: [4, 8], step: 5}", "9:38", "a step of 5 leads past 8 at once"),
        (CHOICE, "train.batch_size: {int: [4, 8], when: {train.epochs: [1]}}", "9:42", "is not in this space"),
        (CHOICE, "train.epochs: {int: [1, 7], step: 3}\n  model.dropout: {float: [0, 1], when: {train.epochs: [4, 5]}}",
         "10:59", "train.epochs is never 5 in this space"),
        (CHOICE, "train.epochs: {int: [2, 8], step: 2, sampling: log}\n  "
                 "model.dropout: {float: [0, 1], when: {train.epochs: [6]}}", "10:56", "train.epochs is never 6"),
    ],
)  # fmt: skip
def test_a_fault_stands_at_its_place(sweep_file, old, new, place, message):
    found = faults(sweep_file((old, new)))
    assert [f"{fault.line}:{fault.column}" for fault in found] == [place], found
    assert message in found[0].message


def test_trials_that_are_asked_for_are_a_budget(sweep_file):
    assert load_sweep(sweep_file(), trials=7).budget.trials == 7
    assert load_sweep(sweep_file(("budget: {trials: 3}\n", "")), trials=7).budget.trials == 7


def test_a_range_of_floats_is_no_place_for_whole_numbers(sweep_file):
    found = faults(sweep_file((CHOICE, "train.batch_size: {float: [4, 8]}")))
    assert [str(fault).partition("sweep.yaml:")[2] for fault in found] == [
        f"9:{column}: batch_size: expected a whole number, got {number}" for column, number in ((30, 4.0), (33, 8.0))
    ]


def test_all_faults_are_told_at_once_in_order(sweep_file):
    path = sweep_file(("random", "randon"), ("trials: 3", "trials: -1"), ("[8, 16, 32]", "[8, x]"), ("title", "titel"))
    assert [fault.line for fault in faults(path)] == [1, 3, 5, 9]


def test_a_value_that_another_makes_void_needs_a_condition(sweep_file):
    owner = "model: {choice: [mlp, cnn]}"
    path = sweep_file((CHOICE, f"{owner}\n  model.blocks: {{int: [1, 2]}}"))
    (fault,) = faults(path)
    assert (fault.line, fault.column) == (10, 3)
    assert fault.message == "model.blocks: is void where model is mlp. Add when: {model: [cnn]}"
    mended = sweep_file((CHOICE, f"{owner}\n  model.blocks: {{int: [1, 2], when: {{model: [cnn]}}}}"))
    assert load_sweep(mended).trial({"model": "cnn", "model.blocks": 2}).model["blocks"] == 2


def test_conditions_that_can_not_all_be_so_are_told(sweep_file):
    first = "model.batch_norm: {boolean}\n  model.activation: {choice: [relu, tanh], when: {model.batch_norm: [true]}}"
    last = "model.dropout: {float: [0, 1], when: {model.activation: [relu], model.batch_norm: [%s]}}"
    (fault,) = faults(sweep_file((CHOICE, f"{first}\n  {last % 'false'}")))
    assert (fault.line, fault.column) == (11, 3)
    assert "never counts, because its conditions together leave no value of model.batch_norm" in fault.message
    assert load_sweep(sweep_file((CHOICE, f"{first}\n  {last % 'true'}")))


def test_a_null_above_a_searched_path_is_void(sweep_file):
    path = sweep_file((CHOICE, "train.early_stopping: {choice: [null, {patience: 3}]}\n  "
                               "train.early_stopping.patience: {int: [1, 9]}"))  # fmt: skip
    (fault,) = faults(path)
    assert "is void where train.early_stopping is null. Add when: {train.early_stopping: [{patience: 3}]}" in str(fault)


def test_what_set_makes_void_is_told(sweep_file):
    path = sweep_file(("confirm:", "set: {model: cnn}\nconfirm:"), (CHOICE, "model.units.3: {int: [1, 2]}"))
    assert [fault.line for fault in faults(path)] == [10]


def test_what_is_valid_only_together_is_tried_together(sweep_file):
    switched = ("confirm:", "set: {model.name: cnn, model.filters: 4}\nconfirm:")
    made = load_sweep(sweep_file(switched, recipe=[("{name: mlp, units: [16]}", "mlp")]))
    assert (made.default.model["name"], made.default.model["filters"]) == ("cnn", 4)
    folds = "data.fold: {choice: [0, 1, 7]}\n  data.folds: {choice: [2, 3]}"
    (fault,) = faults(sweep_file((CHOICE, folds)))  # fold 7 is none of three
    assert (fault.line, fault.column) == (9, 30)
    assert load_sweep(sweep_file((CHOICE, folds.replace(", 7", "")))).trial({"data.fold": 1, "data.folds": 2})


def test_a_front_is_looked_for_by_chance_or_in_full(sweep_file):
    front = ("{metric: val_accuracy, mode: max}", "{pareto: [val_accuracy, parameters]}")
    assert [goal.direction for goal in load_sweep(sweep_file(front)).objective.goals] == ["max", "min"]
    (fault,) = faults(sweep_file(front, ("random", "bayesian")))
    assert "a front is no single number for bayesian to go by" in fault.message


def test_hyperband_decides_about_epochs(sweep_file):
    path = sweep_file(("random", "hyperband"), ("trials: 3", "epochs: 9"), (CHOICE, "train.epochs: {int: [1, 5]}"))
    assert "train.epochs is what hyperband decides" in str(faults(path)[0])
    assert load_sweep(sweep_file(("random", "hyperband"), ("trials: 3", "epochs: 9"))).default.train.epochs == 9


def test_the_objective_is_the_monitor_of_its_trials_unless_set(sweep):
    assert sweep().default.train.monitor.metric == "val_accuracy"
    own = sweep(("confirm:", "set: {train.monitor.metric: val_loss}\nconfirm:"))
    assert own.default.train.monitor.metric == "val_loss"


def test_a_setting_is_over_the_files_and_stands_in_its_option(sweep_file):
    path = sweep_file(("confirm:", "set: {train.epochs: 5}\nconfirm:"))
    assert load_sweep(path, ["train.epochs=1"]).default.train.epochs == 1
    (fault,) = faults(path, ["train.epochs=x"])
    assert str(fault).startswith("--set:1:14: epochs: expected a whole number")


def test_a_whole_spec_and_a_value_within_it_go_together_whatever_their_order(sweep):
    made = sweep((CHOICE, "train.optimizer: {choice: [Adam, {name: SGD, momentum: 0.5}]}"))
    recipe = made.trial({"train.optimizer.learning_rate": 0.02, "train.optimizer": {"name": "SGD", "momentum": 0.5}})
    assert recipe.train.optimizer["momentum"] == 0.5
    assert recipe.train.optimizer["learning_rate"] == 0.02


def test_what_decides_about_trials_is_told_by_path(sweep):
    asked = sweep().asked()
    assert asked["space.train.batch_size.values"] == [8, 16, 32]
    assert asked["recipe.train.epochs"] == 2
    assert "budget.trials" not in asked  # more trials are the same sweep


def test_a_sweep_is_checked_without_tensorflow(sweep_file):
    code = "import sys; from kerasapp.tuning.sweep import load_sweep; load_sweep(sys.argv[1]); "
    code += "print({'tensorflow', 'keras_tuner', 'numpy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code, sweep_file()], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
