"""A recipe is checked whole, with positions, and resolved to every value."""

import time

import pytest

from kerasapp.errors import RecipeError
from kerasapp.reading import read_text
from kerasapp.recipe import load, parse_setting

TINY = """\
title: Tiny
seed: 1
task: image_classification
data: {name: sklearn, dataset: digits}
model: {name: cnn}
train:
  epochs: 1
  batch_size: 64
  optimizer: {name: Adam, learning_rate: 1e-3}
"""


@pytest.fixture
def recipe(tmp_path):
    def made(text=TINY, name="mine.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return made


def faults(path):
    with pytest.raises(RecipeError) as caught:
        load(path)
    return [(fault.line, fault.column, fault.message) for fault in caught.value.faults]


@pytest.mark.parametrize(
    "before, after, line, column, words",
    [
        ("batch_size: 64", "batchsize: 64", 8, 3, ['"batchsize"', '"batch_size"']),
        ("learning_rate: 1e-3", "learning_rte: 1e-3", 9, 27, ['"learning_rte"', '"learning_rate"']),
        ("learning_rate: 1e-3", "learning_rate: -1", 9, 42, ["learning_rate", "above 0"]),
        ("learning_rate: 1e-3", "learning_rate: {name: CosineDecai}", 9, 49, ["CosineDecai", "CosineDecay"]),
        ("epochs: 1", "epochs: many", 7, 11, ["epochs", "whole number", '"many"']),
        ("epochs: 1", "epochs: 1.5", 7, 11, ["whole number"]),
        ("epochs: 1", "epochs: true", 7, 11, ["whole number", "true"]),
        ("name: cnn", "name: cnm", 5, 15, ['"cnm"', '"cnn"']),
        ("name: cnn", "name: cnn, dropout: 1.1", 5, 29, ["dropout", "at most 1"]),
        ("name: cnn", "name: cnn, activation: rlu", 5, 32, ['"rlu"', '"relu"']),
        ("name: cnn", "name: cnn, num_classes: 10", 5, 20, ["learned from the data"]),
        ("name: cnn", "name: resnet, depth: 19", 5, 30, ["19", "18"]),
        ("name: cnn", "name: [cnn]", 5, 15, ["model"]),
        ("model: {name: cnn}", "model: {dropout: 0.1}", 5, 8, ["which model"]),
        ("model: {name: cnn}", "model: 3", 5, 8, ["expected a model"]),
        ("dataset: digits", "dataset: digitz", 4, 32, ["digitz", "digits"]),
        ("dataset: digits", "dataset: digits, split: {tests: .1}", 4, 48, ['"tests"', '"test"']),
        ("dataset: digits", "dataset: digits, split: {test: .6, validation: .4}", 4, 47, ["nothing to train on"]),
        ("dataset: digits", "dataset: digits, folds: 1", 4, 47, ["2 or more"]),
        (
            "task: image_classification",
            "task: {name: image_classification, augmentation: [{name: flop}]}",
            3,
            58,
            ["flop", "flip"],
        ),
        ("task: image_classification", "task: {name: image_classification, augmentation: flip}", 3, 50, ["a list"]),
        (
            "task: image_classification",
            "task: {name: image_classification, augmentation: [flip, hog]}",
            3,
            57,
            ['"hog"', "belongs in preprocessing"],
        ),
        (
            "task: image_classification",
            "task: {name: image_classification, preprocessing: [equalize, {name: flip}]}",
            3,
            69,
            ['"flip"', "random step", "belongs in augmentation"],
        ),
        (
            "task: image_classification",
            "task: {name: image_classification, augmentation: [mixup]}",
            3,
            51,
            ['"mixup"', "belongs in mixing"],
        ),
        (
            "task: image_classification",
            "task: {name: image_classification, preprocessing: [{name: hog, cell_sise: 6}]}",
            3,
            64,
            ['"cell_sise"', '"cell_size"'],
        ),
        ("  epochs: 1", "  loss: multiclas_hinge", 7, 9, ['"multiclas_hinge"', '"multiclass_hinge"']),
        ("task: image_classification", "task: {name: image_classification, image_size: [8]}", 3, 48, ["image_size"]),
        ("  epochs: 1", "  monitor: {metric: val_acuracy}", 7, 21, ["val_acuracy", "val_accuracy"]),
        ("  epochs: 1", "  distribute: mirrored", 7, 15, ["not there yet"]),
        ("  epochs: 1", "  stages: [{epochs: 1, batchsize: 3}]", 7, 24, ["batchsize"]),
        ("  epochs: 1", "  stages: [{epochs: 1, epoch: 3}]", 7, 24, ["epoch"]),
        ("  epochs: 1", "  stages: [{trainable: all}]", 7, 12, ["epochs"]),
        ("  epochs: 1", "  epochs: 5\n  stages: [{epochs: 1}, {epochs: 2}]", 7, 11, ["3 epochs"]),
        ("  epochs: 1", "  stages: [{epochs: 1, monitor.metric: val_loss}]", 7, 24, ["whole run"]),
        ("  epochs: 1", "  stages: [{epochs: 1, keep_optimizer: true}]", 7, 24, ["first stage"]),
        ("seed: 1", "seed: -1", 2, 7, ["seed", "at least 0"]),
        ("  epochs: 1", "  stages: [3]", 7, 12, ["mapping"]),
        ("seed: 1", "sede: 1", 2, 1, ['"sede"', '"seed"']),
        ("seed: 1", "smoke: {train.epoch: 1}", 2, 9, ['"epoch"']),
        ("seed: 1", "smoke: [1]", 2, 8, ["smoke"]),
        ("train:", "train: [1, 2]\nother:", 6, 8, ["train", "mapping"]),
        (TINY, "seed: 1\n", 1, 1, ["needs", "task"]),
        (TINY, "- 1\n", 1, 1, ["mapping"]),
    ],
)
def test_a_fault_is_named_where_it_stands(recipe, before, after, line, column, words):
    text = TINY.replace(before, after)
    assert text != TINY
    found = faults(recipe(text))
    assert (line, column) in [(fault[0], fault[1]) for fault in found], found
    told = " ".join(fault[2] for fault in found)
    assert all(word in told for word in words), told


def test_all_faults_come_at_once_in_order(recipe):
    text = TINY.replace("seed: 1", "sede: 1").replace("name: cnn", "name: cnm").replace("epochs: 1", "epochs: x")
    lines = [line for line, _, _ in faults(recipe(text))]
    assert lines == [2, 5, 7]


def test_a_model_that_asks_for_what_the_task_has_not_is_refused(recipe):
    text = TINY.replace("task: image_classification", "task: tabular_classification")
    (fault,) = faults(recipe(text))
    assert fault[0] == 5 and "image_shape" in fault[2] and "num_numeric" in fault[2]


def test_the_resolved_recipe_is_complete_and_valid_and_resolves_to_itself(recipe, tmp_path):
    first = load(recipe())
    assert first.values["model"]["activation"] == "relu" and first.train.optimizer["beta_1"] == 0.9
    again = load(recipe(first.as_yaml(), "resolved.yaml"))
    assert again.values == first.values


def test_paths_are_absolute_in_the_resolved_recipe(recipe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = load(recipe(TINY.replace("name: sklearn, dataset: digits", "name: image_folder, path: photos")))
    assert found.data["path"] == str(tmp_path / "photos")


def test_replaced_reaches_every_depth_and_leaves_the_original(recipe):
    found = load(
        recipe(
            TINY.replace("image_classification", "{name: image_classification, augmentation: [flip, {name: rotate}]}")
        )
    )
    steps = found.task["augmentation"]
    changed = found.replaced(
        {
            "train.optimizer.beta_1": 0.5,
            "task.augmentation.1.factor": 0.25,
            "model": "mlp",
            "train.early_stopping.patience": 3,
        }
    )
    assert changed.train.optimizer["beta_1"] == 0.5
    assert changed.task["augmentation"][1]["factor"] == 0.25
    assert changed.model["name"] == "mlp"
    assert changed.train.early_stopping.patience == 3
    assert found.task["augmentation"] == steps and found.model["name"] == "cnn"


def test_a_setting_without_an_optimizer_in_the_recipe_changes_the_default_one(recipe):
    text = "task: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: cnn\n"
    changed = load(recipe(text)).replaced(
        dict([parse_setting("train.optimizer.learning_rate=0.005"), parse_setting("model.dropout=0.5")])
    )
    assert changed.train.optimizer["name"] == "Adam" and changed.train.optimizer["learning_rate"] == 0.005
    assert changed.model["dropout"] == 0.5


@pytest.mark.parametrize(
    "setting, column, words",
    [
        ("train.epochs=many", 14, "whole number"),
        ("train.epoch=3", 13, '"epochs"'),
        ("train.optimizer={name: Adam, learning_rte: 1}", 30, "learning_rate"),
        ("nonsense.a.b=1", 14, "nonsense"),
        ("train.epochs.x=1", 16, "train.epochs.x"),
    ],
)
def test_a_setting_at_fault_is_named_as_such(recipe, setting, column, words):
    with pytest.raises(RecipeError) as caught:
        load(recipe()).replaced(dict([parse_setting(setting)]))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.column) == ("--set", 1, column), fault
    assert words in fault.message


@pytest.mark.parametrize("setting", ["train.epochs", "", "=3"])
def test_a_setting_without_a_path_or_a_value_is_refused(setting):
    with pytest.raises(RecipeError, match="expected path=value"):
        parse_setting(setting)


def test_smoke_then_set_change_the_recipe_in_that_order(recipe):
    found = load(recipe(TINY + "smoke: {train.epochs: 2, train.batch_size: 8}\n")).smoke()
    assert (found.train.epochs, found.train.batch_size) == (2, 8)
    assert found.replaced({"train.epochs": 7}).train.epochs == 7


def test_stages_add_their_epochs_up(recipe):
    text = TINY.replace(
        "  epochs: 1", "  stages: [{epochs: 2, trainable: [head]}, {epochs: 3, optimizer.learning_rate: 1e-5}]"
    )
    assert load(recipe(text)).train.epochs == 5


def test_a_component_of_ones_own_is_read_beside_the_recipe(recipe, tmp_path):
    (tmp_path / "nets.py").write_text(
        "import this_module_is_not_there\n"
        "def tower(*, image_shape: tuple[int, int, int], num_classes: int, width: int = 8):\n"
        '    "A tower."\n'
    )
    good = TINY.replace("name: cnn", "name: './nets.py:tower', width: 32")
    assert load(recipe(good)).model == {"name": "./nets.py:tower", "width": 32}
    assert '"width"' in faults(recipe(good.replace("width", "wdith")))[0][2]
    assert "towre" in faults(recipe(good.replace(":tower", ":towre")))[0][2]
    (tmp_path / "nets.py").write_text("def tower(*, a: int = len('x')): pass\n")
    assert "no literal" in faults(recipe(good))[0][2]
    assert "no file" in faults(recipe(good.replace("nets.py", "net.py")))[0][2]


def test_a_graph_of_layers_is_checked_layer_by_layer(recipe):
    layers = (
        "{a: {name: Conv2D, filters: 8, kernel_size: 3}, b: {name: Flatten}, c: {name: Dense, units: $num_classes}}"
    )
    text = TINY.replace("{name: cnn}", f"{{name: graph, layers: {layers}}}")
    assert load(recipe(text)).model["layers"]["c"]["units"] == "$num_classes"
    assert (
        "kernel_siz"
        in faults(recipe(text.replace("kernel_size", "kernel_siz")))[0][2]
        + faults(recipe(text.replace("kernel_size", "kernel_siz")))[1][2]
    )
    assert "Flaten" in faults(recipe(text.replace("name: Flatten", "name: Flaten")))[0][2]
    assert "num_klasses" in faults(recipe(text.replace("$num_classes", "$num_klasses")))[0][2]


def test_layers_of_ours_are_checked_beside_those_of_keras(recipe):
    text = TINY.replace(
        "{name: cnn}",
        """{name: graph, layers: {
      stem: {name: conv_norm_activation, filters: 8, kernel_regularizer: {name: L2, l2: 1e-4}},
      body: {name: residual, filters: 8, inputs: stem, trainable: false},
      pool: {name: GlobalAveragePooling2D}, logits: {name: Dense, units: $num_classes}}}""",
    )
    layers = load(recipe(text)).model["layers"]
    assert layers["body"] == {
        "name": "residual", "filters": 8, "kind": "basic", "strides": 1, "version": 1, "shortcut": "projection",
        "stochastic_depth": 0.0, "kernel_initializer": None, "kernel_regularizer": None, "inputs": "stem",
        "trainable": False, "dtype": None,
    }  # fmt: skip
    assert layers["stem"]["kernel_regularizer"] == {"name": "L2", "l2": 1e-4}
    for wrong, told in (
        (("name: residual", "name: residul"), 'unknown layer "residul": did you mean "residual"?'),
        (("filters: 8, inputs", "filers: 8, inputs"), 'unknown argument "filers" of residual: did you mean "filters"?'),
        (("filters: 8, kernel", "filters: 0, kernel"), "filters: expected a number above 0, got 0"),
        (("trainable: false", "version: 3"), "version: expected one of 1, 2, got 3"),
    ):
        assert told in [fault[2] for fault in faults(recipe(text.replace(*wrong)))]


def test_step_counts_may_be_said_in_epochs(recipe):
    schedule = "{name: CosineDecay, initial_learning_rate: 0.1, warmup_target: 1.0, warmup_steps: 2 epochs}"
    found = load(recipe(TINY.replace("learning_rate: 1e-3", f"learning_rate: {schedule}")))
    assert found.train.optimizer["learning_rate"]["decay_steps"] is None
    assert (
        "5 epochs"
        in faults(
            recipe(TINY.replace("learning_rate: 1e-3", f"learning_rate: {schedule.replace('2 epochs', '2 epoks')}"))
        )[0][2]
    )


def test_the_tree_is_not_changed_by_a_replacement():
    tree = read_text("a: {b: 1}", "f")
    from kerasapp.paths import as_change, put

    put(tree, "a.b", as_change(2, "a.b"))
    assert tree.plain() == {"a": {"b": 2}}


def test_a_smoke_path_that_is_not_there_and_a_bad_stage_path_hide_no_other_fault(recipe):
    text = TINY.replace("seed: 1", "seed: x\nsmoke: {train.batch_size.x: 1, train.optimizer.beta_1: z}").replace(
        "  epochs: 1", "  stages: [{epochs: 1, batch_size.x: 2}, {epochs: 0}]"
    )
    assert [fault[:2] for fault in faults(recipe(text))] == [(2, 7), (3, 9), (3, 56), (8, 24), (8, 51)]


def test_a_recipe_of_many_layers_or_many_faults_is_checked_in_under_a_second(recipe):
    layers = ", ".join(f"l{number}: {{name: Dense, units: 3}}" for number in range(500))
    started = time.process_time()
    load(recipe(TINY.replace("{name: cnn}", f"{{name: graph, layers: {{{layers}}}}}")))
    assert (
        len(
            faults(
                recipe(TINY.replace("{name: cnn}", f"{{name: graph, layers: {{{layers}}}}}".replace("Dense", "Dens")))
            )
        )
        == 500
    )
    assert time.process_time() - started < 2


def test_every_fault_of_a_list_is_told_at_its_own_place(recipe):
    path = recipe(TINY.replace("{name: cnn}", "{name: mlp, units: [0, 8, a]}"))
    with pytest.raises(RecipeError) as caught:
        load(path)
    assert [(fault.column, fault.path, fault.message) for fault in caught.value.faults] == [
        (28, "model.units.0", "units: expected a number above 0, got 0"),
        (34, "model.units.2", 'units: expected a whole number, got "a"'),
    ]


def test_a_duplicate_key_hides_no_other_fault(recipe):
    found = faults(recipe(TINY.replace("epochs: 1", "epochs: 1\n  epochs: many").replace("cnn", "cnm")))
    assert [(line, column) for line, column, _ in found] == [(5, 15), (8, 3), (8, 11)]
    assert "duplicate" in found[1][2]


BAG = """\
task: text_classification
data: {name: synthetic, texts: true}
model: {name: bag_of_vectors, embedding: {from: novels.bin}}
"""


def test_an_embedding_has_a_source_and_is_trainable_unless_it_says_otherwise(recipe):
    assert load(recipe(BAG)).model["embedding"] == {"from": "novels.bin", "trainable": True}
    assert load(recipe(BAG.replace(", embedding: {from: novels.bin}", ""))).model["embedding"] is None
    assert load(recipe(load(recipe(BAG)).as_yaml())).model == load(recipe(BAG)).model


@pytest.mark.parametrize(
    "written, column, told",
    [
        ("{form: a}", 43, 'unknown key "form" of model.embedding: did you mean "from"?'),
        ("{trainable: true}", 42, 'model.embedding needs "from"'),
        ("{from: a, trainable: 1}", 63, "trainable: expected true or false, got 1"),
        ("{from: [a]}", 49, "from: expected a word, got a list"),
        ("novels.bin", 42, 'embedding: expected a mapping, got "novels.bin"'),
    ],
)
def test_an_embedding_is_checked_key_by_key(recipe, written, column, told):
    assert (3, column, told) in faults(recipe(BAG.replace("{from: novels.bin}", written)))


def test_a_model_s_defaults_of_train_stand_over_the_task_s(tmp_path):
    text = "title: T\ntask: word2vec\ndata: {name: text_files, path: a.txt}\nmodel: glove\n"
    for written, epochs, rate in (
        ("{}", 15, 0.05),
        ("{epochs: 3, optimizer: {learning_rate: 0.1}}", 3, 0.1),
        ("{stages: [{epochs: 2}, {epochs: 2, optimizer.learning_rate: 0.2}]}", 4, 0.05),
    ):
        (tmp_path / "words.yaml").write_text(f"{text}train: {written}\n")
        recipe = load(tmp_path / "words.yaml")
        optimizer = recipe.train.optimizer
        assert (optimizer["name"], optimizer["learning_rate"], optimizer["initial_accumulator_value"]) == (
            "Adagrad", rate, 1.0,
        )  # fmt: skip
        assert recipe.train.epochs == epochs and recipe.train.keep == "last"
        (tmp_path / "again.yaml").write_text(recipe.as_yaml())
        assert load(tmp_path / "again.yaml").values == recipe.values
    (tmp_path / "words.yaml").write_text(f"{text}train: {{optimizer: Adam, batch_size: 3}}\n")
    recipe = load(tmp_path / "words.yaml")
    assert recipe.train.optimizer["learning_rate"] == 0.001
    brought = recipe.brought()
    assert brought["train.epochs"] == "model glove" and brought["train.keep"] == "task word2vec"
    assert not {"train.batch_size", "train.optimizer", "train.optimizer.learning_rate"} & brought.keys()


def test_defaults_of_a_model_of_one_s_own_are_read_from_its_file(tmp_path):
    text = "title: T\ntask: image_classification\ndata: {name: sklearn, dataset: digits}\nmodel: ./nets.py:net\n"
    (tmp_path / "own.yaml").write_text(text)
    net = "def net(*, image_shape: tuple, num_classes: int): raise SystemExit\n"
    (tmp_path / "nets.py").write_text(f'TRAIN = {{"epochs": 4}}\n{net}')
    assert load(tmp_path / "own.yaml").train.epochs == 4
    (tmp_path / "nets.py").write_text(f"TRAIN = dict(epochs=4)\n{net}")
    with pytest.raises(RecipeError, match=r"nets.py line 1: TRAIN is a mapping, written out"):
        load(tmp_path / "own.yaml")


@pytest.mark.parametrize(
    "train, name, rate",
    [
        ("{epochs: 3}", "SGD", "PolynomialDecay"),
        ("{optimizer: SGD}", "SGD", "PolynomialDecay"),
        ("{optimizer: {name: SGD, momentum: 0.0}}", "SGD", "PolynomialDecay"),
        ("{optimizer: {learning_rate: 0.05}}", "SGD", 0.05),
        ("{optimizer: Adam}", "Adam", 0.001),
        ("{optimizer: {name: Adam}}", "Adam", 0.001),
    ],
)
def test_a_task_brings_defaults_of_train_and_what_is_written_stands(tmp_path, train, name, rate):
    text = "title: T\ntask: word2vec\ndata: {name: text_files, path: a.txt}\nmodel: word2vec\n"
    (tmp_path / "words.yaml").write_text(f"{text}train: {train}\n")
    recipe = load(tmp_path / "words.yaml")
    optimizer = recipe.train.optimizer
    found = optimizer["learning_rate"]
    assert optimizer["name"] == name and (found["name"] if isinstance(found, dict) else found) == rate
    assert recipe.train.monitor.metric == "loss" and recipe.train.keep == "last" and recipe.train.batch_size == 1
    assert recipe.train.epochs == (3 if "epochs" in train else 5)
    (tmp_path / "again.yaml").write_text(recipe.as_yaml())
    assert load(tmp_path / "again.yaml").values == recipe.values
