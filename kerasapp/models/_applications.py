"""Weights of keras.applications' models in ours.

Both are the same arithmetic with other names, so their layers are paired in the order in which the graph computes them.
Three things are written otherwise there, and brought over so that the outputs are equal:
- a convolution's bias in front of a normalisation, which takes it away again: it goes into the normalisation's mean;
- a dense layer as a convolution of 1x1 (MobileNetV3's head);
- pixels: theirs come as its own `preprocess_input` makes them, ours in [0, 1] to the layer `rescaling`, which takes the
  same mean away. What they are multiplied by goes into the first kernel: by 255 in Caffe's networks ("caffe"), which
  took blue first as well, and as their EfficientNet's own Normalization has it.
"""

from collections.abc import Iterable, Iterator

import keras
import numpy as np
from keras import layers

from kerasapp.models._convolutions import DEVIATION, TORCH_MEAN
from kerasapp.types import Spec


def counterpart(
    spec: Spec,
    *,
    image_shape: tuple[int | None, ...] | None = (None, None, 3),
    num_classes: int | None = None,
    weights: str | None = "imagenet",
) -> keras.Model:
    """keras.applications' model of the same arithmetic as that of a resolved recipe's `model`; without a head where no
    classes are asked for, of its usual size where `image_shape` is None. It downloads `weights: imagenet` once. Raises
    ValueError where it has no such model.
    """
    name, arguments = _name(spec)
    if not hasattr(keras.applications, name):
        raise ValueError(f"keras.applications has no {name}, so there are no weights of it for {spec['name']}")
    head = {} if num_classes is None else {"classes": num_classes, "classifier_activation": None}
    made = getattr(keras.applications, name)
    return made(weights=weights, include_top=num_classes is not None, input_shape=image_shape, **head, **arguments)


def is_caffe(spec: Spec) -> bool:
    """Whether the counterpart's weights were trained with Caffe's pixels."""
    return spec["name"] == "vgg" or (spec["name"] == "resnet" and spec["version"] == 1)


def copy(theirs: keras.Model, ours: keras.Model, *, caffe: bool = False) -> list[str]:
    """Gives our model the weights of theirs; returns the names of our layers that are left as they were.

    `caffe`: theirs takes what keras.applications.imagenet_utils makes of pixels in its mode "caffe". Theirs may come
    without its head (`include_top=False`): our dense layers are left then. Raises ValueError at the first layer that
    differs, before any weight is changed.
    """
    sources, targets, taken, bias = _layers(theirs), _layers(ours), [], None
    if len(sources) > len(targets):
        raise ValueError(f"{ours.name} has no layer for {_told(sources[len(targets)])} of {theirs.name}")
    left = targets[len(sources) :]
    if any(not isinstance(layer, layers.Dense) for layer in left):
        raise ValueError(f"{theirs.name} has no layer for {_told(left[0])} of {ours.name}")
    for source, target in zip(sources, targets, strict=False):
        values = {weight.name: keras.ops.convert_to_numpy(weight) for weight in source.weights}
        if bias is not None:
            if "moving_mean" not in values:
                raise ValueError(f"the bias before {_told(source)} of {theirs.name} has no place in {ours.name}")
            values["moving_mean"], bias = values["moving_mean"] - bias, None
        if "bias" in values and "bias" not in {weight.name for weight in target.weights}:
            bias = values.pop("bias")
        taken.append((target, _fitted(values, source, target)))
    if bias is not None:
        raise ValueError(f"the bias of {_told(source)} of {theirs.name} has no place in {ours.name}")
    if caffe:
        taken[0][1]["kernel"] = from_caffe(taken[0][1]["kernel"])
    elif (scale := _scale(theirs)) is not None:
        taken[0][1]["kernel"] = taken[0][1]["kernel"] * (scale * DEVIATION)[:, None]
    for target, values in taken:
        target.set_weights([values[weight.name] for weight in target.weights])
    return [layer.name for layer in left]


def settle(theirs: keras.Model) -> None:
    """Has EfficientNet's Normalization bring pixels to ImageNet's mean and deviation, as its published weights want it.

    These hold the deviation where the layer takes its square: keras.applications makes up for it by a Rescaling, with
    `weights="imagenet"` alone. And a Normalization whose weights are set computes with those that it was made with.
    """
    for layer in _normalizations(theirs):
        layer.set_weights([np.array(TORCH_MEAN), np.square(DEVIATION), np.array(0)])
        layer.finalize_state()


def require_settled(theirs: keras.Model) -> None:
    """Raises ValueError where weights were learned behind a Normalization of other numbers than ImageNet's."""
    for layer in _normalizations(theirs):
        deviation = _deviation(layer, theirs.name)
        if not np.allclose(deviation, DEVIATION, atol=1e-3):
            told = f"divides by {_numbers(deviation)} and ours by {_numbers(DEVIATION)}"
            raise ValueError(f"{theirs.name}'s Normalization {told}")


def _layers(model: keras.Model) -> list[layers.Layer]:
    """The layers with weights but for those of pixels, in the order of the graph."""
    return [layer for layer in _in_order(model) if layer.weights and not isinstance(layer, layers.Normalization)]


def _in_order(model: keras.Model) -> Iterator[layers.Layer]:
    """The layers, each after those whose outputs it takes, branch after branch."""
    done, stack = set(), [tensor._keras_history for tensor in reversed(model.outputs)]
    while stack:  # Keras's own record of the graph; its version is pinned
        operation, node, _ = stack[-1]
        missing = [
            history
            for tensor in operation._inbound_nodes[node].input_tensors
            if (history := tensor._keras_history)[0] not in done
        ]
        if missing:
            stack += missing[::-1]
            continue
        stack.pop()
        if operation not in done:
            done.add(operation)
            if isinstance(operation, layers.Layer):
                yield operation


def from_caffe(kernel: np.ndarray) -> np.ndarray:
    """(h, w, 3, filters) for blue, green, red in 0 to 255 less their means -> for red, green, blue in [0, 1] less the
    same means and over ImageNet's deviation.
    """
    return kernel[:, :, ::-1] * (255 * np.array(DEVIATION, "float32"))[:, None]


def _name(spec: Spec) -> tuple[str, dict[str, float]]:
    """The function of keras.applications, and what it takes besides."""
    name = spec["name"]
    if name == "resnet":
        return f"ResNet{spec['depth']}{'V2' if spec['version'] == 2 else ''}", {}
    if name == "mobilenet_v3":
        return f"MobileNetV3{spec['size'].title()}", {"alpha": spec["alpha"]}
    if name == "efficientnet":
        return f"EfficientNet{spec['variant']}", {}
    if name in ("vgg", "densenet"):
        return f"{'VGG' if name == 'vgg' else 'DenseNet'}{spec['depth']}", {}
    plain = {"inception_v3": "InceptionV3", "mobilenet_v2": "MobileNetV2", "xception": "Xception"}
    return plain.get(name, name), {"alpha": spec["alpha"]} if name == "mobilenet_v2" else {}


def _scale(theirs: keras.Model) -> np.ndarray | None:
    """What their own Normalization multiplies pixels by, where there is one (EfficientNet). Raises ValueError."""
    return next((1 / _deviation(layer, theirs.name) for layer in _normalizations(theirs)), None)


def _normalizations(model: keras.Model) -> list[layers.Normalization]:
    """Those that hold what they take away, and by what they divide, as weights."""
    found = model._flatten_layers(include_self=False)
    return [layer for layer in found if isinstance(layer, layers.Normalization) and layer.weights]


def _deviation(layer: layers.Normalization, name: str) -> np.ndarray:
    """(3,), by which pixels are divided in the end. Raises ValueError where another mean than ours is taken away."""
    mean, variance, _ = layer.get_weights()
    if not np.allclose(mean, TORCH_MEAN, atol=1e-3):
        raise ValueError(f"{name}'s Normalization takes away {_numbers(mean)} and ours {_numbers(TORCH_MEAN)}")
    return variance if np.allclose(variance, DEVIATION, atol=1e-3) else np.sqrt(variance)  # see `settle`


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.3g}" for value in values)


def _fitted(values: dict[str, np.ndarray], source: layers.Layer, target: layers.Layer) -> dict[str, np.ndarray]:
    """The source's weights in the target's shapes. Raises ValueError."""
    wanted = {weight.name: tuple(weight.shape) for weight in target.weights}
    same = type(source) is type(target) or {type(source), type(target)} == {layers.Conv2D, layers.Dense}
    if same and values.keys() == wanted.keys():
        shapes = {name: value.shape for name, value in values.items()}
        if all(_trimmed(shapes[name]) == _trimmed(wanted[name]) for name in wanted):
            return {name: value.reshape(wanted[name]) for name, value in values.items()}
    raise ValueError(
        f"{_told(source)} does not fit {_told(target)}: the weights are of another architecture, depth or width"
    )


def _trimmed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Without the sides of a kernel of 1x1."""
    return shape[2:] if shape[:2] == (1, 1) else shape


def _told(layer: layers.Layer) -> str:
    shapes = ", ".join(f"{weight.name} {' x '.join(map(str, weight.shape))}" for weight in layer.weights)
    return f"{layer.name} ({type(layer).__name__}: {shapes})"
