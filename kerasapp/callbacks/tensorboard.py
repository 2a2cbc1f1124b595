"""A run in TensorBoard: curves, graph, recipe, hyperparameters, input samples, confusion matrices.

Written instead of Keras's callback, which draws no graph of a subclassed model, knows no hyperparameters, and whose
event files hold the epochs after the last saved state twice when a run is resumed. Left out: the profiler.
Embeddings come when training is done (_projector.py).
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.histogram.metadata import create_summary_metadata as histogram_metadata
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS
from tensorboard.plugins.hparams.summary import session_end_pb
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.image.metadata import create_summary_metadata as image_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.util.tensor_util import make_tensor_proto

from kerasapp.callbacks._events import EventFiles
from kerasapp.callbacks._shared import Counted, Mode, better, learning_rate

CONFUSION_AT = (0.25, 0.5, 1.0)  # of the epochs
SAMPLES = 32
BUCKETS = 30
DOTS = 96  # an inch, of the pictures
FLUSH_EVERY = 10.0  # seconds


class RunBoard(Counted):
    """Writes a run's events below `folder` (`logs/`): `train`, `validation`, and what belongs to the run as a whole.

    Scalars are `epoch_<metric>` over the epoch (from 1), and with `scalar_freq` `batch_<metric>` of training each so
    many steps, over the step; `best_<metric>` is the monitored one so far, for the HParams table. `values` are the
    recipe's flat dotted values, of which numbers, words and truth values are kept. Functions are called when they are
    needed:

    - `inputs()`: a batch as the model sees it, encoded and augmented: an array or a dictionary of arrays. Float images
      (batch, h, w, 1 or 3) in [0, 1] are drawn; the shapes also serve the graph of a subclassed model.
    - `sheet(epoch)`: a PNG file of what the model draws after an epoch (from 1), or None where it does not.
    - `confusion()`: (y_true, y_pred, labels) of at most about 1000 validation examples, class numbers; called after a
      quarter, a half and all of the epochs.

    Without `set_state` it starts anew and removes event files that are there. Raises WorkError where the disk is full.
    """

    def __init__(self, folder: Path, *, epochs: int, metric: str, mode: Mode, recipe: str = "",
                 values: Mapping[str, Any] | None = None, inputs: Callable[[], Any] | None = None,
                 confusion: Callable[[], tuple[Any, Any, list[str]]] | None = None,
                 sheet: Callable[[int], bytes | None] | None = None,
                 histogram_freq: int = 0, scalar_freq: int = 0):  # fmt: skip
        super().__init__()
        self.metric, self.mode, self.recipe, self.values = metric, mode, recipe, dict(values or {})
        self.inputs, self.confusion, self.sheet = inputs, confusion, sheet
        self.histogram_freq, self.scalar_freq = histogram_freq, scalar_freq
        self.confusion_epochs = {math.ceil(epochs * share) for share in CONFUSION_AT}
        self.best: float | None = None
        self.total = 0  # steps of the epochs before this one
        self._events = EventFiles(folder)
        self._begun = self._ended = False
        self._drawn = 0  # the epoch of the last confusion matrix
        self._flushed = time.monotonic()

    def on_train_begin(self, logs=None):
        if self._begun:
            return
        self._begun = True
        self._events.cut({})
        self._events.add("", 0, text_pb("recipe", f"```yaml\n{self.recipe.strip()}\n```"))
        values = {name: value for name, value in self.values.items() if isinstance(value, (bool, int, float, str))}
        self._events.add("", 0, hparams_pb(values, trial_id="/".join(self._events.folder.resolve().parts[-3:-1])))
        batch = self.inputs() if self.inputs else None
        if batch is not None and not isinstance(batch, dict):
            self._add_samples(np.asarray(batch)[:SAMPLES])
        self._add_graph(batch)
        self._events.flush()

    def on_train_batch_end(self, batch, logs=None):
        before = self.total + self.step
        super().on_train_batch_end(batch, logs)
        now = self.total + self.step
        if self.scalar_freq and now // self.scalar_freq > before // self.scalar_freq:
            for name, value in (logs or {}).items():
                self._events.add("train", now, scalar_pb(f"batch_{name}", value))

    def on_epoch_end(self, epoch, logs=None):
        self.total += self.step
        super().on_epoch_end(epoch, logs)
        self._add_scalars(epoch + 1, logs or {})
        if self.histogram_freq and (epoch + 1) % self.histogram_freq == 0:
            for weight in self.model.weights:
                self._events.add("train", epoch + 1, _histogram(weight.path, keras.ops.convert_to_numpy(weight)))
        drawn = self.sheet(epoch + 1) if self.sheet else None
        if drawn is not None:
            self._events.add("", epoch + 1, _picture("drawn", drawn))
        if epoch + 1 in self.confusion_epochs:
            self._add_confusion()
        if time.monotonic() - self._flushed > FLUSH_EVERY:
            self._flush()

    def on_train_end(self, logs=None):
        self._flush()

    def close(self, finished: bool = True) -> None:
        """Ends the run's files; a run that finished early gets its last confusion matrix. May be called again."""
        if self._begun and not self._ended:
            if finished and self.epoch > self._drawn:
                self._add_confusion()
            self._events.add("", self.epoch, session_end_pb(STATUS_SUCCESS if finished else STATUS_FAILURE))
            self._ended = finished
        self._events.close()

    def get_state(self) -> dict:
        own = {"begun": self._begun, "ended": self._ended, "epoch": self.epoch, "step": self.step, "total": self.total}
        return own | {"best": self.best, "drawn": self._drawn} | {"sizes": self._events.sizes()}

    def set_state(self, state: dict) -> None:
        self._begun, self._ended, self.epoch = state["begun"], state["ended"], state["epoch"]
        self.step, self.total = state["step"], state["total"]
        self.best, self._drawn = state["best"], state["drawn"]
        self._events.cut(state["sizes"])

    def _flush(self) -> None:
        self._events.flush()
        self._flushed = time.monotonic()

    def _add_scalars(self, epoch: int, logs: Mapping[str, float]) -> None:
        rate = learning_rate(self.model)
        rates = {} if rate is None else {"learning_rate": rate}
        numbers = {name: value for name, value in (dict(logs) | rates).items() if isinstance(value, (int, float))}
        for name, value in numbers.items():
            part = "validation" if name.startswith("val_") else "train"
            self._events.add(part, epoch, scalar_pb(f"epoch_{name.removeprefix('val_')}", value))
        if better(logs.get(self.metric, math.nan), self.best, self.mode):
            self.best = float(logs[self.metric])
        if self.best is not None:
            self._events.add("", epoch, scalar_pb(f"best_{self.metric}", self.best))

    def _add_samples(self, images: np.ndarray) -> None:
        if images.ndim == 4 and images.shape[-1] in (1, 3) and len(images):
            from kerasapp import figures, plots

            self._events.add("", 0, _picture("samples", figures.png(plots.image_grid(list(images.clip(0, 1))), DOTS)))

    def _add_confusion(self) -> None:
        if self.confusion is None:
            return
        from kerasapp import figures, plots

        true, predicted, labels = self.confusion()
        counts = np.zeros((len(labels), len(labels)), int)
        np.add.at(counts, (np.asarray(true, int), np.asarray(predicted, int)), 1)
        drawn = figures.png(plots.confusion_matrix(counts, labels), DOTS)
        self._events.add("", self.epoch, _picture("confusion", drawn))
        self._drawn = self.epoch

    def _add_graph(self, batch: Any) -> None:
        """Keras's own drawing of layers where there is one, else the operations of a call."""
        if type(self.model).__name__ in ("Functional", "Sequential"):
            value = Summary.Value(
                tag="keras", tensor=make_tensor_proto(self.model.to_json().encode(), dtype=np.object_)
            )
            value.metadata.plugin_data.plugin_name = "graph_keras_model"
            value.metadata.plugin_data.content = b"1"
            self._events.add("train", 0, Summary(value=[value]))
        elif batch is not None:
            specs = tf.nest.map_structure(lambda part: tf.TensorSpec((None, *part.shape[1:]), part.dtype), batch)
            call = tf.function(lambda given: self.model(given, training=False)).get_concrete_function(specs)
            self._events.add_graph("train", call.graph.as_graph_def().SerializeToString())


def _picture(tag: str, png: bytes) -> Summary:
    width, height = (str(int.from_bytes(png[at : at + 4], "big")).encode() for at in (16, 20))  # of the IHDR chunk
    tensor = make_tensor_proto([width, height, png], dtype=np.object_)
    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=image_metadata("", ""))])


def _histogram(tag: str, values: np.ndarray) -> Summary:
    finite = values[np.isfinite(values)].astype(np.float64)
    counts, edges = np.histogram(finite, BUCKETS)
    buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
    tensor = make_tensor_proto(buckets, dtype=np.float64)
    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=histogram_metadata("", ""))])
