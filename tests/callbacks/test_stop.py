import os
import signal
import threading

import keras
import pytest

from kerasapp.callbacks.stop import StopOnSignal, Stopped


def kill_at(number: int, *steps: int) -> keras.callbacks.Callback:
    """Sends this process a signal in the middle of these steps."""
    on = {"on_train_batch_begin": lambda step, logs: step in steps and os.kill(os.getpid(), number)}
    return keras.callbacks.LambdaCallback(**on)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_batch_end_and_nothing_more(tiny, data, number, code):
    ended = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: ended.append(step),
        on_test_begin=lambda logs: pytest.fail("validation ran"),
        on_epoch_end=lambda epoch, logs: pytest.fail("half an epoch was taken for one"),
    )
    model = tiny()
    with StopOnSignal() as stop, pytest.raises(Stopped) as told:
        model.fit(*data, batch_size=4, validation_data=data, callbacks=[kill_at(number, 6), watch, stop], verbose=0)
    assert ended == list(range(7))
    assert int(model.optimizer.iterations) == 7
    assert (stop.signal, told.value.signal, told.value.exit_code) == (number, number, code)


def test_a_second_signal_does_not_wait_for_the_batch(tiny, data):
    ended = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_end=lambda step, logs: ended.append(step))
    twice = [kill_at(signal.SIGTERM, 3), kill_at(signal.SIGINT, 3)]
    with StopOnSignal() as stop, pytest.raises(KeyboardInterrupt) as told:
        tiny().fit(*data, batch_size=4, callbacks=[*twice, watch, stop], verbose=0)
    assert ended == [0, 1, 2]
    assert told.value.exit_code == 143, "the first one is the reason"


def test_outside_of_fit_a_signal_acts_at_once(tiny, data):
    with StopOnSignal() as stop:
        tiny().fit(*data, callbacks=[stop], verbose=0)
        with pytest.raises(Stopped, match=r"^terminated$"):
            os.kill(os.getpid(), signal.SIGTERM)
            pytest.fail("went on")


def test_validation_is_left_after_its_batch(tiny, data):
    on = {"on_test_batch_begin": lambda step, logs: os.kill(os.getpid(), signal.SIGINT)}
    watch = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: pytest.fail("the epoch went on"))
    with StopOnSignal() as stop, pytest.raises(Stopped):
        tiny().fit(
            *data, validation_data=data, callbacks=[keras.callbacks.LambdaCallback(**on), watch, stop], verbose=0
        )


def test_what_received_signals_before_does_so_again():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ZeroDivisionError), StopOnSignal():
        assert signal.getsignal(signal.SIGINT) != before[0]
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_thread_trains_without_signals(tiny, data):
    done = []

    def work() -> None:
        with StopOnSignal() as stop:
            tiny().fit(*data, callbacks=[stop], verbose=0)
            done.append(stop.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [None]
