"""The two networks of a DCGAN (Radford et al., 2015, arXiv:1511.06434, section 3)."""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import layers

from kerasapp.layers.spectral import SpectralConv2D, SpectralDense
from kerasapp.models._stages import stages

WIDEST = 1024  # filters, figure 1
Normalization = Literal["batch", "layer", "none"]


@dataclass(frozen=True)
class Nets:
    """What both are made with."""

    image_shape: tuple[int, int, int]
    num_classes: int | None
    latent_dimensions: int
    filters: int
    kernel_size: int
    leak: float
    dropout: float
    initial_deviation: float
    normalization: Normalization
    spectral: bool

    def generator(self) -> keras.Model:
        """Codes (batch, latent_dimensions), with classes [codes, one-hot (batch, classes)] -> pictures in [0, 1].

        A dense layer and transposed convolutions of stride 2, each but the last with batch normalisation and ReLU;
        then tanh.
        """
        base, times = stages(self.image_shape)
        x = code = keras.Input((self.latent_dimensions,), name="code")
        given = code
        if self.num_classes:
            given = [code, keras.Input((self.num_classes,), name="label")]
            x = layers.Concatenate(name="with_label")(given)
        width = self._width(times - 1)
        x = layers.Dense(base * base * width, use_bias=False, kernel_initializer=self._normal(), name="project")(x)
        x = layers.Reshape((base, base, width), name="map")(x)
        x = layers.ReLU(name="project_relu")(self._batch_norm("project_norm")(x))
        for stage in range(1, times):
            x = self._up(self._width(times - 1 - stage), f"up_{stage}", use_bias=False)(x)
            x = layers.ReLU(name=f"up_{stage}_relu")(self._batch_norm(f"up_{stage}_norm")(x))
        x = self._up(self.image_shape[-1], f"up_{times}", activation="tanh")(x)
        return keras.Model(given, layers.Rescaling(0.5, 0.5, name="pixels")(x), name="generator")

    def discriminator(self) -> keras.Model:
        """Pictures in [0, 1] (batch, h, w, c), with classes [pictures, one-hot] -> scores (batch, 1), no sigmoid.

        Convolutions of stride 2 with LeakyReLU, each but the first normalised. A class adds the product of its own
        vector with what the last of them gives (Miyato and Koyama, 2018, arXiv:1802.05637, equation 5).
        """
        _, times = stages(self.image_shape)
        convolution, dense = (
            (SpectralConv2D, SpectralDense) if self.spectral else (layers.Conv2D, layers.Dense)
        )  # fmt: skip
        image = keras.Input(self.image_shape, name="image")
        x = layers.Rescaling(2.0, -1.0, name="signed")(image)
        for stage in range(1, times + 1):
            normal = stage > 1 and self.normalization != "none"
            x = convolution(self._width(stage - 1), self.kernel_size, 2, "same", use_bias=not normal,
                            kernel_initializer=self._normal(), name=f"down_{stage}")(x)  # fmt: skip
            x = self._normalized(x, f"down_{stage}_norm") if normal else x
            x = layers.LeakyReLU(self.leak, name=f"down_{stage}_leaky_relu")(x)
            x = layers.Dropout(self.dropout, name=f"down_{stage}_dropout")(x) if self.dropout else x
        x = layers.Flatten(name="flatten")(x)
        score = dense(1, kernel_initializer=self._normal(), name="score")(x)
        if not self.num_classes:
            return keras.Model(image, score, name="discriminator")
        label = keras.Input((self.num_classes,), name="label")
        of_class = dense(x.shape[-1], use_bias=False, kernel_initializer=self._normal(), name="of_class")(label)
        score = layers.Add(name="score_of_class")([score, layers.Dot(1, name="agreement")([of_class, x])])
        return keras.Model([image, label], score, name="discriminator")

    def _width(self, doublings: int) -> int:
        """Filters of a map, of the largest `filters` and twice as many of each that is half as large."""
        return min(self.filters << doublings, max(WIDEST, self.filters))

    def _up(self, filters: int, name: str, **more) -> layers.Layer:
        return layers.Conv2DTranspose(filters, self.kernel_size, 2, "same", kernel_initializer=self._normal(),
                                      name=name, **more)  # fmt: skip

    def _normal(self) -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(stddev=self.initial_deviation)

    def _batch_norm(self, name: str) -> layers.Layer:
        gamma = keras.initializers.RandomNormal(1.0, self.initial_deviation)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=gamma, name=name)

    def _normalized(self, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
        if self.normalization == "batch":
            return self._batch_norm(name)(x)
        return layers.GroupNormalization(groups=1, name=name)(x)  # over a picture's map and channels
