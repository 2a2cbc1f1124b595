"""Layers with weights by name; and files of weights (.h5), as Keras wrote and writes them: which layers they hold, in
which shapes.
"""

import re
from collections import Counter
from pathlib import Path

import h5py
import keras
from keras.src.legacy.saving.legacy_h5_format import load_attributes_from_hdf5_group
from keras.src.utils.naming import to_snake_case

Shapes = list[tuple[int, ...]]
DAMAGED = "is no file of weights: cut short, damaged, or something else"


def by_name(model: keras.Model) -> dict[str, keras.layers.Layer]:
    """A model's layers with weights. One that Keras named by its class and a number, which counts on from model to
    model (`conv2d_94`), is called by which of its class it is here.
    """
    found, unnamed = {}, []
    for layer in model._flatten_layers(include_self=False):
        kind = to_snake_case(type(layer).__name__)
        numbered = re.fullmatch(rf"{kind}(?:_(\d+))?", layer.name)
        if not layer.weights or isinstance(layer, keras.Model):
            continue
        if numbered:
            unnamed.append((kind, int(numbered[1] or 0), layer))
        else:
            found[layer.name] = layer
    counts = Counter()
    for kind, _, layer in sorted(unnamed, key=lambda each: each[:2]):
        found[f"{kind} {counts[kind]}"] = layer
        counts[kind] += 1
    return found


def is_legacy(path: Path, model: keras.Model) -> bool:
    """Whether it was written before Keras 3, as the files of keras.applications were, and of other layers than the
    model's. Raises ValueError.
    """
    try:
        with h5py.File(path) as file:
            there = _legacy(file)
            names = set() if there is None else {name for name, shapes in _legacy_shapes(there).items() if shapes}
    except Exception as error:  # whatever a damaged file ends with
        raise ValueError(f"{path}: {DAMAGED}") from error
    return not names <= {layer.name for layer in model.layers}


def differing(path: Path, base: keras.Model) -> str | None:
    """The first layer whose weights a file has in other shapes, or does not have."""
    try:
        with h5py.File(path) as file:
            there = _legacy(file)
            shapes = _shapes(file, base) if there is None else _legacy_shapes(there)
    except Exception:  # whatever a damaged file ends with
        return f"{path}: {DAMAGED}"
    for layer in base.layers:
        own, found = [tuple(weight.shape) for weight in layer.weights], shapes.get(layer.name)
        if not own or found == own:
            continue
        if found:
            return told_differing(path, layer.name, found, own, base)
        there = ", ".join([name for name, kept in shapes.items() if kept][:3])
        told = f" It has {there}, …:" if there else " It is of"
        return f"{path}: has no weights for {layer.name}.{told} another network than the {base.name}"
    return None


def told_differing(word: object, name: str, there: Shapes, here: Shapes, base: keras.Model) -> str:
    """`there` and `here`: the shapes of a layer's weights."""
    return f"{word}: {name} has weights of {_told(there)} there, and {_told(here)} in the {base.name}"


def _shapes(file: h5py.File, base: keras.Model) -> dict[str, Shapes]:
    """By layer of the base: a file of Keras 3 has them by class and number, in the order of the model."""
    counts, shapes = Counter(), {}
    for layer in base.layers:
        kind = to_snake_case(type(layer).__name__)
        key = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        kept = file["layers"].get(f"{key}/vars", {})
        shapes[layer.name] = [kept[str(number)].shape for number in range(len(kept))]
    return shapes


def _legacy(file: h5py.File) -> h5py.Group | None:
    """Where a file has its layers, as Keras wrote them before version 3; a whole model's beside other parts of it."""
    there = file.get("model_weights", file)
    return there if {"layer_names", "layer_names0"} & {*there.attrs} else None


def _legacy_shapes(there: h5py.Group) -> dict[str, Shapes]:
    """By layer of the file."""
    names = load_attributes_from_hdf5_group(there, "layer_names")
    weights = {name: load_attributes_from_hdf5_group(there[name], "weight_names") for name in names}
    return {name: [there[name][weight].shape for weight in weights[name]] for name in names}


def _told(shapes: Shapes) -> str:
    return ", ".join(" x ".join(map(str, shape)) for shape in shapes)
