"""The two halves of an autoencoder: pictures to numbers, codes to the scores of pixels; dense or convolutional."""

from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import layers, ops

from kerasapp.models._stages import stages
from kerasapp.types import Activation


@dataclass(frozen=True)
class Halves:
    """What both are made with."""

    image_shape: tuple[int, int, int]
    latent_dimensions: int
    network: Literal["dense", "convolutional"]
    units: tuple[int, ...]
    filters: int
    kernel_size: int
    activation: Activation

    def encoder(self, outputs: int) -> keras.Model:
        """(batch, h, w, c) in [0, 1] -> (batch, outputs), by `units` or by convolutions of stride 2."""
        x = image = keras.Input(self.image_shape, name="image")
        if self.network == "convolutional":
            _, times = stages(self.image_shape)
            for stage in range(1, times + 1):
                x = layers.Conv2D(self.filters << stage - 1, self.kernel_size, 2, "same", activation=self.activation,
                                  name=f"down_{stage}")(x)  # fmt: skip
        x = layers.Flatten(name="flatten")(x)
        for number, width in enumerate(self.units, 1):
            x = layers.Dense(width, self.activation, name=f"encode_{number}")(x)
        return keras.Model(image, layers.Dense(outputs, dtype="float32", name="code")(x), name="encoder")

    def decoder(self) -> keras.Model:
        """(batch, latent_dimensions) -> scores of pixels (batch, h, w, c), float32, before the sigmoid."""
        x = code = keras.Input((self.latent_dimensions,), name="code")
        for number, width in enumerate(reversed(self.units), 1):
            x = layers.Dense(width, self.activation, name=f"decode_{number}")(x)
        height, width, channels = self.image_shape
        if self.network == "dense":
            x = layers.Dense(height * width * channels, dtype="float32", name="scores")(x)
            x = layers.Reshape(self.image_shape, dtype="float32", name="pixels")(x)
            return keras.Model(code, x, name="decoder")
        base, times = stages(self.image_shape)
        first = self.filters << times - 1
        x = layers.Dense(base * base * first, self.activation, name="project")(x)
        x = layers.Reshape((base, base, first), name="map")(x)
        for stage in range(1, times + 1):
            last = stage == times
            x = layers.Conv2DTranspose(
                channels if last else self.filters << times - 1 - stage, self.kernel_size, 2, "same",
                activation=None if last else self.activation, name=f"up_{stage}",
            )(x)  # fmt: skip
        return keras.Model(code, layers.Activation("linear", dtype="float32", name="scores")(x), name="decoder")


class Coder(keras.Model):
    """What autoencoders share: `encode`, `decode`, a loss that `call` adds, and metrics beside it."""

    TRACKED: tuple[str, ...] = ()
    conditional = False
    prior: str | None = None

    def __init__(self, halves: dict[str, Any], config: dict[str, Any], numbers: int, name: str | None):
        super().__init__(name=name)
        self._config = {**halves, **config}
        self.latent_dimensions = halves["latent_dimensions"]
        sizes = {"image_shape": tuple(halves["image_shape"]), "units": tuple(halves["units"])}
        made = Halves(**halves | sizes)
        self.encoder, self.decoder = made.encoder(numbers * self.latent_dimensions), made.decoder()
        self.seeds = keras.random.SeedGenerator()
        self.tracked = [keras.metrics.Mean(tracked) for tracked in self.TRACKED]
        self.built = True

    def decode(self, codes: Any, labels: None = None) -> Any:
        """(batch, latent_dimensions) -> pictures (batch, h, w, c), float32 in [0, 1]."""
        return ops.sigmoid(self.decoder(codes, training=False))

    def track(self, values: dict[str, Any]) -> None:
        """Metrics of a batch, (batch,) each."""
        for one in self.tracked:
            one.update_state(values[one.name])

    def get_config(self) -> dict[str, Any]:
        return {**self._config, "name": self.name}
