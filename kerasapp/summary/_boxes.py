"""What a drawn graph shows: a box for each layer that does something, a block that comes again and again drawn once.

What changes values alone (normalisation, activation, dropout) stands in the box of the layer before it; padding,
rescaled pixels and picked columns are left out. In a graph of more than 40 boxes a block that follows itself, with the
same layers, shapes and parameters, is drawn once, with how often it comes.
"""

from dataclasses import dataclass, field
from itertools import groupby

from keras import layers

from kerasapp.summary._calls import Call, calls
from kerasapp.summary._receptive_field import WINDOWS

ATTACHED = {
    "Activation": "", "BatchNormalization": "norm", "LayerNormalization": "norm", "GroupNormalization": "norm",
    "LocalResponseNormalization": "norm",
    "ReLU": "relu", "LeakyReLU": "leaky relu", "PReLU": "prelu", "ELU": "elu", "Softmax": "softmax",
    "Dropout": "dropout", "SpatialDropout2D": "dropout",
}  # fmt: skip
PASSED_BY = {"ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D", "Pad", "GetItem", "Rescaling", "Identity"}
JOINING = {"Add", "Average", "Concatenate", "Maximum", "Multiply", "Subtract"}
MANY = 40  # boxes, from which repeated blocks are drawn once


@dataclass(eq=False)
class Box:
    """A layer with what is attached to it; `above` are the boxes that feed it."""

    call: Call
    attached: list[Call] = field(default_factory=list)
    above: list["Box"] = field(default_factory=list)
    block: int | None = None
    """Of a repeated block: a number that its boxes share."""
    times: int = 1

    @property
    def title(self) -> str:
        """A sum is called as its activation, which is what a user names: `stage_1`."""
        return self.attached[-1].name if self.attached and self.call.kind in JOINING else self.call.name

    @property
    def label(self) -> str:
        """`Conv2D 3 x 3, strides 2 · norm · relu`."""
        notes = [ATTACHED[call.kind] or call.operation.activation.__name__ for call in self.attached]
        return " · ".join([_what(self.call), *notes])

    @property
    def shape(self) -> str:
        return " x ".join("any" if size is None else str(size) for size in self.call.outputs[0][1:])


def boxes(model) -> list[Box]:
    """A model's boxes, each after those above it; none where the model is no graph of layers."""
    found = calls(model)
    users = [0] * len(found)
    for call in found:
        for parent in call.parents:
            users[parent] += 1
    made: list[Box] = []
    box_of: list[Box] = []
    for call in found:
        alone = len(call.parents) == 1
        if not call.outputs:
            return []
        if alone and call.kind in PASSED_BY:
            box_of.append(box_of[call.parents[0]])
        elif alone and call.kind in ATTACHED and users[call.parents[0]] == 1 and box_of[call.parents[0]].above:
            box_of[call.parents[0]].attached.append(call)
            box_of.append(box_of[call.parents[0]])
        else:
            made.append(Box(call, above=[box_of[parent] for parent in call.parents]))
            box_of.append(made[-1])
    return _drawn_once(made) if len(made) > MANY else made


def _drawn_once(made: list[Box]) -> list[Box]:
    """Leaves out what repeats the block before it."""
    kept: list[Box] = []
    stands_for: dict[Box, Box] = {}
    for number, (_, group) in enumerate(groupby(_blocks(made), key=_signature)):
        first, *more = group
        for box in first:
            box.above = [stands_for.get(other, other) for other in box.above]
            if more:
                box.block, box.times = number, 1 + len(more)
        kept += first
        for block in more:
            stands_for |= dict(zip(block, first, strict=True))
    return kept


def _blocks(made: list[Box]) -> list[list[Box]]:
    """Cut after each box that all later ones reach through it alone."""
    place = {box: number for number, box in enumerate(made)}
    reach = [0] * len(made)  # the last box that one takes from directly
    for box in made:
        for other in box.above:
            reach[place[other]] = max(reach[place[other]], place[box])
    blocks, furthest, start = [], 0, 0
    for number in range(len(made)):
        if furthest <= number and made[number].above:
            blocks.append(made[start : number + 1])
            start = number + 1
        furthest = max(furthest, reach[number])
    return [*blocks, made[start:]] if start < len(made) else blocks


def _signature(block: list[Box]) -> tuple:
    """Equal for blocks of the same layers, shapes, parameters and edges."""
    place = {box: number for number, box in enumerate(block)}
    return tuple(
        (
            box.label,
            box.shape,
            getattr(box.call.operation, "count_params", int)(),
            *(place.get(b, -1) for b in box.above),
        )
        for box in block
    )


def _what(call: Call) -> str:
    operation = call.operation
    if isinstance(operation, WINDOWS):
        size = getattr(operation, "kernel_size", None) or operation.pool_size
        strides = "" if set(operation.strides) == {1} else f", strides {_each(operation.strides)}"
        return f"{call.kind} {_by(size)}{strides}"
    if isinstance(operation, layers.Embedding):
        return f"{call.kind} {operation.input_dim} to {operation.output_dim}"
    if isinstance(operation, layers.InputLayer):
        return "input"
    return call.kind


def _by(sizes: tuple[int, ...]) -> str:
    return " x ".join(map(str, sizes))


def _each(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else _by(sizes)
