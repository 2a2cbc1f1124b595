import json
import resource
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from kerasapp.callbacks.tensorboard import RunBoard
from kerasapp.errors import WorkError


class Read:
    """Every event below a folder, read with TensorFlow's reader in the order TensorBoard does."""

    def __init__(self, folder: Path):
        self.values: dict[tuple[str, str], list[tuple[int, np.ndarray]]] = {}
        self.plugins: dict[str, list] = {}
        self.graphs: dict[str, bytes] = {}
        for path in sorted(folder.rglob("events.out.tfevents.*")):
            part = str(path.parent.relative_to(folder))
            for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
                event = tf.compat.v1.Event.FromString(record)
                if event.graph_def:
                    self.graphs[part] = event.graph_def
                for value in event.summary.value:
                    self.values.setdefault((part, value.tag), []).append((event.step, tf.make_ndarray(value.tensor)))
                    self.plugins.setdefault(value.metadata.plugin_data.plugin_name, []).append(
                        (value.tag, value.metadata)
                    )

    def curve(self, part: str, tag: str) -> dict[int, float]:
        points = self.values.get((part, tag), [])
        assert len({step for step, _ in points}) == len(points), "a step stands twice"
        return {step: float(value) for step, value in points}

    def steps(self, part: str, tag: str) -> list[int]:
        return [step for step, _ in self.values.get((part, tag), [])]


def make(folder: Path, epochs: int = 4, **more) -> RunBoard:
    return RunBoard(folder / "digits" / "now" / "logs", epochs=epochs, metric="val_accuracy", mode="max", **more)


def run(board: RunBoard, model: keras.Model, data, epochs: int = 4, first: int = 0) -> dict[str, list[float]]:
    """Trains on; gives what Keras itself recorded."""
    arguments = {"batch_size": 4, "validation_data": data, "shuffle": False, "verbose": 0}
    return model.fit(*data, **arguments, initial_epoch=first, epochs=epochs, callbacks=[board]).history


def read(folder: Path) -> Read:
    return Read(folder / "digits" / "now" / "logs")


def test_the_curves_are_what_keras_recorded(tiny, data, tmp_path):
    board = make(tmp_path)
    recorded = run(board, tiny(), data)
    board.close()
    found = read(tmp_path)
    for name, values in recorded.items():
        part = "validation" if name.startswith("val_") else "train"
        curve = found.curve(part, f"epoch_{name.removeprefix('val_')}")
        assert list(curve) == [1, 2, 3, 4]
        assert list(curve.values()) == pytest.approx(values, rel=1e-6)
    assert found.curve("train", "epoch_learning_rate") == pytest.approx(dict.fromkeys([1, 2, 3, 4], 0.1))
    best = np.maximum.accumulate(recorded["val_accuracy"])
    assert list(found.curve(".", "best_val_accuracy").values()) == pytest.approx(best, rel=1e-6)


def test_batch_curves_have_a_point_every_so_many_steps_over_all_epochs(tiny, data, tmp_path):
    board = make(tmp_path, epochs=3, scalar_freq=4)
    run(board, tiny(), data, epochs=3)
    board.close()
    assert read(tmp_path).steps("train", "batch_loss") == [4, 8, 12, 16, 20, 24, 28], "3 epochs of 10 steps"


def test_recipe_and_hyperparameters_are_readable(tiny, data, tmp_path):
    values = {
        "seed": 3,
        "train.optimizer.name": "Adam",
        "model.bias": True,
        "train.rate": 0.01,
        "no": None,
        "list": [1],
    }
    board = make(tmp_path, recipe="title: Tiny\nseed: 3\n", values=values)
    run(board, tiny(), data, epochs=1)
    board.close()
    found = read(tmp_path)
    ((_, text),) = found.values[".", "recipe"]
    assert text.item().decode() == "```yaml\ntitle: Tiny\nseed: 3\n```"
    written = [HParamsPluginData.FromString(meta.plugin_data.content) for _, meta in found.plugins["hparams"]]
    started = written[0].session_start_info
    assert {name: getattr(value, value.WhichOneof("kind")) for name, value in started.hparams.items()} == {
        "seed": 3, "train.optimizer.name": "Adam", "model.bias": True, "train.rate": 0.01,
    }  # fmt: skip
    assert started.group_name == "digits/now", "runs of one recipe stay apart"
    assert written[1].session_end_info.status == 1, "success"


def test_the_graph_of_a_layered_model_is_one_that_tensorboard_draws(tiny, data, tmp_path):
    board = make(tmp_path)
    run(board, tiny(), data, epochs=1)
    board.close()
    ((_, text),) = read(tmp_path).values["train", "keras"]
    assert any(node.name.endswith("/d") for node in keras_model_to_graph_def(json.loads(text.item())).node)


def test_a_subclassed_model_has_a_graph_too(data, tmp_path):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(3, name="inner")

        def call(self, inputs):
            return self.inner(inputs["points"])

    inputs = {"points": data[0]}
    model = Own()
    model.build({"points": (None, 4)})
    model.compile("sgd", "mse", metrics=["accuracy"])
    board = make(tmp_path, inputs=lambda: inputs)
    model.fit(inputs, data[1], validation_data=(inputs, data[1]), callbacks=[board], verbose=0)
    board.close()
    nodes = GraphDef.FromString(read(tmp_path).graphs["train"]).node
    assert any(node.op == "MatMul" and "inner" in node.name for node in nodes)


def test_samples_are_drawn_as_the_model_sees_them(data, tiny, tmp_path):
    images = np.zeros((5, 6, 6, 1), "float32")
    images[1] = 1.0
    board = make(tmp_path, inputs=lambda: images)
    run(board, tiny(), data, epochs=1)
    board.close()
    ((_, (width, height, png)),) = read(tmp_path).values[".", "samples"]
    picture = tf.io.decode_png(png, channels=3).numpy()
    assert picture.shape == (int(height), int(width), 3)
    row = picture[picture.shape[0] // 2, :, 0]
    share = len(row) // 5
    assert row[share // 2] == 0 and row[share + share // 2] == 255, "the first image is black, the second white"


def test_a_table_draws_no_samples(tiny, data, tmp_path):
    board = make(tmp_path, inputs=lambda: data[0])
    run(board, tiny(), data, epochs=1)
    board.close()
    assert not read(tmp_path).steps(".", "samples")


@pytest.mark.parametrize(("epochs", "expected"), [(8, [2, 4, 8]), (5, [2, 3, 5]), (2, [1, 2]), (1, [1])])
def test_confusion_matrices_come_a_few_times_a_run(tiny, data, tmp_path, epochs, expected):
    board = make(tmp_path, epochs=epochs, confusion=lambda: ([0, 1, 1], [0, 1, 0], ["a", "b"]))
    run(board, tiny(), data, epochs=epochs)
    board.close()
    found = read(tmp_path)
    assert found.steps(".", "confusion") == expected
    assert {tag for tag, _ in found.plugins["images"]} == {"confusion"}


def test_a_run_that_stops_early_gets_its_last_confusion_matrix_and_a_failed_one_none(tiny, data, tmp_path):
    for finished, expected in ((True, [2, 3]), (False, [2])):
        board = make(tmp_path, epochs=8, confusion=lambda: ([0], [0], ["a", "b"]))
        run(board, tiny(), data, epochs=3)
        board.close(finished)
        assert read(tmp_path).steps(".", "confusion") == expected


def test_histograms_hold_every_weight(tiny, data, tmp_path):
    board = make(tmp_path, histogram_freq=2)
    model = tiny()
    run(board, model, data)
    board.close()
    found = read(tmp_path)
    assert found.steps("train", model.weights[0].path) == [2, 4]
    last = found.values["train", model.weights[0].path][-1][1]
    kernel = model.weights[0].numpy()
    assert last[:, 2].sum() == kernel.size
    assert (last[0, 0], last[-1, 1]) == pytest.approx((kernel.min(), kernel.max()))


def test_resuming_gives_the_curves_of_an_uninterrupted_run(tiny, data, tmp_path, resumed):
    settings = {"scalar_freq": 3, "confusion": lambda: ([0], [0], ["a", "b"])}
    whole = make(tmp_path / "whole", **settings)
    run(whole, tiny(), data)
    whole.close()

    model, old = tiny(), make(tmp_path / "cut", **settings)
    run(old, model, data, epochs=2)
    saved, state = model.get_weights(), json.dumps(old.get_state())
    run(old, model, data, first=2, epochs=3)  # what a kill threw away
    old.close(finished=False)
    new = make(tmp_path / "cut", **settings)
    new.set_state(json.loads(state))
    model.set_weights(saved)
    run(new, model, data, first=2)
    new.close()

    a, b = read(tmp_path / "whole"), read(tmp_path / "cut")
    assert a.values.keys() == b.values.keys()
    curves = [key for key in a.values if key[1].startswith(("epoch_", "batch_", "best_"))]
    assert len(curves) == 8 and all(a.curve(*key) == b.curve(*key) for key in curves)
    assert a.steps(".", "confusion") == b.steps(".", "confusion") and b.steps(".", "recipe") == [0]


def test_a_state_in_the_middle_of_an_epoch_keeps_its_batch_curve(tiny, data, tmp_path, resumed):
    whole = make(tmp_path / "whole", scalar_freq=3)
    run(whole, tiny(), data, epochs=2)
    whole.close()

    old, states = make(tmp_path / "cut", scalar_freq=3), []
    saver = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: (
            states.append((old.get_state(), model.get_weights())) if step == 6 else None
        )
    )
    model = tiny()
    model.fit(*data, batch_size=4, shuffle=False, validation_data=data, callbacks=[old, saver], verbose=0)
    state, weights = states[0]
    new = make(tmp_path / "cut", scalar_freq=3)
    new.set_state(json.loads(json.dumps(state)))
    model.set_weights(weights)
    rest = data[0][28:], data[1][28:]
    model.fit(*rest, batch_size=4, shuffle=False, validation_data=data, callbacks=[new], verbose=0)
    run(new, model, data, first=1, epochs=2)
    new.close()
    a, b = read(tmp_path / "whole"), read(tmp_path / "cut")
    assert b.steps("train", "batch_loss") == a.steps("train", "batch_loss") == [3, 6, 9, 12, 15, 18]
    assert b.steps("validation", "epoch_loss") == [1, 2]


def test_stages_draw_one_curve(tiny, data, tmp_path):
    board, model = make(tmp_path), tiny()
    for first in (0, 2):
        run(board, model, data, first=first, epochs=first + 2)
        model.compile("adam", "mse", metrics=["accuracy"])
    board.close()
    assert list(read(tmp_path).curve("train", "epoch_loss")) == [1, 2, 3, 4]


def test_without_a_state_it_starts_anew(tiny, data, tmp_path):
    for _ in range(2):
        board = make(tmp_path)
        run(board, tiny(), data, epochs=1)
        board.close()
    assert list(read(tmp_path).curve("train", "epoch_loss")) == [1]


def test_a_full_disk_is_one_line(tiny, data, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, before[1]))
    try:
        with pytest.raises(
            WorkError, match=r"logs.*: can't save TensorBoard's events: .*What was written before is kept"
        ) as told:
            run(make(tmp_path), tiny(), data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "\n" not in str(told.value)
