"""From the annotations of components, of Keras and of the recipe's own frame to slots: what a mapping may hold."""

import ast
import dataclasses
import functools
import inspect
import types as python_types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import PydanticUserError, TypeAdapter

from kerasapp import keras_names, types

BUILTINS = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": list,
    "dict": dict,
    "tuple": tuple,
    "Any": Any,
}
KERAS_TYPES = {  # by the argument's name, where its default says too little
    "learning_rate": types.PositiveFloat | types.Schedule,
    "initial_learning_rate": types.PositiveFloat,
    "warmup_target": types.PositiveFloat | None,
    "decay_steps": types.StepCount | None,
    "first_decay_steps": types.StepCount | None,
    "warmup_steps": types.StepCount | Literal[0],
    "boundaries": list[types.StepCount],
    "values": list[float],
    "weight_decay": types.NonNegativeFloat | None,
    "clipnorm": types.PositiveFloat | None,
    "clipvalue": types.PositiveFloat | None,
    "global_clipnorm": types.PositiveFloat | None,
    "gradient_accumulation_steps": types.PositiveInt | None,
    "ema_overwrite_frequency": types.PositiveInt | None,
    "momentum": types.Fraction,
    "filters": types.PositiveInt,
    "units": types.PositiveInt,
    "rate": types.Fraction,
    "seed": int | None,
    "activation": types.Activation | None,
}
OPTIONAL_OF_KERAS = {"decay_steps"}  # left out, they are what the run makes them


@dataclasses.dataclass(frozen=True)
class Slot:
    """One thing that a mapping may hold: its type, whether it must be there, and its default."""

    name: str
    type: Any
    required: bool
    default: Any = None

    @functools.cached_property
    def plain(self) -> bool:
        """Whether the default is what a recipe gets, with no spec in it to complete."""
        return self.default is None or isinstance(self.default, (bool, int, float)) or not holds_spec(self.type)


def slots_of(cls: Any) -> list[Slot]:
    """The slots of a frame's dataclass, or of a mapping with its own keys."""
    if keys := marker(cls, types.Keys):
        return [Slot(name, kind, not default, *default) for name, kind, *default in keys.keys]
    hints, found = _hints(cls), []
    for field in dataclasses.fields(cls):
        default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        required = default is dataclasses.MISSING
        found.append(Slot(field.name, hints[field.name], required, None if required else default))
    return found


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


def keras_slot(argument: keras_names.KerasArgument) -> Slot:
    """An argument of a Keras class: its type by its name, or by its default."""
    name, default = argument.name, argument.default
    required = argument.required and name not in OPTIONAL_OF_KERAS
    if name in KERAS_TYPES:
        return Slot(name, KERAS_TYPES[name], required, default)
    if name.endswith("_initializer"):
        return Slot(name, str | types.Initializer | None, required, default)
    if name.endswith("_regularizer"):
        return Slot(name, str | types.Regularizer | None, required, default)
    kind = type(default) if isinstance(default, (bool, float, str)) else Any
    return Slot(name, kind if default is not None else Any, required, default)


def type_of(annotation: ast.expr | None) -> Any:
    """The type that an annotation names, without importing the file it stands in; Any where that can't be told."""
    return Any if annotation is None else _type_of(ast.unparse(annotation))


@functools.cache
def _type_of(annotation: str) -> Any:
    try:
        tree = ast.parse(annotation, mode="eval").body
        found = _named(tree)
        if not isinstance(tree, ast.Name):
            TypeAdapter(found)
    except (NameError, TypeError, ValueError, SyntaxError, PydanticUserError):
        return Any
    return found


def _named(annotation: ast.expr | None) -> Any:
    if annotation is None:
        return Any
    if isinstance(annotation, ast.Constant):
        if isinstance(annotation.value, str):
            return _named(ast.parse(annotation.value, mode="eval").body)
        return type(None) if annotation.value is None else annotation.value
    if isinstance(annotation, ast.BinOp):
        return Union[_named(annotation.left), _named(annotation.right)]  # noqa: UP007
    if isinstance(annotation, ast.Subscript):
        parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if ast.unparse(annotation.value).endswith("Literal"):
            return Literal[tuple(ast.literal_eval(part) for part in parts)]
        if ast.unparse(annotation.value).endswith("Optional"):
            return _named(parts[0]) | None
        return _named(annotation.value)[tuple(map(_named, parts))]
    word = (
        annotation.id
        if isinstance(annotation, ast.Name)
        else annotation.attr
        if isinstance(annotation, ast.Attribute)
        else ""
    )
    found = BUILTINS.get(word) or getattr(types, word, Any)
    return found if word in BUILTINS or not (inspect.isclass(found) or inspect.isroutine(found)) else Any


def options(kind: Any) -> tuple:
    """The members of a union, or the type alone."""
    return get_args(kind) if get_origin(kind) in (Union, python_types.UnionType) else (kind,)


def marker(kind: Any, cls: type) -> Any:
    """What `kerasapp.types` marked an annotation with."""
    return next((item for item in getattr(kind, "__metadata__", ()) if isinstance(item, cls)), None)


def inner_spec(option: Any) -> Any:
    """The marked Spec inside `list[...]` or `dict[str, ...]`."""
    if get_origin(option) not in (list, dict):
        return None
    inner = get_args(option)[-1]
    return inner if holds_spec(inner) else None


def is_frame(kind: Any) -> bool:
    """Whether the type is a mapping of the recipe's own frame, or one whose keys are known."""
    return dataclasses.is_dataclass(kind) or marker(kind, types.Keys) is not None


def holds_spec(kind: Any) -> bool:
    """Whether a component, or a frame, stands somewhere in the type."""
    if is_frame(kind):
        return True
    return bool(marker(kind, types.Component)) or any(
        holds_spec(part) for part in get_args(kind) if get_origin(kind) is not Annotated
    )
