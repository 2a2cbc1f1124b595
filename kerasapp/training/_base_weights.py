"""The weights that a network begins with where they were learned elsewhere: put into the model's layer `base`, or into
all of a network of our own but its head, where that is for other classes.
"""

import logging
import warnings
from pathlib import Path

import keras
import tensorflow as tf

from kerasapp import components
from kerasapp.annotations import options, type_of
from kerasapp.errors import KerasappError, first_line
from kerasapp.files import is_savedmodel
from kerasapp.models._applications import copy, counterpart, is_caffe, require_settled, settle
from kerasapp.recipe import Recipe
from kerasapp.run import Run
from kerasapp.training._fault import fault
from kerasapp.training._weights_files import by_name, differing, is_legacy, told_differing
from kerasapp.types import Spec, Weights

log = logging.getLogger("kerasapp")

HEAD = "head"
IMAGENET_CLASSES = 1000
SMALLEST = 75  # pixels a side, of which keras.applications makes any network


def take_weights(recipe: Recipe, model: keras.Model) -> None:
    """Gives the model what the recipe's `weights` name. Raises RecipeError at that value."""
    name = _argument(recipe)
    if name is None or recipe.model[name] == "none":
        return
    word = recipe.model[name]
    try:
        if word == "imagenet":
            _imagenet(recipe.model, model)
        else:
            _read(Path(word), recipe.model, model)
        base = _base_of(model)
        require_settled(base)
        settle(base)
    except (KerasappError, ValueError, OSError) as error:
        raise fault(recipe, f"model.{name}", first_line(error)) from error
    log.info("the %s starts from %s", base.name, word)


def _argument(recipe: Recipe) -> str | None:
    for argument in components.signature("models", recipe.model["name"], folder=recipe.folder).arguments:
        if Weights in options(type_of(argument.annotation)):
            return argument.name
    return None


def _imagenet(spec: Spec, model: keras.Model) -> None:
    keras.config.disable_interactive_logging()  # of a download, on stdout
    try:
        theirs = model.with_imagenet() if hasattr(model, "with_imagenet") else _theirs(spec, model, "imagenet")
    except Exception as error:  # whatever a download ends with
        way_out = "Bring the file here and give its path, or take weights: none"
        raise ValueError(f"ImageNet's weights could not be fetched ({first_line(error)}). {way_out}") from error
    if hasattr(model, "with_imagenet"):
        _by_name(theirs, _base_of(model), "imagenet")
    else:
        copy(theirs, model, caffe=is_caffe(spec))


def _theirs(spec: Spec, model: keras.Model, weights: str | None) -> keras.Model:
    """The network of keras.applications that computes what ours does; with its head where ours is for as many classes.
    Raises ValueError.
    """
    units, sides = model.get_layer(HEAD).units, model.input_shape[1:3]
    classes = units if units == IMAGENET_CLASSES else None
    large = spec["name"] == "vgg" or all(side and side >= SMALLEST for side in sides)
    usual = not large or (classes and weights == "imagenet")  # kernels are the same for all sizes
    shape = None if usual else (*sides, 3)
    return counterpart(spec, image_shape=shape, num_classes=classes, weights=weights)


def _read(path: Path, spec: Spec, model: keras.Model) -> None:
    """From a run, an exported model, a .keras file or a file of weights alone. Raises ValueError, RunError."""
    base = _base_of(model)
    if (path / "recipe.yaml").is_file():
        _by_name(_base_of(Run.open(path).model()), base, str(path))
    elif is_savedmodel(path):
        _in_order(path, model)
    elif not path.exists():
        raise ValueError(f"{path}: no such file, run or exported model")
    elif path.suffix == ".keras":
        _by_name(_base_of(_loaded(path, spec.get("safe_mode", True))), base, str(path))
    elif path.suffix != ".h5":
        known = "no file of weights (.weights.h5, .h5, .keras), no run and no exported model"
        raise ValueError(f"{path}: is {known}; pickles are not read, because reading one runs what it says")
    elif base is model and is_legacy(path, model):
        theirs = _theirs(spec, model, None)
        _weights_alone(path, theirs)
        copy(theirs, model, caffe=is_caffe(spec))
    else:
        _weights_alone(path, base)


def _loaded(path: Path, safe_mode: bool) -> keras.Model:
    """A whole model. Raises ValueError where it brings code of its own and that was not asked for."""
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=safe_mode)
    except Exception as error:  # whatever a damaged file, or the code in it, ends with
        if safe_mode and "unsafe" in str(error).lower():
            told = "holds code (a Lambda layer), which loading would run. Where you trust it: model.safe_mode: false"
            raise ValueError(f"{path}: {told}") from error
        raise ValueError(f"{path}: is no model that Keras can load ({first_line(error)})") from error


def _weights_alone(path: Path, base: keras.Model) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Keras says of containers of layers that the file has by their names
            base.load_weights(path)
    except Exception as error:  # whatever a damaged file ends with
        if (told := differing(path, base)) or not is_legacy(path, base):
            raise ValueError(told or f"{path}: does not fit the base ({first_line(error)})") from error
        base.load_weights(path, by_name=True)  # there is a head as well


def _base_of(model: keras.Model) -> keras.Model:
    return next((layer for layer in model.layers if layer.name == "base"), model)


def _by_name(source: keras.Model, base: keras.Model, word: str) -> None:
    """Raises ValueError at the first layer that is lacking or has another shape, before any is given; but a head may
    be for other classes.
    """
    theirs, found = by_name(source), []
    for name, layer in by_name(base).items():
        other = theirs.get(name)
        if other is None:
            raise ValueError(f"{word}: has no layer {layer.name}: it is another network than the {base.name}")
        shapes = [[tuple(weight.shape) for weight in one.weights] for one in (layer, other)]
        if shapes[0] == shapes[1]:
            found.append((layer, other))
        elif layer.name != HEAD:
            raise ValueError(told_differing(word, layer.name, shapes[1], shapes[0], base))
    for layer, other in found:
        layer.set_weights(other.get_weights())


def _in_order(path: Path, model: keras.Model) -> None:
    """From a SavedModel of kerasapp's, which keeps a model's variables in order. Raises ValueError, as `_by_name`."""
    try:
        kept = getattr(tf.saved_model.load(str(path)), "weights", None)
    except Exception as error:  # whatever a damaged one ends with
        raise ValueError(f"{path}: can't be loaded ({first_line(error)})") from error
    if kept is None:
        raise ValueError(f"{path}: was not exported by kerasapp, and how its variables go together is not known")
    theirs = [variable for variable in kept if variable.dtype.is_floating]
    ours = [variable for variable in model.variables if tf.as_dtype(variable.dtype).is_floating]
    if len(theirs) != len(ours):
        told = f"has {len(theirs)} variables, and the model {len(ours)}"
        raise ValueError(f"{path}: {told}: it is another network")
    within, found = _base_of(model) is not model, []
    for own, other in zip(ours, theirs, strict=True):
        head, shapes = own.path.startswith(f"{HEAD}/"), [tuple(variable.shape) for variable in (other, own)]
        if shapes[0] == shapes[1] and not (head and within):
            found.append((own, other))
        elif not head:
            raise ValueError(told_differing(path, own.path, shapes[:1], shapes[1:], model))
    for own, other in found:
        own.assign(other)
