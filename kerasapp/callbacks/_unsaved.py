"""What a training step changes, or draws from, that no saved state holds."""

from collections.abc import Iterator
from typing import Any

import keras
import tensorflow as tf

from kerasapp.callbacks._state import variables_of

RANDOM = ("Random", "Multinomial", "TruncatedNormal", "ParameterizedTruncatedNormal")  # how stateful ones begin


def unsaved(model: keras.Model) -> list[str]:
    """Variables and random operations, by their names, in the training function once it was traced; [] if it was not.

    Keras's variables are found by `variables_of`; a bare `tf.Variable` or `tf.random.Generator` and TensorFlow's
    stateful random operations are not.
    """
    saved = {id(variable.value) for part in variables_of(model).values() for variable in part}
    found = []
    for graph in _graphs(model.train_function):
        found += [f"the variable {v.name}" for v in graph.variables if id(v) not in saved]
        found += [f"the operation {kind}" for kind in _stateful(graph)]
    return list(dict.fromkeys(found))


def _graphs(function: Any) -> Iterator[tf.Graph]:
    """Of each trace of the tf.function inside Keras's wrapper."""
    for cell in getattr(function, "__closure__", None) or ():
        inner = cell.cell_contents
        if hasattr(inner, "_list_all_concrete_functions"):
            yield from (trace.graph for trace in inner._list_all_concrete_functions())


def _stateful(graph: tf.Graph) -> Iterator[str]:
    definition = graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    for kind in sorted({node.op for node in nodes}):
        if kind.startswith(RANDOM) and "Dataset" not in kind:
            yield kind
