"""Variational autoencoder: a normal distribution of codes for each picture, and pictures of any code (Kingma and
Welling, 2013, arXiv:1312.6114; Rezende et al., 2014, arXiv:1401.4082).

It is trained by the evidence lower bound (ELBO): how likely the picture is under its code, less how far the picture's
codes lie from a standard normal distribution, with `beta` as the weight of that (Higgins et al., 2017) and so many
nats of each dimension for free (Kingma et al., 2016, arXiv:1606.04934, appendix C.8). Left out: other posteriors than
a Gaussian of independent dimensions.

Layers: `down_1`, ... or `encode_1`, ..., `code` (means, then logarithms of variances); `decode_1`, ..., `scores`, or
`up_1`, ...
"""

import math
from typing import Any, Literal

import keras
from keras import ops

from kerasapp.models._codes import Coder
from kerasapp.types import Activation, NonNegativeFloat, PositiveFloat, PositiveInt

MOST = 10.0  # of the logarithm of a variance either way, so that its exponential stays a number


def build(
    *,
    image_shape: tuple[int, int, int],
    latent_dimensions: PositiveInt = 20,
    network: Literal["dense", "convolutional"] = "dense",
    units: list[PositiveInt] = (500,),
    filters: PositiveInt = 32,
    kernel_size: PositiveInt = 3,
    activation: Activation = "relu",
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli",
    deviation: PositiveFloat = 0.1,
    binarize: bool = False,
    beta: NonNegativeFloat = 1.0,
    free_bits: NonNegativeFloat = 0.0,
) -> keras.Model:
    """Pictures (batch, h, w, c) in [0, 1] -> pictures of a code that is drawn for each.

    network: dense layers of `units`, the decoder's in reverse; or before these convolutions that halve the map, of
        `filters`, twice as many after each.
    likelihood: of a pixel: that it is white, or a Gaussian of this deviation around it.
    binarize: each picture is drawn anew as black and white, by its pixels (Salakhutdinov and Murray, 2008), in training
        and validation.
    free_bits: nats of each dimension, on average over a batch, that cost nothing.
    Raises ValueError where convolutions can't reach the pictures' size, or for grey targets that are asked for as
    Gaussian and binary.
    """
    if binarize and likelihood == "gaussian":
        raise ValueError("binarize makes pixels that are black or white: set likelihood to bernoulli")
    return VAE(
        image_shape=list(image_shape), latent_dimensions=latent_dimensions, network=network, units=list(units),
        filters=filters, kernel_size=kernel_size, activation=activation, likelihood=likelihood, deviation=deviation,
        binarize=binarize, beta=beta, free_bits=free_bits,
    )  # fmt: skip


@keras.saving.register_keras_serializable("kerasapp")
class VAE(Coder):
    """Trained by Keras's own step: `call` draws codes and adds the loss, in validation too."""

    TRACKED = ("elbo", "kl", "reconstruction", "bits_per_dimension")
    prior = "normal"

    def __init__(self, *, likelihood: str, deviation: float, binarize: bool, beta: float, free_bits: float,
                 name: str | None = None, **halves: Any):  # fmt: skip
        config = {"likelihood": likelihood, "deviation": deviation, "binarize": binarize, "beta": beta,
                  "free_bits": free_bits}  # fmt: skip
        super().__init__(halves, config, 2, name or "vae")

    def call(self, images: Any, training: bool = False) -> Any:
        terms, scores = self.terms(images, training=training)
        free = ops.maximum(ops.mean(terms["kl_of_each"], axis=0), self._config["free_bits"])  # (latent_dimensions,)
        self.add_loss(ops.mean(terms["reconstruction"]) + self._config["beta"] * ops.sum(free))
        self.track(terms)
        return ops.sigmoid(scores)

    def encode(self, images: Any) -> Any:
        """The means of the pictures' codes, (batch, latent_dimensions)."""
        return self._posterior(images, False)[0]

    def terms(
        self, images: Any, *, noise: Any = None, coin: Any = None, training: bool = False
    ) -> tuple[dict[str, Any], Any]:
        """What the bound is made of, (batch,) each, and the scores of pixels: `elbo`, `kl` and `reconstruction` (minus
        the log-likelihood) in nats, `bits_per_dimension` of pixels in 256 steps where they are Gaussian, else of black
        and white ones; and `kl_of_each`, (batch, latent_dimensions).

        `noise`, standard normal (batch, latent_dimensions), and `coin`, uniform and shaped like the pictures, are drawn
        where they are not given.
        """
        images = ops.cast(images, "float32")
        if self._config["binarize"]:
            coin = keras.random.uniform(ops.shape(images), seed=self.seeds) if coin is None else coin
            images = ops.cast(coin < images, "float32")
        mean, log_variance = self._posterior(images, training)
        noise = keras.random.normal(ops.shape(mean), seed=self.seeds) if noise is None else noise
        scores = self.decoder(mean + ops.exp(log_variance / 2) * noise, training=training)
        each = (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance) / 2  # appendix B
        kl, missed = ops.sum(each, axis=1), self._missed(images, scores)
        pixels = math.prod(self._config["image_shape"])
        bits = (kl + missed) / (pixels * math.log(2))
        steps = 8 if self._config["likelihood"] == "gaussian" else 0  # the density's unit is 256 of theirs
        terms = {"elbo": -kl - missed, "kl": kl, "reconstruction": missed, "bits_per_dimension": bits + steps}
        return {**terms, "kl_of_each": each}, scores

    def _posterior(self, images: Any, training: bool) -> tuple[Any, Any]:
        """Means and logarithms of variances, (batch, latent_dimensions) each."""
        mean, log_variance = ops.split(self.encoder(images, training=training), 2, axis=1)
        return mean, ops.clip(log_variance, -MOST, MOST)

    def _missed(self, images: Any, scores: Any) -> Any:
        """(batch,) minus the logarithm of how likely the pictures are."""
        if self._config["likelihood"] == "gaussian":
            deviation = self._config["deviation"]
            each = ops.square((images - ops.sigmoid(scores)) / deviation) / 2
            each += math.log(deviation * math.sqrt(2 * math.pi))
        else:
            each = ops.binary_crossentropy(images, scores, from_logits=True)
        return ops.sum(each, axis=(1, 2, 3))
