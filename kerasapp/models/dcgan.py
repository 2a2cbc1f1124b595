"""DCGAN: pictures from noise, by two convolutional networks that are trained against each other (Radford et al., 2015,
arXiv:1511.06434; the training is that of Goodfellow et al., 2014, arXiv:1406.2661).

A step is the course's two: the discriminator learns from real pictures and fakes; then the generator, through the
discriminator as it is now, from fakes alone. The fakes are made once, and no gradient is computed that nobody applies.
Real and fake go through the discriminator apart, so that batch normalisation sees one kind at a time.

Layers of the generator: `project`, `up_1`, ...; of the discriminator: `down_1`, ..., `score`; with `_norm` and the like
for what follows each. Left out: the paper's weights of filters for its visualisations.
"""

from typing import Any, Literal

import keras
import tensorflow as tf
from keras.layers import BatchNormalization, Dropout

from kerasapp.errors import KerasappError
from kerasapp.models._adversarial import OBJECTIVES, SMOOTHED, rate_of, set_in, slopes_norm, slowed, trainable
from kerasapp.models._dcgan_nets import Nets
from kerasapp.ops._latent import drawn
from kerasapp.types import Fraction, NonNegativeFloat, PositiveFloat, PositiveInt

TRAIN = {
    "batch_size": 128,
    "optimizer": {"name": "Adam", "learning_rate": 2e-4, "beta_1": 0.5},
    "monitor": {"metric": "g_loss", "mode": "min"},
    "keep": "last",
}
"""Section 4, and the last model: no loss of two that are trained against each other tells a better one."""
PENALTY = 10.0  # Gulrajani et al., 2017, section 4
TRACKED = ("d_loss", "g_loss", "d_real", "d_fake", "d_accuracy", "d_gradient", "g_gradient", "diversity")
SETTLING = 256  # codes
Label = tf.Tensor | None


def build(
    *,
    image_shape: tuple[int, int, int],
    num_classes: int | None = None,
    latent_dimensions: PositiveInt = 100,
    prior: Literal["normal", "uniform"] = "normal",
    filters: PositiveInt = 64,
    kernel_size: PositiveInt = 5,
    leak: NonNegativeFloat = 0.2,
    dropout: Fraction = 0.0,
    initial_deviation: PositiveFloat = 0.02,
    discriminator_normalization: Literal["batch", "layer", "none"] | None = None,
    spectral_normalization: bool = False,
    conditional: bool = False,
    loss: Literal["bce", "hinge", "wasserstein_gp", "least_squares"] = "bce",
    d_steps: PositiveInt = 1,
    label_smoothing: Fraction = 0.0,
    instance_noise: NonNegativeFloat = 0.0,
    instance_noise_steps: PositiveInt | None = None,
    r1: NonNegativeFloat = 0.0,
) -> keras.Model:
    """Pictures (batch, h, w, c) in [0, 1] -> the discriminator's scores (batch, 1); `decode` makes pictures of codes.

    filters: of the largest map, twice as many of each that is half as large, at most 1024.
    leak: slope of LeakyReLU below 0. dropout, discriminator_normalization, spectral_normalization (Miyato et al., 2018,
        arXiv:1802.05957): of the discriminator. Normalisation by default: batch; none with spectral; layer with
        wasserstein_gp or r1, whose penalties are of one picture at a time.
    conditional: both networks are told the class.
    d_steps: of the discriminator for each of the generator, on the same real pictures and new fakes.
    label_smoothing: real pictures count as 1 - that (Salimans et al., 2016, arXiv:1606.03498; one-sided).
    instance_noise: standard deviation of what is added to all that the discriminator sees (Sønderby et al., 2016,
        arXiv:1610.04490), falling to 0 over instance_noise_steps where these are given.
    r1: weight of the squared slope at real pictures, halved (Mescheder et al., 2018, arXiv:1801.04406).
    Moving averages of the generator's weights, for samples and export, are its optimizer's `use_ema`.
    Raises ValueError for pictures of a size that doubling doesn't reach, classes where there are none, or a penalty of
    single pictures with a normalisation over the batch.
    """
    if conditional and not num_classes:
        raise ValueError("conditional needs labels of two classes or more, and the data has none")
    if label_smoothing and loss not in SMOOTHED:
        raise ValueError(f"label_smoothing is of {' and '.join(SMOOTHED)}: {loss} has no labels to smooth")
    penalty = "wasserstein_gp" if loss == "wasserstein_gp" else "r1" if r1 else None
    if penalty and discriminator_normalization == "batch":
        raise ValueError(f"{penalty} is of one picture at a time: set discriminator_normalization to layer or none")
    default = "none" if spectral_normalization else "layer" if penalty else "batch"
    return DCGAN(
        image_shape=list(image_shape), num_classes=num_classes if conditional else None, prior=prior,
        latent_dimensions=latent_dimensions, filters=filters, kernel_size=kernel_size, leak=leak, dropout=dropout,
        initial_deviation=initial_deviation, normalization=discriminator_normalization or default,
        spectral=spectral_normalization, loss=loss, d_steps=d_steps, label_smoothing=label_smoothing,
        instance_noise=instance_noise, instance_noise_steps=instance_noise_steps, r1=r1,
    )  # fmt: skip


@keras.saving.register_keras_serializable("kerasapp")
class DCGAN(keras.Model):
    """`generator`, `discriminator`, an optimizer for each: `optimizer` is the generator's."""

    OPTIMIZERS = ("generator", "discriminator")
    """Those that `compile` takes by name."""

    def __init__(self, *, prior: str, loss: str, d_steps: int, label_smoothing: float, instance_noise: float,
                 instance_noise_steps: int | None, r1: float, name: str | None = None, **nets: Any):  # fmt: skip
        super().__init__(name=name or "dcgan")
        self._config = {"prior": prior, "loss": loss, "d_steps": d_steps, "label_smoothing": label_smoothing,
                        "instance_noise": instance_noise, "instance_noise_steps": instance_noise_steps, "r1": r1,
                        **nets}  # fmt: skip
        self.prior, self.latent_dimensions = prior, nets["latent_dimensions"]
        self.conditional, self.d_steps = nets["num_classes"] is not None, d_steps
        self._objective = OBJECTIVES[loss]
        made = Nets(**nets | {"image_shape": tuple(nets["image_shape"])})
        self.generator, self.discriminator = made.generator(), made.discriminator()
        self.seeds = keras.random.SeedGenerator()
        names = [name for name in TRACKED if self._objective.decides or name != "d_accuracy"]
        self.tracked = [keras.metrics.Mean(name) for name in names]
        self.built = True

    def compile(
        self, optimizer: Any = "adam", optimizers: dict[str, keras.optimizers.Optimizer] | None = None, **given: Any
    ) -> None:
        """A clone of `optimizer` for each network, or one of `optimizers` by name; where it is the one that the model
        has, both are kept, with these learning rates.
        """
        named = optimizers or {}
        if optimizer is getattr(self, "optimizer", None):
            first, second = optimizer, self.discriminator_optimizer
            second.learning_rate = slowed(rate_of(named.get("discriminator", first)), self.d_steps)
            if "generator" in named:
                first.learning_rate = rate_of(named["generator"])
        else:
            of_all = keras.optimizers.get(optimizer)
            both = [named.get(name, of_all) for name in self.OPTIMIZERS]
            first, second = (type(one).from_config(one.get_config()) for one in both)
            if callable(second._learning_rate):
                second.learning_rate = slowed(second._learning_rate, self.d_steps)
            first.build(trainable(self.generator))
            second.build(trainable(self.discriminator))
        self.discriminator_optimizer = second
        how = {key: given[key] for key in ("run_eagerly", "steps_per_execution", "jit_compile") if key in given}
        super().compile(optimizer=first, auto_scale_loss=False, **how)

    def check_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Raises KerasappError for one that scales losses."""
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise KerasappError("train.mixed_precision: the two losses of a dcgan are in float32. Leave it out")

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return self.tracked

    def call(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """(batch, h, w, c) in [0, 1] -> the discriminator's scores (batch, 1); of no class, where it knows classes."""
        label = tf.zeros([tf.shape(images)[0], self._config["num_classes"]]) if self.conditional else None
        return self._scores(images, label, training)

    def decode(self, codes: tf.Tensor, labels: Label = None) -> tf.Tensor:
        """(batch, latent_dimensions), and where it is conditional (batch, classes) one-hot -> pictures in [0, 1]."""
        return self.generator([codes, labels] if self.conditional else codes, training=False)

    @property
    def settled(self) -> list[keras.Variable]:
        """What the generator's normalisation has seen."""
        return self.generator.non_trainable_variables

    def settle(self) -> None:
        """That anew, of the weights as they are: over codes that are always the same, and all classes in turn."""
        codes, classes = drawn(0, SETTLING, self.latent_dimensions, self.prior), self._config["num_classes"] or 1
        label = tf.one_hot(tf.range(SETTLING) % classes, classes)
        with set_in(self.generator, BatchNormalization, "momentum", 0.0):
            self.generator([codes, label] if self.conditional else codes, training=True)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        images, label = self._unpacked(data)
        for _ in range(self.d_steps - 1):
            self._discriminator_step(images, self._fakes(images, label), label)
        with tf.GradientTape() as making:
            fakes = self._fakes(images, label)
        self._discriminator_step(images, fakes, label)
        self._adversarial_step(making, fakes, label)
        spread = [tf.reduce_mean(tf.math.reduce_std(pictures, 0)) for pictures in (fakes, images)]
        self._track(diversity=tf.math.divide_no_nan(*spread))
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, tf.Tensor]:
        images, label = self._unpacked(data)
        fakes = self._fakes(images, label, training=False)
        with set_in(self.discriminator, Dropout, "rate", 0.0):
            real, fake = self._judge(images, label), self._judge(fakes, label)
        loss = self._objective.discriminator(real, fake, self._config["label_smoothing"])
        self._track(d_loss=loss, g_loss=self._objective.generator(fake), **self._objective.told(real, fake))
        return {one.name: one.result() for one in self.tracked if one.name not in TRACKED[-3:]}

    def _discriminator_step(self, images: tf.Tensor, fakes: tf.Tensor, label: Label) -> None:
        """Step 1: the discriminator, on real pictures and on fakes, whose maker learns nothing here."""
        for layer in self.discriminator.layers:
            if hasattr(layer, "power_iteration"):
                layer.power_iteration()
        images, fakes = self._noised(images), self._noised(tf.stop_gradient(fakes))
        with tf.GradientTape() as tape:
            real, slope = self._scored(images, label)
            fake = self._scores(fakes, label)
            loss = self._objective.discriminator(real, fake, self._config["label_smoothing"])
            flat = self._objective.share * self._config["r1"] / 2 * slope
            total = loss + flat + self._gradient_penalty(images, fakes, label)
        self._apply(self.discriminator_optimizer, self.discriminator, tape, total, "d_gradient")
        self._track(d_loss=total, **self._objective.told(real, fake))

    def _adversarial_step(self, making: tf.GradientTape, fakes: tf.Tensor, label: Label) -> None:
        """Step 2: the generator through the discriminator, which learns nothing here, on fakes alone."""
        with tf.GradientTape(watch_accessed_variables=False) as judging:
            judging.watch(fakes)
            loss = self._objective.generator(self._judge(self._noised(fakes), label))
        slopes = judging.gradient(loss, fakes)
        self._apply(self.optimizer, self.generator, making, fakes, "g_gradient", slopes)
        self._track(g_loss=loss)

    def _apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        net: keras.Model,
        tape: tf.GradientTape,
        target: tf.Tensor,
        tracked: str,
        slopes: tf.Tensor | None = None,
    ) -> None:
        variables = net.trainable_variables
        if not variables:  # a stage that trains the other one alone
            return
        gradients = tape.gradient(target, variables, output_gradients=slopes)
        optimizer.apply(gradients, variables)
        self._track(**{tracked: tf.linalg.global_norm(gradients)})

    def _fakes(self, images: tf.Tensor, label: Label, training: bool = True) -> tf.Tensor:
        """As many as there are pictures, of their classes."""
        shape = (tf.shape(images)[0], self.latent_dimensions)
        if self.prior == "uniform":
            codes = keras.random.uniform(shape, -1.0, 1.0, seed=self.seeds)
        else:
            codes = keras.random.normal(shape, seed=self.seeds)
        return self.generator([codes, label] if self.conditional else codes, training=training)

    def _scores(self, images: tf.Tensor, label: Label, training: bool = True) -> tf.Tensor:
        return self.discriminator([images, label] if self.conditional else images, training=training)

    def _judge(self, images: tf.Tensor, label: Label) -> tf.Tensor:
        """Scores of pictures from which the discriminator learns nothing: its normalisation is that of training, by the
        batch, and remembers none of it.
        """
        with set_in(self.discriminator, BatchNormalization, "momentum", 1.0):
            return self._scores(images, label)

    def _scored(self, images: tf.Tensor, label: Label) -> tuple[tf.Tensor, tf.Tensor | float]:
        """Scores of real pictures, and where that is asked for the mean squared slope there."""
        if not self._config["r1"]:
            return self._scores(images, label), 0.0
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            scores = self._scores(images, label)
        return scores, tf.reduce_mean(slopes_norm(scores, images, tape))

    def _gradient_penalty(self, images: tf.Tensor, fakes: tf.Tensor, label: Label) -> tf.Tensor | float:
        """How far slopes between real pictures and fakes are from 1 (Gulrajani et al., 2017, equation 3)."""
        if self._config["loss"] != "wasserstein_gp":
            return 0.0
        share = keras.random.uniform((tf.shape(images)[0], 1, 1, 1), seed=self.seeds)
        mixed = images + share * (fakes - images)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(mixed)
            scores = self._scores(mixed, label)
        lengths = tf.sqrt(slopes_norm(scores, mixed, tape) + 1e-12)
        return PENALTY * tf.reduce_mean(tf.square(lengths - 1))

    def _noised(self, images: tf.Tensor) -> tf.Tensor:
        deviation, steps = self._config["instance_noise"], self._config["instance_noise_steps"]
        if not deviation:
            return images
        if steps:
            done = tf.cast(self.optimizer.iterations, tf.float32) / steps
            deviation *= tf.maximum(1 - done, 0.0)
        return images + deviation * keras.random.normal(keras.ops.shape(images), seed=self.seeds)

    def _unpacked(self, data: Any) -> tuple[tf.Tensor, Label]:
        images, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        return images, y["label"] if self.conditional else None

    def _track(self, **values: tf.Tensor) -> None:
        for one in self.tracked:
            if one.name in values:
                one.update_state(values[one.name])

    def get_config(self) -> dict[str, Any]:
        return {**self._config, "name": self.name}

    def get_compile_config(self) -> dict[str, Any] | None:
        if not self.compiled:
            return None
        both = zip(self.OPTIMIZERS, (self.optimizer, self.discriminator_optimizer), strict=True)
        return {"optimizers": {name: keras.saving.serialize_keras_object(one) for name, one in both}}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        self.compile(optimizers={
            name: keras.saving.deserialize_keras_object(one) for name, one in config["optimizers"].items()
        })  # fmt: skip
