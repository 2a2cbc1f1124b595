import io
import logging

import pytest
import tensorflow as tf

from kerasapp.callbacks.progress import Progress, number
from kerasapp.meter import duration


def make(stream, epochs=20, steps=23, **more) -> Progress:
    made = Progress(epochs, steps, monitor="val_accuracy", mode="max", stream=stream, **more)
    made.set_params({"steps": steps})
    return made


def epoch(progress, number, seconds, clock, logs, steps=23):
    progress.on_epoch_begin(number - 1)
    for step in range(steps):
        clock[0] += seconds / steps
        progress.on_train_batch_end(step, {"loss": 0.5, "accuracy": 0.8})
    progress.on_epoch_end(number - 1, logs)


def test_the_line_of_an_epoch_is_the_one_of_the_style_guide(clock):
    stream = io.StringIO()
    progress = make(stream)
    values = {1: 0.5, 2: 0.6, 3: 0.7, 4: 0.8, 5: 0.851, 6: 0.85, 7: 0.848}
    for n, value in values.items():
        logs = {"accuracy": 0.861, "loss": 0.412, "val_accuracy": value, "val_loss": 0.455, "learning_rate": 0.001}
        epoch(progress, n, {1: 60.0, 7: 3.1}.get(n, 3.16), clock, logs)
    *_, last = lines = stream.getvalue().splitlines()
    third = next(line for line in lines if line.startswith("epoch  3/20"))
    assert third.endswith("3.2 s, 54 s left"), "the first epoch, which traces the graph, is not typical"
    assert last == (
        "epoch  7/20   loss .412  accuracy .861   val_loss .455  val_accuracy .848 (best .851 at 5)   3.1 s, 41 s left"
    )


@pytest.mark.parametrize("known", [True, False])
def test_a_log_gets_one_line_an_epoch_and_nothing_that_moves(tiny, data, known):
    stream = io.StringIO()
    batches = tf.data.Dataset.from_tensor_slices(data).batch(4)
    batches = batches if known else batches.filter(lambda *_: True)
    progress = Progress(3, 10 if known else None, monitor="accuracy", mode="max", stream=stream)
    tiny(steps_per_execution=4).fit(batches, epochs=3, callbacks=[progress], verbose=0)
    lines = stream.getvalue().splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "\r" not in stream.getvalue() and "\x1b" not in stream.getvalue()
    assert all("left" in line for line in lines[:2]) and "left" not in lines[2]


def test_a_resumed_training_counts_on_and_remembers_the_best(tiny, data, resumed):
    stream = io.StringIO()
    old = Progress(9, 10, monitor="accuracy", mode="max")
    old.best, old.best_epoch = 0.999, 2
    new = resumed(old, Progress(9, 10, monitor="accuracy", mode="max", stream=stream, stop_after=5))
    for first in (3, 4):  # two stages
        tiny().fit(*data, batch_size=4, initial_epoch=first, epochs=first + 1, callbacks=[new], verbose=0)
    lines = stream.getvalue().splitlines()
    assert [line[:9] for line in lines] == ["epoch 4/9", "epoch 5/9"]
    assert all("(best .999 at 2)" in line for line in lines)
    assert "left" not in lines[-1], "nothing is left at stop_after"


def test_a_long_epoch_in_a_log_gets_a_line_every_half_minute(clock):
    stream = io.StringIO()
    progress = make(stream, epochs=2, steps=100)
    epoch(progress, 1, 100.0, clock, {"loss": 0.5}, steps=100)
    first, *_ = lines = stream.getvalue().splitlines()
    assert len(lines) == 4, "at 30, 60 and 90 seconds, and the end"
    assert first == "epoch 1/2   step 30/100   loss .500  accuracy .800   3 min left"


def test_a_speed_is_of_what_was_done_in_the_time_it_took(clock, resumed):
    stream = io.StringIO()
    epoch(make(stream, epochs=2, steps=10, amount=(17_005_207, "words")), 1, 10.0, clock, {"loss": 0.5}, steps=10)
    assert stream.getvalue().endswith("   1 700 000 words/s   10 s, 10 s left\n")
    old, stream = make(io.StringIO(), steps=100), io.StringIO()
    old.on_epoch_begin(0)
    old.on_train_batch_end(49)
    new = resumed(old, make(stream, epochs=1, steps=100, amount=(1000, "words")))
    new.set_params({"steps": 50})
    new.on_epoch_begin(0)
    clock[0] += 40.0
    new.on_train_batch_end(24)
    new.on_epoch_end(0, {"loss": 0.5})
    middle, end = stream.getvalue().splitlines()
    assert "   6 words/s   " in middle, "250 words in 40 seconds"
    assert "words/s" in end


def test_an_epoch_resumed_in_its_middle_goes_on_at_its_step(clock, resumed):
    stream = io.StringIO()
    old = make(io.StringIO(), steps=100)
    old.on_epoch_begin(0)
    old.on_train_batch_end(39)
    new = resumed(old, make(stream, epochs=1, steps=100))
    new.set_params({"steps": 60})
    epoch(new, 1, 60.0, clock, {"loss": 0.5}, steps=60)
    assert (
        stream.getvalue().splitlines()[0].startswith("epoch 1/1   step 70/100   loss .500  accuracy .800   30 s left")
    )
    new.on_epoch_begin(1)
    new.on_train_batch_end(0)
    assert new.step == 1, "the next epoch begins at its beginning"


def test_a_terminal_gets_a_bar_that_each_line_replaces_whole(clock, terminal):
    progress = make(terminal, epochs=2)
    epoch(progress, 1, 10.0, clock, {"loss": 0.5, "val_accuracy": 0.75})
    text = terminal.getvalue()
    assert text.count("\n") == 1 and "\x1b" not in text
    *bars, last = text.rstrip("\n").split("\r")
    assert 10 < len(bars) <= 40, "a few times a second at most"
    assert len(last) >= len(bars[-1]), "the line covers the bar"
    assert last.startswith("epoch 1/2   loss .500   val_accuracy .750 (best .750 at 1)   10 s, 10 s left")
    assert "12/23" in text and "━" in text


def test_a_message_finds_an_empty_line_on_a_terminal(clock, terminal, tiny):
    progress = make(terminal)
    handler = logging.StreamHandler(terminal)
    log = logging.getLogger("kerasapp")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        progress.on_train_begin()
        progress.on_epoch_begin(0)
        clock[0] = 1.0
        progress.on_train_batch_end(3, {"loss": 0.5})
        log.info("a message")
        assert terminal.getvalue().split("\r")[-2].strip() == "", "the bar is overwritten by blanks"
        assert terminal.getvalue().endswith("\ra message\n")
    finally:
        progress.close()
        log.removeHandler(handler)
    assert progress._make_room not in log.filters


@pytest.mark.parametrize(("variable", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_asks_for_it_gets_plain_lines(clock, terminal, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    epoch(make(terminal), 1, 10.0, clock, {"loss": 0.5})
    assert "\r" not in terminal.getvalue()


def test_a_terminal_without_unicode_gets_a_bar_it_can_show(clock, terminal):
    terminal.encoding = "ascii"
    epoch(make(terminal), 1, 10.0, clock, {"loss": 0.5})
    terminal.getvalue().encode("ascii")


def test_many_metrics_leave_the_losses_and_the_monitored_one(clock):
    stream = io.StringIO()
    logs = {f"metric_{n}": 0.1 for n in range(9)} | {"d_loss": 1.0, "g_loss": 2.0, "val_accuracy": 0.5}
    epoch(make(stream), 1, 1.0, clock, logs | {f"val_metric_{n}": 0.1 for n in range(9)})
    text = stream.getvalue()
    assert "d_loss 1.000  g_loss 2.000" in text and "val_accuracy .500" in text
    assert len(text) < 200


def test_a_metric_that_is_nan_is_no_best(clock):
    stream = io.StringIO()
    epoch(make(stream), 1, 1.0, clock, {"loss": 1.0, "val_accuracy": float("nan")})
    assert "val_accuracy nan" in stream.getvalue() and "best" not in stream.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.412, ".412"), (0.9996, "1.000"), (1.0, "1.000"), (-0.25, "-.250"), (-1.5, "-1.500"), (10.25, "10.250"),
     (0, "0"), (4.2e-5, "4.2e-05"), (12345.6, "12346"), (3e9, "3.0e+09"), (float("nan"), "nan"), (float("inf"), "inf")],
)  # fmt: skip
def test_numbers_keep_three_digits_where_they_say_something(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (3.14, "3.1 s"), (9.96, "10 s"), (41, "41 s"), (100, "2 min"), (5400, "1 h 30 min"),
     (12000, "3 h 20 min")],
)  # fmt: skip
def test_durations_read_at_a_glance(seconds, text):
    assert duration(seconds) == text


def test_progress_leaves_stdout_to_results(tiny, data, capsys):
    tiny().fit(*data, epochs=1, callbacks=[Progress(1, None, monitor="loss", mode="min")], verbose=0)
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("epoch 1/1   loss "), "progress goes to stderr"
