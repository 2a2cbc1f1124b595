"""A functional model as the list of its calls: each layer or operation at each place that it is used, inputs before
users.
"""

from dataclasses import dataclass

import keras

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Call:
    """One use of an operation: the numbers of the calls whose outputs it takes, and shapes with their batch axis."""

    operation: keras.Operation
    parents: tuple[int, ...]
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    again: bool = False
    """Whether an earlier call used the same weights."""

    @property
    def name(self) -> str:
        return self.operation.name

    @property
    def kind(self) -> str:
        return type(self.operation).__name__


def calls(model: keras.Model) -> list[Call]:
    """Branch after branch, from the inputs to the outputs. What is no graph of layers gives its layers, unconnected."""
    if not getattr(model, "inputs", None) or not getattr(model, "outputs", None):
        return [Call(layer, (), (), ()) for layer in model.layers]
    sources = {id(_maker(tensor)) for tensor in model.inputs}
    numbers: dict[int, int] = {}
    found: list[Call] = []
    used: set[int] = set()
    for node in _in_order(model, sources):
        tensors = [] if id(node) in sources else node.input_tensors
        numbers[id(node)] = len(found)
        found.append(
            Call(
                node.operation,
                tuple(numbers[id(_maker(tensor))] for tensor in tensors),
                tuple(tuple(tensor.shape) for tensor in tensors),
                tuple(tuple(tensor.shape) for tensor in node.outputs),
                again=id(node.operation) in used,
            )
        )
        used.add(id(node.operation))
    return found


def _in_order(model: keras.Model, sources: set[int]) -> list:
    """Keras's nodes, each after those it takes from; depth first, so that a branch stays together."""
    stack, order, done = [_maker(tensor) for tensor in [*model.outputs[::-1], *model.inputs[::-1]]], [], set()
    while stack:
        node = stack[-1]
        parents = [] if id(node) in sources else node.parent_nodes
        missing = [parent for parent in parents if id(parent) not in done]
        if missing:
            stack.extend(reversed(missing))
            continue
        stack.pop()
        if id(node) not in done:
            done.add(id(node))
            order.append(node)
    return order


def _maker(tensor: keras.KerasTensor):
    """The node that made a tensor (private in Keras, whose version is pinned)."""
    operation, node, _ = tensor._keras_history
    return operation._inbound_nodes[node]
