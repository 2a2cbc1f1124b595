"""What the installed Keras offers, by name, with the arguments of each: read with `ast`, nothing imported."""

import ast
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TOP = re.compile(r"^(?=class |def |@)", re.MULTILINE)  # a file of Keras, whose parts are quicker to read than the whole
CLASS = re.compile(r"class (\w+)")
FUNCTIONS = ("activations", "applications")
PARTS = (*FUNCTIONS, "initializers", "layers", "losses", "optimizers", "optimizers.schedules", "regularizers")
NO_CLASSES = {  # abstract, or nothing that a recipe can fill
    *(
        "Optimizer",
        "LearningRateSchedule",
        "Initializer",
        "Regularizer",
        "Loss",
        "Layer",
        "Wrapper",
        "LossScaleOptimizer",
    ),
    *("Input", "InputLayer", "InputSpec", "Lambda", "TFSMLayer", "FlaxLayer", "JaxLayer", "TorchModuleWrapper"),
}
LAYER_KEYWORDS = ("trainable", "dtype", "activity_regularizer", "autocast")


@dataclass(frozen=True)
class KerasArgument:
    """One argument of a Keras class; `required` where it has no default, `default` a literal or None."""

    name: str
    required: bool
    default: Any


def package() -> Path:
    """The folder of the installed Keras (a top-level find_spec imports nothing)."""
    return Path(find_spec("keras").submodule_search_locations[0])


def names(part: str) -> dict[str, tuple[str, str]]:
    """Public names of a part of Keras (`optimizers`), each with the module and the name under which it is defined."""
    tree = ast.parse((package() / part.replace(".", "/") / "__init__.py").read_text())
    found = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("keras.src")
        for alias in node.names
    }
    if part == "activations":
        return {name: where for name, where in found.items() if name not in ("deserialize", "get", "serialize")}
    return {name: where for name, where in found.items() if name[0].isupper() and name not in NO_CLASSES}


def arguments(part: str, name: str) -> list[KerasArgument]:
    """The arguments of a public class, in the order of its `__init__`."""
    found = _initializer(*names(part)[name])
    if part == "layers":
        known = {argument.name for argument in found}
        found += [KerasArgument(key, False, None) for key in LAYER_KEYWORDS if key not in known]
    return found


def _initializer(module: str, name: str) -> list[KerasArgument]:
    """Follows the base classes, by their imports, to the first that defines `__init__`."""
    parts = TOP.split((package().parent / (module.replace(".", "/") + ".py")).read_text())
    classes = {found[1]: part for part in parts if (found := CLASS.match(part))}
    node = ast.parse(classes[name]).body[0]
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return _arguments(item)
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            return _initializer(module, base.id)
        where = _import_of(ast.parse(parts[0]), base)
        if where:
            return _initializer(*where)
    return []


def _import_of(tree: ast.Module, base: ast.expr) -> tuple[str, str] | None:
    """(module, class) of a base written as `Base` or `module.Base`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            local = alias.asname or alias.name
            if isinstance(base, ast.Name) and local == base.id:
                return node.module, alias.name
            if isinstance(base, ast.Attribute) and isinstance(base.value, ast.Name) and local == base.value.id:
                return f"{node.module}.{alias.name}", base.attr
    return None


def _arguments(function: ast.FunctionDef) -> list[KerasArgument]:
    positional = function.args.args[1:]
    defaults = [None] * (len(positional) - len(function.args.defaults)) + function.args.defaults
    pairs = [
        *zip(positional, defaults, strict=True),
        *zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True),
    ]
    return [
        KerasArgument(argument.arg, default is None, _literal(default))
        for argument, default in pairs
        if argument.arg != "name"
    ]


def _literal(node: ast.expr | None) -> Any:
    try:
        return None if node is None else ast.literal_eval(node)
    except ValueError:
        return None
