"""A block as a layer: several layers that a recipe names as one."""

from typing import Any

import keras


class Block(keras.layers.Layer):
    """Holds as `parts`, a functional model, what `graph` makes of its input, once the shape of that is known.

    An architecture calls the function that `graph` does, and its parts stand in the architecture itself. Here they are
    called after the block, and go with it: freezing it freezes all of them, normalisation too. It takes maps of the
    size that it was built for, or of any where that was None.
    """

    def __init__(self, arguments: dict[str, Any], **keywords: Any):
        """`arguments` are what the class takes besides, for its config."""
        super().__init__(**keywords)
        self.arguments = arguments

    def graph(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """What the block does with its input (batch, h, w, c). Raises ValueError where the shape does not allow it."""
        raise NotImplementedError

    def build(self, shape: tuple) -> None:
        self.parts = self._made(shape)
        self.parts.trainable = self.trainable

    def call(self, x: Any, training: bool | None = None) -> Any:
        return self.parts(x, training=training)

    def compute_output_shape(self, shape: tuple) -> tuple:
        made = self.parts if self.built else self._made(shape)
        return made.compute_output_shape(shape)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.arguments}

    def _made(self, shape: tuple) -> keras.Model:
        """The parts, all of them in the block's own precision."""
        usual = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.dtype_policy)
        try:
            inputs = keras.Input(tuple(shape[1:]), dtype=self.compute_dtype, name="input")
            return keras.Model(inputs, self.graph(inputs), name="parts")
        finally:
            keras.config.set_dtype_policy(usual)
