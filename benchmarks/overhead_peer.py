"""The peer of overhead.py: the same network and data, as one writes it in Keras by hand.

python benchmarks/overhead_peer.py ARRAYS.npz EPOCHS
"""

import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

BATCH = 64


def network(shape: tuple[int, ...], classes: int) -> keras.Model:
    layers = [keras.Input(shape)]
    for filters in (32, 64):
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal"),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
        ]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dense(64, use_bias=False, kernel_initializer="he_normal"),
        keras.layers.BatchNormalization(momentum=0.9),
        keras.layers.ReLU(),
        keras.layers.Dropout(0.25),
        keras.layers.Dense(classes),
    ]
    return keras.Sequential(layers)


def main() -> None:
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    arrays, epochs = np.load(sys.argv[1]), int(sys.argv[2])
    classes = int(arrays["y_train"].max()) + 1
    x, y, order = tf.constant(arrays["x_train"]), tf.constant(arrays["y_train"]), tf.constant(arrays["order"])

    def encoded(image, label):
        return tf.cast(image, tf.float32) / 255.0, tf.one_hot(label, classes)

    train = tf.data.Dataset.from_tensor_slices(order).flat_map(
        lambda rows: tf.data.Dataset.from_tensor_slices(rows).batch(BATCH)
    )
    train = train.map(lambda rows: encoded(tf.gather(x, rows), tf.gather(y, rows)), num_parallel_calls=tf.data.AUTOTUNE)
    validation, test = (
        tf.data.Dataset.from_tensor_slices((arrays[f"x_{name}"], arrays[f"y_{name}"]))
        .batch(BATCH)
        .map(encoded, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(tf.data.AUTOTUNE)
        for name in ("validation", "test")
    )
    model = network(arrays["x_train"].shape[1:], classes)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    metrics = ["accuracy", keras.metrics.TopKCategoricalAccuracy(5)]
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=metrics)
    with tempfile.TemporaryDirectory() as folder:
        best = Path(folder) / "best.keras"
        callbacks = [keras.callbacks.ModelCheckpoint(best, monitor="val_loss", save_best_only=True)]
        steps = -(-len(arrays["y_train"]) // BATCH)
        model.fit(
            train.prefetch(tf.data.AUTOTUNE),
            epochs=epochs,
            steps_per_epoch=steps,
            validation_data=validation,
            callbacks=callbacks,
            verbose=2,
        )
        model.load_weights(best)
    print(model.evaluate(test, verbose=0, return_dict=True))


if __name__ == "__main__":
    main()
