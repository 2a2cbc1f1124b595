import resource
import zipfile

import keras
import numpy as np
import pytest

from kerasapp.callbacks.best import Best
from kerasapp.errors import KerasappError, WorkError


def end(best: Best, model: keras.Model, *values: float, first: int = 0, fast: bool = False) -> None:
    """Epochs with these values of `score`; the model's bias is the epoch, so that a file tells which it is.

    The epochs seem as long as saving deserves, unless they are `fast`.
    """
    best.set_model(model)
    best._due = best._due if fast else 0.0
    for epoch, value in enumerate(values, first):
        model.layers[-1].bias.assign(np.full(3, epoch + 1.0, "float32"))
        best.on_epoch_end(epoch, {"loss": 1.0, "score": value})
        best._due = best._due if fast else 0.0


def epoch_of(path) -> float:
    return float(keras.models.load_model(path).layers[-1].bias[0])


@pytest.mark.parametrize(("mode", "epoch", "value"), [("max", 3, 0.9), ("min", 2, 0.1)])
def test_the_file_holds_the_epoch_with_the_best_value(tiny, tmp_path, mode, epoch, value):
    best = Best(tmp_path / "model.keras", "score", mode)
    end(best, tiny(), 0.5, 0.1, 0.9, 0.9, 0.3)
    assert (best.epoch, best.value) == (epoch, value)
    assert epoch_of(best.path) == epoch


def test_a_save_is_made_only_where_it_is_better(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, 0.5)
    written = best.path.stat()
    end(best, model, 0.4, 0.5, first=1)
    assert (best.path.stat().st_ino, best.path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_the_last_is_kept_where_that_is_asked_though_another_was_better(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max", last=True), tiny()
    end(best, model, 0.5, 0.9, 0.1, fast=True)
    best.on_train_end()
    assert epoch_of(best.path) == 3


def test_fast_epochs_are_not_slowed_by_saving_and_the_best_is_there_in_the_end(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, 0.5, 0.6, 0.9, 0.8, fast=True)
    assert epoch_of(best.path) == 1, "the first is saved at once, the next ones wait"
    best.on_train_end()
    assert epoch_of(best.path) == 3
    assert float(model.layers[-1].bias[0]) == 4, "the model in training is as it was"


def test_the_best_that_waits_is_written_when_there_is_time(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, 0.5, 0.6, fast=True)
    best._due = 0.0
    end(best, model, 0.1, first=2, fast=True)
    assert epoch_of(best.path) == 2


def test_a_better_one_that_is_saved_at_once_is_not_replaced_by_one_that_waited(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, 0.5, 0.6, fast=True)
    best._due = 0.0
    end(best, model, 0.9, first=2, fast=True)
    best.close()
    assert epoch_of(best.path) == 3


def test_a_saved_state_and_the_file_agree(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, 0.5, 0.6, fast=True)
    assert best.get_state() == {"value": 0.6, "epoch": 2} and epoch_of(best.path) == 2


@pytest.mark.parametrize("optimizer", ["adam", "scaled"])
def test_what_is_saved_does_not_depend_on_when(tiny, data, tmp_path, optimizer):
    """Weights and optimizer: byte by byte those of a save at once."""
    files = []
    for fast in (True, False):
        keras.backend.clear_session()
        adam = keras.optimizers.Adam(0.1)
        model = tiny(optimizer=keras.optimizers.LossScaleOptimizer(adam) if optimizer == "scaled" else adam)
        best = Best(tmp_path / f"{fast}.keras", "val_score", "max")
        scores = iter([0.5, 0.6, 0.1, 0.1])

        def score(epoch, logs, best=best, fast=fast, scores=scores):
            logs["val_score"] = next(scores)
            best._due = best._due if fast else 0.0

        given = keras.callbacks.LambdaCallback(on_epoch_end=score)
        model.fit(*data, validation_data=data, shuffle=False, epochs=4, callbacks=[given, best], verbose=0)
        with zipfile.ZipFile(best.path) as archive:
            files.append(archive.read("model.weights.h5"))
    assert files[0] == files[1]


def test_a_training_step_of_ones_own_never_waits(data, tmp_path):
    class Own(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    model = Own([keras.layers.Input((4,)), keras.layers.Dense(3)])
    model.compile("sgd", "mse")
    best = Best(tmp_path / "model.keras", "score", "max")
    end(best, model, 0.5, 0.6, fast=True)
    assert best._waiting is None and best.get_state()["epoch"] == 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_nan_and_infinity_are_never_best(tiny, tmp_path, bad):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, bad)
    assert not best.path.exists()
    end(best, model, 0.5, bad, first=1)
    assert epoch_of(best.path) == 2


def test_a_resumed_run_keeps_its_best(tiny, tmp_path, resumed):
    path = tmp_path / "model.keras"
    old = Best(path, "score", "max")
    end(old, tiny(), 0.5, 0.8)
    new = resumed(old, Best(path, "score", "max"))
    end(new, tiny(), 0.7, first=2)
    assert (new.epoch, new.value, epoch_of(path)) == (2, 0.8, 2)


def test_a_metric_that_is_not_measured_is_named_with_those_that_are(tiny, data, tmp_path):
    best = Best(tmp_path / "model.keras", "val_acuracy", "max")
    with pytest.raises(
        KerasappError, match=r"val_acuracy is not measured here\. There is: accuracy, loss, val_accuracy"
    ):
        tiny().fit(*data, validation_data=data, callbacks=[best], verbose=0)


def test_a_full_disk_leaves_the_previous_model_and_one_line(tiny, tmp_path):
    best, model = Best(tmp_path / "model.keras", "score", "max"), tiny()
    end(best, model, 0.5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))  # the system refuses to write on, as a full disk does
    try:
        with pytest.raises(WorkError) as told:
            end(best, model, 0.6, first=1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    message = str(told.value)
    assert message.startswith(
        f"{best.path}: can't save the model of epoch 2: file too large. The model of epoch 1 is kept. "
        "Make room, and go on with kerasapp run --resume"
    )
    assert "\n" not in message
    assert epoch_of(best.path) == 1 and best.get_state() == {"value": 0.5, "epoch": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_equal_models_make_equal_bytes_of_weights(tiny, tmp_path):
    weights = []
    for name in ("a", "b"):
        keras.backend.clear_session()  # names begin anew, as in two processes
        best = Best(tmp_path / f"{name}.keras", "score", "max")
        end(best, tiny(), 0.5)
        with zipfile.ZipFile(best.path) as archive:
            weights.append(archive.read("model.weights.h5"))
    assert weights[0] == weights[1]
