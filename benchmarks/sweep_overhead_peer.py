"""The peer of sweep_overhead.py: the same search, as one writes it with KerasTuner by hand.

python benchmarks/sweep_overhead_peer.py ARRAYS.npz EPOCHS TRIALS OUT.json
"""

import json
import sys
import tempfile

import keras
import keras_tuner
import numpy as np
import tensorflow as tf

from kerasapp.models.cnn import build

BATCH = 64


class Search(keras_tuner.HyperModel):
    def __init__(self, classes: int, shape: tuple[int, ...]):
        super().__init__()
        self.classes, self.shape = classes, shape

    def build(self, hp):
        rate = hp.Float("learning_rate", 1e-4, 1e-2, sampling="log")
        dropout = hp.Choice("dropout", [0.0, 0.25, 0.5])
        keras.utils.set_random_seed(0)
        model = build(
            image_shape=self.shape, num_classes=self.classes, blocks=2, convolutions=1, filters=32, units=[64],
            dropout=dropout,
        )  # fmt: skip
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        metrics = ["accuracy", keras.metrics.TopKCategoricalAccuracy(5)]
        model.compile(keras.optimizers.Adam(rate), loss, metrics=metrics)
        return model


def main() -> None:
    tf.config.experimental.enable_op_determinism()
    arrays, epochs, trials, out = np.load(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    classes = int(arrays["y_train"].max()) + 1
    x, y, order = tf.constant(arrays["x_train"]), tf.constant(arrays["y_train"]), tf.constant(arrays["order"])

    def encoded(image, label):
        return tf.cast(image, tf.float32) / 255.0, tf.one_hot(label, classes)

    train = tf.data.Dataset.from_tensor_slices(order).flat_map(
        lambda rows: tf.data.Dataset.from_tensor_slices(rows).batch(BATCH)
    )
    train = train.map(lambda rows: encoded(tf.gather(x, rows), tf.gather(y, rows)), num_parallel_calls=tf.data.AUTOTUNE)
    validation = tf.data.Dataset.from_tensor_slices((arrays["x_validation"], arrays["y_validation"]))
    validation = validation.batch(BATCH).map(encoded).prefetch(tf.data.AUTOTUNE)
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.RandomSearch(
            Search(classes, arrays["x_train"].shape[1:]), keras_tuner.Objective("val_accuracy", "max"),
            max_trials=trials, seed=1, directory=folder,
        )  # fmt: skip
        tuner.search(
            train.prefetch(tf.data.AUTOTUNE), epochs=epochs, steps_per_epoch=-(-len(arrays["y_train"]) // BATCH),
            validation_data=validation, verbose=2,
        )  # fmt: skip
        found = [tuner.oracle.trials[name] for name in tuner.oracle.start_order]
        rows = [
            [[trial.hyperparameters.get(name) for name in ("learning_rate", "dropout")], trial.score] for trial in found
        ]
    with open(out, "w") as file:
        json.dump(rows, file)


if __name__ == "__main__":
    main()
