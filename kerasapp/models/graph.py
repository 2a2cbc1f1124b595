"""A network written in the recipe: a directed graph of Keras layers (https://keras.io/guides/functional_api).

    model:
      name: graph
      layers:
        stem:    {name: Conv2D, filters: 16, kernel_size: 3, padding: same, activation: relu}
        body:    {name: Conv2D, filters: 16, kernel_size: 3, padding: same, activation: relu}
        join:    {name: Add, inputs: [stem, body]}
        flat:    {name: Flatten}
        logits:  {name: Dense, units: $num_classes}

Layers are Keras's, by their class, or those of `kerasapp/layers/`, by their file, some of them whole blocks:
`{name: residual, filters: 32}`. A layer follows the one written above it, or those that its `inputs` names; the first
follows the task's input, called `input`, or `numeric` and `categorical` where a table has both. `$num_classes` and any
other fact of the task may stand wherever a value does. The last layer is the output, in float32 under mixed precision
too. Left out: one layer at two places (shared weights), several outputs.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from kerasapp import components
from kerasapp.errors import first_line
from kerasapp.layers._parts import made
from kerasapp.models._blocks import table_inputs
from kerasapp.types import Layers, Spec

PARTS = {"initializer": keras.initializers, "regularizer": keras.regularizers, "constraint": keras.constraints}


def build(
    *,
    image_shape: tuple[int, int, int] | None = None,
    num_numeric: int = 0,
    category_sizes: tuple[int, ...] = (),
    num_classes: int | None = None,
    num_targets: int | None = None,
    layers: Layers,
) -> keras.Model:
    """The task's input, as `cnn` and `mlp` have it -> what the last of `layers` gives: logits, so no activation.

    layers: name -> a layer of Keras's or of ours and its arguments, `inputs` besides: the layers it takes, in order.
    Raises ValueError, beginning with the layer's name, at an unknown input, a fact that the task lacks, arguments or
    shapes that a layer refuses, and a layer that nothing uses.
    """
    facts = {"image_shape": image_shape, "num_numeric": num_numeric, "category_sizes": category_sizes,
             "num_classes": num_classes, "num_targets": num_targets}  # fmt: skip
    facts = {name: value for name, value in facts.items() if value not in (None, 0, ())}
    inputs = (
        table_inputs(num_numeric, category_sizes)
        if image_shape is None
        else {"input": keras.Input(image_shape, name="input")}
    )
    tensors, previous, used = dict(inputs), list(inputs), set()
    if not layers:
        raise ValueError("layers: there are none")
    for number, (name, spec) in enumerate(layers.items(), 1):
        if name in inputs:
            raise ValueError(f'layer "{name}": the input is called so. Give the layer another name')
        sources = _sources(name, spec.get("inputs"), previous, list(tensors))
        if number == len(layers):
            spec = {**spec, "dtype": spec.get("dtype") or "float32"}
        tensors[name] = _apply(name, spec, sources, tensors, facts)
        used.update(sources)
        previous = [name]
    for name in layers:
        if name not in used and name not in previous:
            raise ValueError(f'layer "{name}": no other takes it as input, and only the last is the output')
    return keras.Model(inputs if image_shape is None else inputs["input"], tensors[name], name="graph")


def _sources(name: str, asked: str | list[str] | None, previous: list[str], known: list[str]) -> list[str]:
    """The names of what a layer takes. Raises ValueError."""
    if not asked:
        if len(previous) > 1:
            raise ValueError(f'layer "{name}": the task has several inputs. Say which: inputs: [{", ".join(previous)}]')
        return previous
    sources = [asked] if isinstance(asked, str) else asked
    for source in sources:
        if source not in known:
            told = "itself" if source == name else f'"{source}", and nothing above is called that'
            raise ValueError(f'layer "{name}": its inputs name {told}. There are {", ".join(known)}')
    return sources


def _apply(
    name: str, spec: Spec, sources: list[str], tensors: Mapping[str, keras.KerasTensor], facts: Mapping[str, Any]
) -> keras.KerasTensor:
    """Makes the layer and calls it on its inputs. Raises ValueError that names it, whatever Keras raises."""
    given = [tensors[source] for source in sources]
    try:
        arguments = {key: _filled(value, facts) for key, value in spec.items() if key != "inputs"}
        layer = _layer(name, arguments)
        return layer(*given) if len(given) == 1 or _takes_several(layer) else layer(given)
    except Exception as error:
        shapes = ", ".join(f"{source} {tensors[source].shape}" for source in sources)
        raise ValueError(f'layer "{name}" ({spec["name"]} of {shapes}): {first_line(error)}') from error


def _layer(name: str, spec: Spec) -> keras.Layer:
    """Ours takes its arguments as they stand, null too; Keras's such as are made, and its defaults for null."""
    if spec["name"] in components.names("layers"):
        given = {key: value for key, value in spec.items() if key != "name"}
        return components.function("layers", spec["name"])(**given, name=name)
    return made(keras.layers, {key: _made(key, value) for key, value in spec.items()}, name=name)


def _filled(value: Any, facts: Mapping[str, Any]) -> Any:
    """A value with its `$facts` filled in."""
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in facts:
            raise ValueError(f'the task has no fact "{value[1:]}". There are {", ".join(facts)}')
        return facts[value[1:]]
    if isinstance(value, (list, tuple)):
        return type(value)(_filled(item, facts) for item in value)
    if isinstance(value, dict):
        return {key: _filled(item, facts) for key, item in value.items()}
    return value


def _made(key: str, value: Any) -> Any:
    """A value with its specs made, such as `kernel_initializer: {name: HeNormal}`."""
    if isinstance(value, (list, tuple)):
        return type(value)(_made(key, item) for item in value)
    if isinstance(value, dict):
        inner = {name: _made(name, item) for name, item in value.items()}
        return made(PARTS.get(key.rpartition("_")[2], keras.layers), inner) if "name" in value else inner
    return value


def _takes_several(layer: keras.Layer) -> bool:
    """Whether it is called as `layer(query, value)`; otherwise as `layer([a, b])`."""
    parameters = inspect.signature(layer.call).parameters.values()
    return sum(p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD for p in parameters) > 1
