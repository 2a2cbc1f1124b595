"""A run that was left at any moment and gone on with ends as one that never was."""

from functools import partial

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from kerasapp.callbacks._state import PARTS, read_state
from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.save_state import SaveState
from kerasapp.errors import RunError
from kerasapp.recipe import load
from kerasapp.run import Run
from kerasapp.training import Manner, resume, train

train, resume = (partial(one, manner=Manner(pages=False)) for one in (train, resume))
SMALL = """\
title: T
seed: 3
task: {name: image_classification, preprocessing: [normalize], augmentation: [flip, {name: shift}], mixing: [mixup]}
data: {name: synthetic, image_shape: [8, 8, 1], num_classes: 3, examples: 150}
model: {name: cnn, blocks: 1, filters: 4, units: [8], dropout: 0.3}
train:
  epochs: 4
  stop_after: 4
  batch_size: 8
  save_every: {steps: 3}
  optimizer: {name: Adam, learning_rate: 1e-2}
"""
KINDS = {
    "dropout and augmentation": {},
    "calls of 8 steps that do not fill an epoch": {"train.steps_per_execution": 8},
    "calls of 7 steps that fill an epoch": {"train.steps_per_execution": 7, "train.batch_size": 5},
    "schedule and warm-up": {
        "train.optimizer": {"name": "SGD", "learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.1}},
        "train.warmup_epochs": 1,
    },
    "accumulated gradients and averaged weights": {
        "train.optimizer": {"name": "Adam", "gradient_accumulation_steps": 3, "use_ema": True},
    },
    "plateau and early stopping": {
        "train.optimizer.learning_rate": 0.1,
        "train.reduce_on_plateau": {"patience": 1, "factor": 0.5, "min_delta": 0.2},
        "train.early_stopping": {"patience": 2, "min_delta": 0.05},
    },
    "word vectors": {
        "task": {"name": "word2vec", "min_count": 1, "subsample": 1e-2},
        "data": {"name": "sklearn", "dataset": "descriptions"},
        "model": {"name": "word2vec", "dimensions": 8},
        "train": {"epochs": 4, "stop_after": 4, "save_every": {"steps": 1}},
    },
    "word vectors by XLA": {
        "task": {"name": "word2vec", "min_count": 1, "subsample": 1e-2},
        "data": {"name": "sklearn", "dataset": "descriptions"},
        "model": {"name": "word2vec", "dimensions": 8, "kernel": "tensorflow"},
        "train": {"epochs": 4, "stop_after": 4, "save_every": {"steps": 1}},
    },
    "GloVe": {
        "task": {"name": "word2vec", "min_count": 1, "window": 3},
        "data": {"name": "sklearn", "dataset": "descriptions"},
        "model": {"name": "glove", "dimensions": 8},
        "train": {"epochs": 4, "stop_after": 4, "batch_size": 2, "save_every": {"steps": 1}},
    },
    "GloVe by XLA": {
        "task": {"name": "word2vec", "min_count": 2, "window": 3},
        "data": {"name": "sklearn", "dataset": "descriptions"},
        "model": {"name": "glove", "dimensions": 8, "kernel": "tensorflow"},
        "train": {"epochs": 4, "stop_after": 4, "batch_size": 2, "save_every": {"steps": 1}},
    },
    "word vectors of n-grams": {
        "task": {"name": "word2vec", "min_count": 1, "subsample": 1e-2},
        "data": {"name": "sklearn", "dataset": "descriptions"},
        "model": {"name": "fasttext", "dimensions": 8, "buckets": 500},
        "train": {"epochs": 4, "stop_after": 4, "save_every": {"steps": 1}},
    },
    "two networks against each other": {
        "task": {"name": "image_generation", "augmentation": ["flip"]},
        "model": {
            "name": "dcgan",
            "filters": 4,
            "latent_dimensions": 4,
            "conditional": True,
            "d_steps": 2,
            "dropout": 0.2,
            "instance_noise": 0.1,
            "spectral_normalization": True,
        },
        "train": {
            "epochs": 4,
            "stop_after": 4,
            "batch_size": 8,
            "save_every": {"steps": 3},
            "optimizers": {"generator": {"name": "Adam", "use_ema": True, "ema_momentum": 0.9}},
        },
    },
    "a variational autoencoder": {
        "task": {"name": "image_generation"},
        "model": {"name": "vae", "units": [8], "latent_dimensions": 4, "binarize": True},
        "train": {"epochs": 4, "stop_after": 4, "batch_size": 8, "save_every": {"steps": 3}},
    },
    "stages": {
        "train.stages": [
            {"epochs": 1, "trainable": ["head"]},
            {"epochs": 2, "optimizer.learning_rate": 1e-3, "keep_optimizer": True},
            {"epochs": 1, "batch_size": 16},
        ]
    },
    "averaged weights of some layers, early stopping, and a stage after it": {
        "train.optimizer": {"name": "Adam", "use_ema": True, "ema_momentum": 0.9, "learning_rate": 0.1},
        "train.early_stopping": {"patience": 1, "min_delta": 0.3},
        "train.epochs": 5,
        "train.stop_after": 5,
        "train.stages": [
            {"epochs": 3, "trainable": ["head"]},
            {"epochs": 2, "keep_optimizer": True, "optimizer.learning_rate": 0.01},
        ],
    },
    "a kept optimizer with a schedule": {
        "train.stages": [
            {"epochs": 2},
            {
                "epochs": 2,
                "keep_optimizer": True,
                "optimizer.learning_rate": {"name": "CosineDecay", "initial_learning_rate": 0.01},
            },
        ]
    },
    "texts of any length": {
        "task": {"name": "text_classification"},
        "data": {"name": "synthetic", "texts": True, "examples": 150},
        "model": {"name": "bag_of_vectors", "dimensions": 4, "dropout": 0.3},
    },
    "mixed precision": {"train.mixed_precision": True},
    "a table": {
        "task": "tabular_classification",
        "data": {"name": "sklearn", "dataset": "wine"},
        "model": {"name": "mlp", "units": [8], "dropout": 0.2},
    },
}


NET = """
import keras
import tensorflow as tf

class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.drop, self.dense = keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(3)
        self.first = keras.optimizers.Adam()
        self.held = {"second": keras.optimizers.SGD(0.1, momentum=0.9)}
        self.seeds = keras.random.SeedGenerator(1)
        MORE

    def get_config(self):
        return {}

    def call(self, x, training=False):
        x = self.flat(x)
        x = x + 0.1 * keras.random.normal(keras.ops.shape(x), seed=self.seeds) if training else x
        return self.dense(self.drop(x, training=training))

    def compile(self, **given):
        super().compile(**given)
        for optimizer in (self.first, self.held["second"]):
            optimizer.build(self.trainable_variables)

    def train_step(self, data):
        x, y = data
        for optimizer in (self.first, self.held["second"]):
            with tf.GradientTape() as tape:
                scores = self(x, training=True)
                loss = self.compute_loss(y=y, y_pred=scores)
            optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        STEP
        self._loss_tracker.update_state(loss)
        return self.compute_metrics(x, y, scores)

def net(*, image_shape: tuple[int, int, int], num_classes: int) -> keras.Model:
    model = Net()
    model(keras.ops.zeros((1, *image_shape)))
    return model
"""


ONE = {"train.epochs": 1, "train.stop_after": None}


class Killed(BaseException):
    """Stands for a kill: nothing catches it on purpose."""


@pytest.fixture
def recipe(tmp_path):
    def made(changes):
        (tmp_path / "small.yaml").write_text(SMALL)
        return load(tmp_path / "small.yaml").replaced(changes)

    return made


def killed_in(monkeypatch, recipe, root, *, batches, last=lambda: None):
    """Trains until so many batches or calls of several have ended, is killed, and is gone on with, again and again.

    `last` is called before it goes on for the last time.
    """
    counted = {"left": 0}
    original = SaveState.on_train_batch_end

    def count(self, batch, logs=None):
        original(self, batch, logs)
        counted["left"] -= 1
        if counted["left"] == 0:
            raise Killed

    monkeypatch.setattr(SaveState, "on_train_batch_end", count)
    work = lambda: train(recipe, root, name="killed")  # noqa: E731
    for number in batches:
        counted["left"] = number
        with pytest.raises(Killed):
            work()
        work = lambda: resume(Run(root / "runs" / "small" / "killed"), root)  # noqa: E731
    monkeypatch.undo()
    last()
    return work()


def curves(run):
    """Every point in the event files, in order, without the time."""
    points = []
    for file in sorted((run.path / "logs").rglob("events.*")):
        for event in EventFileLoader(str(file)).Load():
            part = file.parent.relative_to(run.path / "logs").as_posix()
            points += [
                (part, event.step, value.tag, value.tensor.SerializeToString())
                for value in event.summary.value
                if value.tag.startswith(("epoch_", "best_", "confusion", "_hparams_/session_end"))
            ]
    return sorted(points)


def rows(run):
    return [
        {key: value for key, value in row.items() if key != "seconds"}
        for row in HistoryFile(run.path / "history.csv").rows()
    ]


def same(a, b):
    assert rows(a) == rows(b)
    assert curves(a) == curves(b)
    for x, y in zip(a.model().weights, b.model().weights, strict=True):
        assert np.array_equal(x.numpy(), y.numpy()), x.path
    mine, other = read_state(a.path / "resume" / "state.npz"), read_state(b.path / "resume" / "state.npz")
    assert mine.position == other.position
    for part in PARTS:
        for number, (x, y) in enumerate(zip(mine.values[part], other.values[part], strict=True)):
            assert np.array_equal(x, y), (part, number)


ALWAYS = ("stages", "word vectors")  # the first with dropout and augmentation


@pytest.mark.parametrize(
    "kind", [kind if kind in ALWAYS else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_a_run_killed_and_gone_on_with_is_equal_to_one_that_never_was(monkeypatch, recipe, tmp_path, kind):
    asked = recipe(KINDS[kind])
    unreported = lambda: monkeypatch.setattr("kerasapp.training._work.report", lambda *_, **__: None)  # noqa: E731
    unreported()
    whole = train(asked, tmp_path / "whole")
    batches = (1, 3) if isinstance(asked.train.steps_per_execution, int) else (16, 23)
    same(killed_in(monkeypatch, asked, tmp_path / "killed", batches=batches, last=unreported), whole)


def own_net(tmp_path, more="pass", step="pass"):
    (tmp_path / "nets.py").write_text(NET.replace("MORE", more).replace("STEP", step))
    return {"model": "./nets.py:net"}


def test_two_optimizers_in_a_step_of_ones_own_are_gone_on_with_exactly(monkeypatch, recipe, tmp_path, caplog):
    asked = recipe(own_net(tmp_path))
    with caplog.at_level("WARNING", "kerasapp"):
        whole = train(asked, tmp_path / "whole")
    assert "can't be gone on with" not in caplog.text
    same(killed_in(monkeypatch, asked, tmp_path / "killed", batches=(7,)), whole)


@pytest.mark.parametrize(
    "more, step, told",
    [
        ("self.count = tf.Variable(0.0, name='count')", "self.count.assign_add(1.0)", "the variable count"),
        pytest.param(
            "pass", "loss = loss + 0.0 * tf.random.normal([])", "the operation RandomStandardNormal",
            marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_what_no_saved_state_holds_is_told_at_once(recipe, tmp_path, caplog, more, step, told):
    with caplog.at_level("WARNING", "kerasapp"):
        train(recipe({**own_net(tmp_path, more, step), **ONE}), tmp_path)
    assert "can't be gone on with exactly" in caplog.text and told in caplog.text


@pytest.mark.slow
def test_a_warm_start_is_gone_on_with_where_its_source_is_gone(monkeypatch, recipe, tmp_path):
    import shutil

    source = train(recipe(ONE), tmp_path, name="source")
    asked = recipe({"train.init_from": str(source.path), "train.epochs": 2, "train.stop_after": 2})
    whole = train(asked, tmp_path / "whole")
    remove = lambda: shutil.rmtree(source.path)  # noqa: E731
    same(killed_in(monkeypatch, asked, tmp_path / "killed", batches=(20,), last=remove), whole)


def test_frozen_word_vectors_are_kept_where_their_file_is_gone(monkeypatch, recipe, tmp_path):
    vectors = tmp_path / "v.txt"
    vectors.write_text("kind0 1 0 0\nkind1 0 1 0\nkind2 0 0 1\n")
    changes = KINDS["texts of any length"] | {
        "model": {"name": "bag_of_vectors", "dimensions": 3, "embedding": {"from": str(vectors), "trainable": False}}
    }
    whole = train(recipe(changes), tmp_path / "whole", name="whole")
    last = vectors.unlink
    left = killed_in(monkeypatch, recipe(changes), tmp_path / "left", batches=[11], last=last)
    same(whole, left)
    assert left.report["embedding"] == whole.report["embedding"]
    table = left.model().get_layer("embedding").get_weights()[0]
    assert table[2 + left.task.words.index("kind1")].tolist() == [0, 1, 0]


def test_word_vectors_that_changed_before_anything_was_saved_are_told(monkeypatch, recipe, tmp_path):
    vectors = tmp_path / "v.txt"
    vectors.write_text("kind0 1 0 0\nkind1 0 1 0\n")
    model = {"name": "bag_of_vectors", "dimensions": 3, "embedding": {"from": str(vectors)}}
    changes = KINDS["texts of any length"] | {"model": model, "train.save_every": {"steps": 100}}
    monkeypatch.setattr("kerasapp.training._work.fit", lambda *given, **more: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        train(recipe(changes), tmp_path, name="killed")
    monkeypatch.undo()
    run = Run(tmp_path / "runs" / "small" / "killed")
    vectors.write_text("kind0 1 0 0\nkind1 0 2 0\n")
    with pytest.raises(RunError, match=r"its data has changed since \(embedding\)"):
        resume(run, tmp_path)
    vectors.write_text("kind0 1 0 0\nkind1 0 1 0\n")
    assert resume(run, tmp_path).state["state"] == "finished"


def test_auto_begins_anew_where_the_users_code_was_edited(monkeypatch, recipe, tmp_path):
    auto = recipe({**own_net(tmp_path), "train.resume": "auto", **ONE})
    monkeypatch.setattr("kerasapp.training._work.report", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(auto, tmp_path, name="left")
    monkeypatch.undo()
    with pytest.raises(RunError, match="--name is for a new run"):
        train(auto, tmp_path, name="other")
    own_net(tmp_path, step="loss = loss * 2")
    assert train(auto, tmp_path).path.name != "left"


def test_what_a_kill_left_half_written_is_removed(monkeypatch, recipe, tmp_path):
    monkeypatch.setattr("kerasapp.training._work.report", _killed)
    with pytest.raises(Killed):
        train(recipe(ONE), tmp_path, name="one")
    monkeypatch.undo()
    run = Run(tmp_path / "runs" / "small" / "one")
    for name in (".model.x.keras", "resume/.state.x.npz"):
        (run.path / name).write_text("half")
    assert [path.name for path in resume(run).path.rglob(".*")] == [".lock"]


def test_a_run_killed_in_its_report_reports_and_trains_no_further(monkeypatch, recipe, tmp_path):
    asked = recipe(ONE)
    whole = train(asked, tmp_path / "whole")
    monkeypatch.setattr("kerasapp.training._work.report", _killed)
    with pytest.raises(Killed):
        train(asked, tmp_path, name="killed")
    monkeypatch.undo()
    left = Run(tmp_path / "runs" / "small" / "killed")
    written = (left.path / "history.csv").read_bytes()
    assert resume(left, tmp_path).state["state"] == "finished"
    assert (left.path / "history.csv").read_bytes() == written
    assert left.report["splits"] == whole.report["splits"]
    assert not (left.path / "resume").exists(), "what a finished run does not need any more"


def test_a_run_killed_before_its_first_state_begins_again_in_its_folder(monkeypatch, recipe, tmp_path):
    asked = recipe({"train.epochs": 2, "train.stop_after": 2})
    monkeypatch.setattr("kerasapp.training._work.fit", _killed)
    with pytest.raises(Killed):
        train(asked, tmp_path / "killed", name="killed")
    monkeypatch.undo()
    same(resume(Run(tmp_path / "killed" / "runs" / "small" / "killed")), train(asked, tmp_path / "whole"))


def test_folds_go_on_where_they_were_left(monkeypatch, recipe, tmp_path):
    asked = recipe({"data.folds": 2, "task": "image_classification", "model": "mlp", **ONE})
    whole = train(asked, tmp_path / "whole")
    run = killed_in(monkeypatch, asked, tmp_path / "killed", batches=(14,))  # in the second
    assert run.report["cross_validation"]["metrics"] == whole.report["cross_validation"]["metrics"]
    assert run.state["state"] == "finished"


def test_a_signal_between_folds_leaves_the_run_stopped(monkeypatch, recipe, tmp_path):
    from kerasapp.callbacks.stop import Stopped

    def stopped(*_, **__):
        raise Stopped(15)

    monkeypatch.setattr("kerasapp.training._work.cross_validate", stopped)
    with pytest.raises(Stopped, match="--resume"):
        train(recipe({"data.folds": 3, **ONE}), tmp_path, name="one")
    assert Run(tmp_path / "runs" / "small" / "one").state["state"] == "stopped"


def test_other_data_is_refused(monkeypatch, recipe, tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{number},{'ab'[number % 2]}" for number in range(80)]
    path.write_text("\n".join(["x,label", *rows]))
    table = {"name": "csv", "path": str(path), "label": "label"}
    asked = recipe({"task": "tabular_classification", "data": table, "model": "mlp"})
    monkeypatch.setattr("kerasapp.training._work.report", _killed)
    with pytest.raises(Killed):
        train(asked, tmp_path, name="one")
    monkeypatch.undo()
    path.write_text("\n".join(["x,label", *rows, "99,a"]))
    with pytest.raises(RunError, match=r"data has changed.*start anew"):
        resume(Run(tmp_path / "runs" / "small" / "one"))


def test_a_finished_run_is_left_as_it_is(recipe, tmp_path):
    run = train(recipe(ONE), tmp_path)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert resume(run).path == run.path
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_auto_goes_on_with_the_run_of_the_very_same_recipe_and_with_no_other(monkeypatch, recipe, tmp_path):
    auto = recipe(ONE | {"train.resume": "auto"})
    other = recipe(ONE | {"train.resume": "auto", "train.batch_size": 16})
    monkeypatch.setattr("kerasapp.training._work.report", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(auto, tmp_path, name="left")
    monkeypatch.undo()
    assert train(other, tmp_path).path.name != "left"
    assert train(auto, tmp_path).path.name == "left"
    assert train(auto, tmp_path).path.name != "left", "it is finished now"


def test_auto_does_not_train_beside_a_process_that_is_at_it(monkeypatch, recipe, tmp_path):
    auto = recipe(ONE | {"train.resume": "auto"})
    monkeypatch.setattr("kerasapp.training._work.report", _interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(auto, tmp_path, name="left")
    monkeypatch.undo()
    left = Run(tmp_path / "runs" / "small" / "left")
    left.update(state="running")
    with left.lock(), pytest.raises(RunError, match="another process"):
        train(auto, tmp_path)


def _killed(*_, **__):
    raise Killed


def _interrupted(*_, **__):
    from kerasapp.callbacks.stop import Stopped

    raise Stopped(2)
