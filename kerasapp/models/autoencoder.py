"""Autoencoder: pictures through a code of a few numbers and back (Rumelhart et al., 1986), from spoilt ones where it is
to be denoising (Vincent et al., 2008, "Extracting and composing robust features with denoising autoencoders").

What it brings back badly is unlike what it was trained on: the error of reconstruction is a score of anomaly. Left out:
tied weights, layer-wise training.

Layers: as those of `vae`, but `code` has the code alone.
"""

from typing import Any, Literal

import keras
from keras import ops

from kerasapp.models._codes import Coder
from kerasapp.types import Activation, NonNegativeFloat, PositiveInt


def build(
    *,
    image_shape: tuple[int, int, int],
    latent_dimensions: PositiveInt = 32,
    network: Literal["dense", "convolutional"] = "dense",
    units: list[PositiveInt] = (128,),
    filters: PositiveInt = 16,
    kernel_size: PositiveInt = 3,
    activation: Activation = "relu",
    loss: Literal["squared_error", "crossentropy"] = "squared_error",
    corruption: Literal["gaussian", "masking"] = "gaussian",
    corruption_level: NonNegativeFloat = 0.0,
) -> keras.Model:
    """Pictures (batch, h, w, c) in [0, 1] -> the same, brought back from codes (batch, latent_dimensions).

    network, units, filters: as of `vae`.
    corruption, corruption_level: what is done to pictures in training: noise of this deviation is added, or this share
        of pixels becomes black.
    Raises ValueError where convolutions can't reach the pictures' size.
    """
    if corruption == "masking" and corruption_level > 1:
        raise ValueError(f"corruption_level: {corruption_level:g} is no share of pixels to be masked")
    return Autoencoder(
        image_shape=list(image_shape), latent_dimensions=latent_dimensions, network=network, units=list(units),
        filters=filters, kernel_size=kernel_size, activation=activation, loss=loss, corruption=corruption,
        corruption_level=corruption_level,
    )  # fmt: skip


@keras.saving.register_keras_serializable("kerasapp")
class Autoencoder(Coder):
    """Trained by Keras's own step: `call` adds the loss, against the pictures as they were."""

    def __init__(self, *, loss: str, corruption: str, corruption_level: float, name: str | None = None, **halves: Any):
        config = {"loss": loss, "corruption": corruption, "corruption_level": corruption_level}
        super().__init__(halves, config, 1, name or "autoencoder")

    def call(self, images: Any, training: bool = False) -> Any:
        given = self._spoilt(images) if training and self._config["corruption_level"] else images
        scores = self.decoder(self.encoder(given, training=training), training=training)
        images = ops.cast(images, "float32")
        if self._config["loss"] == "squared_error":
            self.add_loss(ops.mean(ops.square(ops.sigmoid(scores) - images)))
        else:
            self.add_loss(ops.mean(ops.binary_crossentropy(images, scores, from_logits=True)))
        return ops.sigmoid(scores)

    def encode(self, images: Any) -> Any:
        """(batch, latent_dimensions)."""
        return self.encoder(images, training=False)

    def _spoilt(self, images: Any) -> Any:
        level, shape = self._config["corruption_level"], ops.shape(images)
        if self._config["corruption"] == "masking":
            return images * ops.cast(keras.random.uniform(shape, seed=self.seeds) >= level, images.dtype)
        return images + level * keras.random.normal(shape, dtype=images.dtype, seed=self.seeds)
