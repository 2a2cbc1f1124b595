"""A metric that is measured now and then is seen by all who look at metrics, when it is there."""

import keras
import pytest

from kerasapp.callbacks.best import Best
from kerasapp.callbacks.history import HistoryFile
from kerasapp.callbacks.measure import Measure
from kerasapp.callbacks.plateau import Plateau
from kerasapp.callbacks.stopping import Stopping
from kerasapp.errors import KerasappError

VALUES = (0.5, 0.7, 0.6, 0.65, 0.1)


@pytest.fixture
def fitted(tiny, data, tmp_path):
    """Fits so many epochs with callbacks behind a measurement of VALUES; gives the rows of history.csv."""

    def fit(epochs, every, *callbacks):
        values = iter(VALUES)
        history = HistoryFile(tmp_path / "history.csv")
        measure = Measure(lambda: {"score": next(values)}, every=every, last=epochs)
        tiny().fit(*data, batch_size=4, epochs=epochs, verbose=0, callbacks=[measure, *callbacks, history])
        return history.rows()

    return fit


def test_it_stands_in_the_epochs_it_was_measured_in_and_in_the_last(fitted):
    rows = fitted(5, 2)
    assert [row.get("val_score") for row in rows] == [None, 0.5, None, 0.7, 0.6]


def test_the_best_model_is_that_of_the_best_measurement(fitted, tmp_path):
    best = Best(tmp_path / "model.keras", "val_score", "max", every=2)
    fitted(8, 2, best)
    assert (best.epoch, best.value) == (4, 0.7) and (tmp_path / "model.keras").exists()


def test_patience_counts_measurements_not_epochs(fitted):
    stopping = Stopping("val_score", "max", patience=2, every=2)
    assert len(fitted(10, 2, stopping)) == 8
    assert stopping.best == 0.7


def test_a_plateau_counts_measurements_not_epochs(fitted):
    plateau = Plateau("val_score", "max", factor=0.5, patience=2, every=2)
    rates = [row["learning_rate"] for row in fitted(10, 2, plateau)]
    assert rates == pytest.approx([0.1] * 7 + [0.05] * 3)


@pytest.mark.parametrize(
    "callback",
    [
        lambda path: Best(path, "val_scroe", "max", every=2),
        lambda path: Stopping("val_scroe", "max", patience=2, every=2),
        lambda path: Plateau("val_scroe", "max", every=2),
    ],
)
def test_a_metric_that_is_never_measured_is_refused_at_the_first_measurement(fitted, tmp_path, callback):
    seen = []
    count = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    with pytest.raises(KerasappError, match=r"val_scroe is not measured here.*val_score"):
        fitted(10, 2, count, callback(tmp_path / "model.keras"))
    assert seen == [0, 1]
