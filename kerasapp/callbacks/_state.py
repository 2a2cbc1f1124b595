"""The file that training is resumed from: every variable that a step reads or changes, and where training was.

One npz, replaced whole: a kill or a full disk leaves the one before. Keras's own BackupAndRestore leaves out the seeds
of dropout, the running means of an epoch's metrics, and the step within the epoch.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import ml_dtypes  # noqa: F401 - gives NumPy the names of bfloat16 and its like
import numpy as np
from keras.src.random.seed_generator import global_seed_generator

from kerasapp.errors import RunError, first_line
from kerasapp.files import replacing

VERSION = 1
META = "meta"
PARTS = ("model", "optimizer", "seed", "metrics")


@dataclass(frozen=True)
class Position:
    """Where training is: the stage (from 0), the epoch that it began with, the epoch in progress, the steps of it that
    are done; and how many steps a kept optimizer had taken when the stage began. Epochs count on through the stages."""

    stage: int = 0
    began: int = 0
    epoch: int = 0
    step: int = 0
    taken: int = 0


@dataclass(frozen=True)
class State:
    """What was saved: `values` by part of PARTS, in the order of `variables_of`; `callbacks` their states by name."""

    position: Position
    callbacks: dict[str, dict[str, Any]]
    values: dict[str, list[np.ndarray]]


def optimizers_of(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """The model's optimizers: the one that it was compiled with, and what a training step of its own holds besides, as
    an attribute or in a list or mapping that is one."""
    compiled = getattr(model, "optimizer", None)
    found = {} if compiled is None else {id(compiled): compiled}
    for _, value in sorted(vars(model).items()):
        several = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else [value]
        found |= {id(one): one for one in several if isinstance(one, keras.optimizers.Optimizer)}
    return list(found.values())


def variables_of(model: keras.Model) -> dict[str, list[keras.Variable]]:
    """All that a training step reads and changes: weights and seeds, optimizers, Keras's own seed, running metrics."""
    return {
        "model": model.variables,
        "optimizer": [variable for optimizer in optimizers_of(model) for variable in optimizer.variables],
        "seed": [global_seed_generator().state],
        "metrics": model.metrics_variables,
    }


def values_of(model: keras.Model) -> dict[str, list[np.ndarray]]:
    """The values of `variables_of`, as NumPy arrays of their own memory."""
    return {
        part: [np.array(keras.ops.convert_to_numpy(variable.value)) for variable in variables]
        for part, variables in variables_of(model).items()
    }


def assign(variables: list[keras.Variable], values: list[np.ndarray], where: Path) -> None:
    """Gives variables their saved values. Raises RunError where they are not those that were saved."""
    if len(variables) != len(values):
        told = f"{len(values)} variables were saved, and there are {len(variables)}"
        way_out = (
            "One that a first step makes must be made in `build` or `compile`; else the code has changed: start anew"
        )
        raise RunError(where, f"does not fit: {told}. {way_out}")
    for variable, value in zip(variables, values, strict=True):
        if tuple(variable.shape) != value.shape:
            told = f"{variable.path} has the shape {tuple(variable.shape)}, and {value.shape} was saved"
            raise RunError(where, f"does not fit: {told}. The code has changed since: start anew")
        variable.assign(value)


def write_state(path: Path, state: State) -> None:
    """Replaces the file, whole or not at all. Raises OSError."""
    arrays: list[np.ndarray] = [array for part in PARTS for array in state.values[part]]
    meta = {
        "version": VERSION,
        "position": asdict(state.position),
        "callbacks": state.callbacks,
        "counts": {part: len(state.values[part]) for part in PARTS},
        "dtypes": [array.dtype.name for array in arrays],
    }
    stored = {str(number): array.view(f"u{array.itemsize}") for number, array in enumerate(map(_at_least_1d, arrays))}
    shapes = [array.shape for array in arrays]
    text = json.dumps(meta | {"shapes": shapes}).encode()
    with replacing(path) as beside, open(beside, "wb") as stream:
        np.savez(stream, **{META: np.frombuffer(text, "uint8")}, **stored)


def read_state(path: Path) -> State | None:
    """The saved state; None where nothing was saved yet. Raises RunError for a file that is none."""
    if not path.exists():
        return None
    try:
        with np.load(path) as stored:
            meta = json.loads(stored[META].tobytes())
            if meta["version"] != VERSION:
                raise RunError(path, "was saved by another version of kerasapp. Go on with that one, or start anew")
            named = zip(meta["dtypes"], meta["shapes"], strict=True)
            arrays = [stored[str(number)].view(dtype).reshape(shape) for number, (dtype, shape) in enumerate(named)]
        return State(Position(**meta["position"]), meta["callbacks"], dict(_parted(arrays, meta["counts"])))
    except PermissionError as error:
        raise RunError(path, f"{error.strerror.lower()}. Make it readable, and go on") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise RunError(path, f"can't be read ({first_line(error)}). Start anew: this run can't go on") from None


def _parted(arrays: list[np.ndarray], counts: dict[str, int]) -> Iterable[tuple[str, list[np.ndarray]]]:
    start = 0
    for part in PARTS:
        yield part, arrays[start : start + counts[part]]
        start += counts[part]


def _at_least_1d(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.atleast_1d(array))
