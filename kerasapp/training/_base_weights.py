"""The weights that a network begins with where they were learned elsewhere: put into the model's layer `base`."""

import logging
import warnings
from collections import Counter
from pathlib import Path

import h5py
import keras
from keras.src.utils.naming import to_snake_case

from kerasapp import components
from kerasapp.annotations import options, type_of
from kerasapp.errors import KerasappError, first_line
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.training._fault import fault
from kerasapp.types import Weights

log = logging.getLogger("kerasapp")


def take_weights(recipe: Recipe, model: keras.Model) -> None:
    """Gives the layer `base` what the recipe's `weights` name. Raises RecipeError at that value."""
    name = _argument(recipe)
    if name is None or recipe.model[name] == "none":
        return
    word, base = recipe.model[name], model.get_layer("base")
    try:
        source = _imagenet(model) if word == "imagenet" else _read(Path(word), base)
        if source is not None:
            _copy(source, base, word)
    except (KerasappError, ValueError, OSError) as error:
        raise fault(recipe, f"model.{name}", first_line(error)) from error
    log.info("the base starts from %s", word)


def _argument(recipe: Recipe) -> str | None:
    for argument in components.signature("models", recipe.model["name"], folder=recipe.folder).arguments:
        if Weights in options(type_of(argument.annotation)):
            return argument.name
    return None


def _imagenet(model: keras.Model) -> keras.Model:
    try:
        return model.with_imagenet()
    except Exception as error:  # whatever a download ends with
        way_out = "Bring the file here and give its path, or take weights: none"
        raise ValueError(f"ImageNet's weights could not be fetched ({first_line(error)}). {way_out}") from error


def _read(path: Path, base: keras.Model) -> keras.Model | None:
    """The model of a run or a .keras file; None where a file of weights alone went into `base` by itself."""
    if (path / "recipe.yaml").is_file():
        return _base_of(Run.open(path).model())
    if not path.exists():
        raise ValueError(f"{path}: no such file or run")
    if path.suffix == ".keras":
        return _base_of(keras.saving.load_model(path, compile=False))  # safe mode: no code of the file's is run
    if path.suffix != ".h5":
        raise ValueError(f"{path}: is no file of weights (.weights.h5, .h5, .keras) and no run")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Keras says of containers of layers that the file has by their names
            base.load_weights(path)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(_differing(path, base) or f"{path}: does not fit the base ({first_line(error)})") from error
    return None


def _base_of(model: keras.Model) -> keras.Model:
    return next((layer for layer in model.layers if layer.name == "base"), model)


def _copy(source: keras.Model, base: keras.Model, word: str) -> None:
    """By names of layers. Raises ValueError at the first that is lacking or has another shape, before any is given."""
    theirs = {layer.name: layer for layer in source._flatten_layers(include_self=False)}
    found = []
    for layer in base._flatten_layers(include_self=False):
        if not layer.weights or isinstance(layer, keras.Model):
            continue
        other = theirs.get(layer.name)
        if other is None:
            raise ValueError(f"{word}: has no layer {layer.name}: it is another network than the base")
        shapes = [[tuple(weight.shape) for weight in one.weights] for one in (layer, other)]
        if shapes[0] != shapes[1]:
            told = f"has weights of {_told(shapes[1])} there, and {_told(shapes[0])} in the base"
            raise ValueError(f"{word}: {layer.name} {told}")
        found.append((layer, other))
    for layer, other in found:
        layer.set_weights(other.get_weights())


def _differing(path: Path, base: keras.Model) -> str | None:
    """The first layer whose weights a file has in other shapes, or does not have."""
    try:
        with h5py.File(path) as file:
            legacy = "layer_names" in file.attrs
            shapes = _legacy_shapes(file) if legacy else _shapes(file, base)
    except (OSError, KeyError):
        return f"{path}: is no file of weights: cut short, damaged, or something else"
    for layer in base.layers:
        own, found = [tuple(weight.shape) for weight in layer.weights], shapes.get(layer.name)
        if not own or found == own:
            continue
        if found:
            return f"{path}: {layer.name} has weights of {_told(found)} there, and {_told(own)} in the base"
        there = ", ".join([name for name, kept in shapes.items() if kept][:3])
        return f"{path}: has no weights for {layer.name}. It has {there}, …: another network than the base"
    return None


def _shapes(file: h5py.File, base: keras.Model) -> dict[str, list[tuple[int, ...]]]:
    """By layer of the base: a file of Keras 3 has them by class and number, in the order of the model."""
    counts, shapes = Counter(), {}
    for layer in base.layers:
        kind = to_snake_case(type(layer).__name__)
        key = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        kept = file["layers"].get(f"{key}/vars", {})
        shapes[layer.name] = [kept[str(number)].shape for number in range(len(kept))]
    return shapes


def _legacy_shapes(file: h5py.File) -> dict[str, list[tuple[int, ...]]]:
    """By layer of the file, as Keras wrote them before version 3."""
    names = [name.decode() for name in file.attrs["layer_names"]]
    return {name: [file[name][weight].shape for weight in file[name].attrs["weight_names"]] for name in names}


def _told(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(" x ".join(map(str, shape)) for shape in shapes)
