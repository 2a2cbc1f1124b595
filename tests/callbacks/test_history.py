import csv
import resource

import keras
import numpy as np
import pytest

from kerasapp.callbacks.history import HistoryFile
from kerasapp.errors import WorkError


def end(file: HistoryFile, epoch: int, **logs: float) -> None:
    file.set_model(keras.Sequential([keras.layers.Input((1,))]))
    file.on_epoch_begin(epoch)
    file.on_epoch_end(epoch, logs)


def test_each_row_is_what_keras_recorded_to_the_last_digit(tiny, data, tmp_path):
    file = HistoryFile(tmp_path / "history.csv")
    recorded = tiny().fit(*data, validation_data=data, epochs=3, callbacks=[file], verbose=0).history
    rows = file.rows()
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert {name: [row[name] for row in rows] for name in recorded} == recorded
    assert all(row["learning_rate"] == pytest.approx(0.1) and row["seconds"] > 0 for row in rows)
    header = (tmp_path / "history.csv").read_text().splitlines()[0]
    assert header == "epoch,accuracy,loss,val_accuracy,val_loss,learning_rate,seconds"


def test_the_rate_of_a_schedule_is_the_one_of_its_step(tiny, data, tmp_path):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    file = HistoryFile(tmp_path / "h.csv")
    tiny(optimizer=keras.optimizers.SGD(schedule)).fit(*data, batch_size=4, epochs=2, callbacks=[file], verbose=0)
    assert [row["learning_rate"] for row in file.rows()] == pytest.approx([0.05, 0.025])


def test_resuming_neither_repeats_nor_loses_an_epoch(tmp_path, resumed):
    path = tmp_path / "history.csv"
    old = HistoryFile(path)
    for epoch in range(3):
        end(old, epoch, loss=1.0 / (epoch + 1))
    after_three = path.read_bytes()
    state = old.get_state()
    for epoch in (3, 4):  # what a kill threw away
        end(old, epoch, loss=9.0)
    new = HistoryFile(path)
    new.set_state(state)
    end(new, 3, loss=0.25)
    assert path.read_bytes().startswith(after_three)
    assert [(row["epoch"], row["loss"]) for row in new.rows()] == [(1, 1.0), (2, 0.5), (3, 1.0 / 3.0), (4, 0.25)]


def test_the_seconds_of_a_resumed_epoch_count_what_was_spent_before(tmp_path):
    new = HistoryFile(tmp_path / "h.csv")
    new.set_state({"epochs": 0, "elapsed": 100.0})
    end(new, 0, loss=1.0)
    end(new, 1, loss=1.0)
    first, second = (row["seconds"] for row in new.rows())
    assert 100 <= first < 110 and second < 10


def test_without_a_state_the_file_starts_anew(tmp_path):
    for _ in range(2):
        end(HistoryFile(tmp_path / "h.csv"), 0, loss=1.0)
    assert len(HistoryFile(tmp_path / "h.csv").rows()) == 1


def test_a_column_may_appear_later_and_nan_is_kept(tmp_path):
    file = HistoryFile(tmp_path / "h.csv")
    end(file, 0, loss=2.0)
    end(file, 1, loss=float("nan"), val_bleu=0.5)
    first, second = file.rows()
    assert "val_bleu" not in first and second["val_bleu"] == 0.5 and np.isnan(second["loss"])
    with file.path.open(newline="") as text:
        assert [len(row) for row in csv.reader(text)] == [4, 4, 4], "a plain reader sees a whole table"


def test_a_write_that_fails_keeps_the_rows_before_it(tmp_path):
    file = HistoryFile(tmp_path / "h.csv")
    end(file, 0, loss=2.0)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        with pytest.raises(WorkError, match=r"h\.csv: can't save the row of epoch 2: file too large\. The rows before"):
            end(file, 1, loss=1.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert len(file.rows()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["h.csv"]
