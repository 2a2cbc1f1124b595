"""A model before it is trained: what each layer gives, holds, costs and sees; and its graph as a picture."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras

from kerasapp.names import counted
from kerasapp.summary._calls import Call, Shape, calls
from kerasapp.summary._drawing import draw
from kerasapp.summary._flops import flops
from kerasapp.summary._receptive_field import extent, fields

__all__ = ["Row", "Summary", "draw", "summary"]


@dataclass(frozen=True)
class Row:
    """One layer at one place. Shapes are without the batch axis; what is not known is None.

    `flops` are those of one example, two for a multiply-add (see `_flops`); `receptive_field` is in pixels, height and
    width, or "all" where everything of the input is seen.
    """

    name: str
    type: str
    output: Shape | None
    parameters: int
    flops: int | None
    receptive_field: tuple[int, ...] | Literal["all"] | None


@dataclass(frozen=True)
class Summary:
    """The rows of a model and what they come to; `examples` of training, where it is known."""

    rows: list[Row]
    trainable: int
    non_trainable: int
    examples: int | None

    @property
    def parameters(self) -> int:
        return self.trainable + self.non_trainable

    @property
    def flops(self) -> int:
        """Of the layers of which it is known."""
        return sum(row.flops or 0 for row in self.rows)

    @property
    def warning(self) -> str | None:
        """Where there are more weights to learn than examples to learn them from."""
        if not self.examples or self.trainable <= self.examples:
            return None
        return (
            f"more parameters than training examples ({self.trainable / self.examples:.3g} for each): enough to learn "
            "them by heart. Against that: fewer filters or units, dropout, augmentation, early stopping, more examples"
        )

    def text(self) -> str:
        """A table in plain text, no colours."""
        head = ("layer", "type", "output", "parameters", "FLOPs", "sees")
        table = [head, *(_cells(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        form = "  ".join(f"{{:{side}{width}}}" for side, width in zip("<<<>><", widths, strict=True))
        first, *rest = (form.format(*cells).rstrip() for cells in table)
        return "\n".join([first, "-" * (sum(widths) + 2 * len(widths) - 2), *rest, "", *self._totals()])

    def as_json(self) -> dict[str, Any]:
        """Everything, as numbers."""
        return {
            "layers": [asdict(row) for row in self.rows],
            "parameters": self.parameters,
            "trainable": self.trainable,
            "non_trainable": self.non_trainable,
            "flops": self.flops,
            "examples": self.examples,
            "warning": self.warning,
        }

    def _totals(self) -> list[str]:
        unknown = any(row.flops is None for row in self.rows)
        known = f"{_spaced(self.trainable)} trainable, {_spaced(self.non_trainable)} not"
        lines = [
            f"{_spaced(self.parameters)} parameters ({known})",
            f"{'at least ' if unknown else ''}{_short(self.flops)} FLOPs an example (2 for a multiply-add)",
        ]
        if self.examples is not None:
            lines.append(counted(self.examples, "training example", _spaced(self.examples)))
        return lines if self.warning is None else [*lines, self.warning]


def summary(model: keras.Model, num_examples: int | None = None) -> Summary:
    """Looks at a built model; `num_examples` of training make it warn where parameters outnumber them."""
    found = calls(model)
    rows = [_row(call, extent(field)) for call, field in zip(found, fields(found), strict=True)]
    trainable = sum(_size(weight) for weight in model.trainable_weights)
    return Summary(rows, trainable, sum(_size(weight) for weight in model.non_trainable_weights), num_examples)


def _row(call: Call, sees: tuple[int, ...] | Literal["all"] | None) -> Row:
    parameters = 0 if call.again else sum(_size(weight) for weight in getattr(call.operation, "weights", ()))
    output = call.outputs[0][1:] if call.outputs else None
    return Row(call.name, call.kind, output, parameters, flops(call), sees)


def _size(weight: keras.Variable) -> int:
    size = 1
    for length in weight.shape:
        size *= length
    return size


def _cells(row: Row) -> tuple[str, ...]:
    sees = row.receptive_field
    return (
        row.name,
        row.type,
        "" if row.output is None else _by(row.output),
        _spaced(row.parameters) if row.parameters else "",
        "?" if row.flops is None else _short(row.flops) if row.flops else "",
        "" if sees is None else sees if isinstance(sees, str) else _by(sees),
    )


def _by(shape: tuple[int | None, ...]) -> str:
    """`8 x 8 x 32`; `any` for a size that varies."""
    return " x ".join("any" if size is None else str(size) for size in shape) or "1"


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _short(number: float) -> str:
    """Three figures: `23.6 M`."""
    for unit in ("", " k", " M", " G"):
        if number < 999.5:
            return f"{number:.3g}{unit}" if unit else str(number)
        number /= 1000
    return f"{number:.3g} T"
