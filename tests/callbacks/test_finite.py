import keras
import numpy as np
import pytest

from kerasapp.callbacks.finite import StopOnNonFinite
from kerasapp.errors import WorkError


def poisoned(data, batch: int):
    """NaN in the first example of a batch of 4."""
    x = data[0].copy()
    x[4 * batch] = np.nan
    return x, data[1]


@pytest.mark.parametrize(("steps", "where"), [(1, "epoch 1, step 6"), (4, "epoch 1, between steps 5 and 8")])
def test_training_stops_within_the_execution_whose_loss_is_nan(tiny, data, steps, where):
    seen = []
    after = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    with pytest.raises(WorkError, match=f"loss became NaN at {where}\\. Lower .*learning_rate \\(it is 0.1\\)"):
        tiny(steps_per_execution=steps).fit(
            *poisoned(data, 5), batch_size=4, shuffle=False, callbacks=[StopOnNonFinite(), after], verbose=0
        )
    assert max(seen) < 5, "no step after it"


def test_a_rate_that_is_far_too_high_is_named(tiny, data):
    model = tiny(optimizer=keras.optimizers.SGD(1e38))
    with pytest.raises(WorkError, match=r"loss became (NaN|infinite) at .*\(it is 1e\+38\), clip the gradients"):
        model.fit(*data, batch_size=4, epochs=3, callbacks=[StopOnNonFinite()], verbose=0)


def test_a_nan_that_only_validation_shows_stops_before_anything_is_saved(tiny, data):
    saved = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: pytest.fail("was called"))
    with pytest.raises(WorkError, match="val_loss became NaN at the end of epoch 1"):
        tiny().fit(*data, validation_data=poisoned(data, 0), callbacks=[StopOnNonFinite(), saved], verbose=0)


def test_the_step_of_an_epoch_resumed_in_its_middle_counts_from_its_beginning(tiny, data, resumed):
    old = StopOnNonFinite()
    old.step = 30
    with pytest.raises(WorkError, match="epoch 3, step 32"):
        tiny().fit(
            *poisoned(data, 1), batch_size=4, shuffle=False, initial_epoch=2, epochs=3,
            callbacks=[resumed(old, StopOnNonFinite())], verbose=0,
        )  # fmt: skip


def test_finite_losses_pass_and_other_metrics_may_be_nan(tiny, data):
    nan = keras.metrics.MeanMetricWrapper(lambda y, z: keras.ops.sum(z) * float("nan"), name="odd")
    tiny(metrics=[nan]).fit(*data, epochs=2, callbacks=[StopOnNonFinite()], verbose=0)


def test_a_model_that_takes_no_clipping_is_not_told_to_clip(tiny, data):
    model = tiny(optimizer=keras.optimizers.SGD(1e38))
    model.check_optimizer = lambda optimizer: None
    with pytest.raises(WorkError, match=r"\(it is 1e\+38\), or look for NaN"):
        model.fit(*data, batch_size=4, epochs=3, callbacks=[StopOnNonFinite()], verbose=0)
