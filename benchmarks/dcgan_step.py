"""A training step of `dcgan` against the same networks in the form of Keras's own examples (keras.io, "DCGAN to
generate face images": fakes made twice, real and fake in one pass): operations, processor time, losses.

    python benchmarks/dcgan_step.py                                 # 28x28, batch 64; pairs in turn
    python benchmarks/dcgan_step.py --networks keras.io             # that example's own networks, at this size
    python benchmarks/dcgan_step.py --side 64 --channels 3 --pairs 5

Operations are those of convolutions and matrix products that lie on a way to a weight, a metric or a loss.
"""

import argparse
import math
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy as np
import tensorflow as tf
from keras import layers

from kerasapp.models import dcgan
from kerasapp.models._stages import stages

COUNTED = ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter", "MatMul")


class OfTheExample(dcgan.Nets):
    """keras.io's networks, whose generator costs far more than its discriminator; without dropout, as losses are to be
    compared.
    """

    def generator(self) -> keras.Model:
        base, times = stages(self.image_shape)
        net = keras.Sequential(
            [keras.Input((self.latent_dimensions,)), layers.Dense(base * base * 128)], name="generator"
        )
        net.add(layers.Reshape((base, base, 128)))
        for stage in range(times):
            net.add(layers.Conv2DTranspose(128 << stage, 4, 2, "same"))
            net.add(layers.LeakyReLU(0.2))
        net.add(layers.Conv2D(self.image_shape[-1], 5, padding="same", activation="sigmoid"))
        return net

    def discriminator(self) -> keras.Model:
        net = keras.Sequential([keras.Input(self.image_shape)], name="discriminator")
        for filters in (64, 128, 128):
            net.add(layers.Conv2D(filters, 4, 2, "same"))
            net.add(layers.LeakyReLU(0.2))
        net.add(layers.Flatten())
        net.add(layers.Dense(1))
        return net


class ByExample(dcgan.DCGAN):
    """The step as keras.io writes it."""

    def train_step(self, data):
        images = data[0]
        batch = tf.shape(images)[0]
        entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        both = tf.concat([images, self._fakes(images, None)], 0)
        labels = tf.concat([tf.ones([batch, 1]), tf.zeros([batch, 1])], 0)
        with tf.GradientTape() as tape:
            d_loss = entropy(labels, self.discriminator(both, training=True))
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(d_loss, variables), variables)
        with tf.GradientTape() as tape:
            g_loss = entropy(tf.ones([batch, 1]), self.discriminator(self._fakes(images, None), training=True))
        variables = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(g_loss, variables), variables)
        self._track(d_loss=d_loss, g_loss=g_loss)
        return {"d_loss": d_loss, "g_loss": g_loss}


def made(cls: type, given: argparse.Namespace, normalization: str = "batch") -> dcgan.DCGAN:
    shape = (given.side, given.side, given.channels)
    like = dcgan.build(image_shape=shape, filters=given.filters, discriminator_normalization=normalization)
    keras.utils.set_random_seed(0)
    model = cls(**like.get_config())
    model.compile(keras.optimizers.Adam(2e-4, beta_1=0.5))
    return model


def operations(model: dcgan.DCGAN, batch: int, shape: tuple) -> int:
    """Two for a multiply-add, of what a step's graph needs."""
    call = tf.function(lambda images: model.train_step((images,)), autograph=False)
    graph = call.get_concrete_function(tf.TensorSpec((batch, *shape))).graph
    stack = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    stack += [op for op in graph.get_operations() if "Assign" in op.type or "ResourceApply" in op.type]
    seen: set = set()
    while stack:
        op = stack.pop()
        if op not in seen:
            seen.add(op)
            stack += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return sum(_of(op, batch) for op in seen if op.type in COUNTED)


def _of(op: tf.Operation, batch: int) -> int:
    def elements(shape: tf.TensorShape) -> int:
        return math.prod(batch if side is None else side for side in shape)

    if op.type == "MatMul":
        inner = op.inputs[0].shape[0 if op.get_attr("transpose_a") else 1]
        return 2 * elements(op.outputs[0].shape) * (inner or batch)
    small = op.outputs[0] if op.type == "Conv2D" else op.inputs[2]  # what a forward convolution gives
    kernel = op.outputs[0] if op.type == "Conv2DBackpropFilter" else op.inputs[1]  # (height, width, inputs, outputs)
    return 2 * elements(small.shape) * elements(kernel.shape[:3])


def losses(given: argparse.Namespace, images: tf.Tensor, steps: int) -> list[np.ndarray]:
    """(steps, 2) of each form, from the same weights and codes, without normalisation, whose batches differ."""
    found = []
    for cls in (dcgan.DCGAN, ByExample):
        model, rows = made(cls, given, "none"), []
        for step in range(steps):
            codes = tf.random.stateless_normal([len(images), model.latent_dimensions], [step, 0])
            model._fakes = lambda images, label, training=True, model=model, codes=codes: model.generator(
                codes, training=training
            )
            model.reset_metrics()
            told = model.train_step((images,))
            rows.append([float(told["d_loss"]), float(told["g_loss"])])
        found.append(np.array(rows))
    return found


def seconds(step: tf.types.experimental.PolymorphicFunction, images: tf.Tensor, steps: int) -> float:
    """Processor seconds of one step."""
    began = time.process_time()
    for _ in range(steps):
        step(images)
    return (time.process_time() - began) / steps


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (("side", 28), ("channels", 1), ("filters", 64), ("batch", 64), ("pairs", 9), ("steps", 10)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--networks", choices=("ours", "keras.io"), default="ours")
    given = parser.parse_args()
    if given.networks == "keras.io":
        dcgan.Nets = OfTheExample
    shape = (given.side, given.side, given.channels)
    images = tf.random.stateless_uniform((given.batch, *shape), [0, 0])
    ours, theirs = losses(given, images, 3)
    print(f"losses of 3 steps differ by {np.abs(ours - theirs).max():.1e} at most")
    models = [made(cls, given) for cls in (dcgan.DCGAN, ByExample)]
    counts = [operations(model, given.batch, shape) for model in models]
    print(f"operations {counts[0] / 1e9:.3f} and {counts[1] / 1e9:.3f} G, ratio {counts[0] / counts[1]:.3f}")
    steps = [tf.function(lambda images, model=model: model.train_step((images,)), autograph=False) for model in models]
    for step in steps:
        seconds(step, images, 3)
    ratios = []
    for _ in range(given.pairs):
        mine, other = (seconds(step, images, given.steps) for step in steps)
        ratios.append(mine / other)
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    print(f"time {middle:.3f} ({low:.3f} to {high:.3f}): {1 / middle:.2f} times as fast")


if __name__ == "__main__":
    main()
