"""File name -> component: what there is, what each takes (read with `ast`, nothing imported), and making one.

`models/resnet.py` is `resnet`. A user's own is `my_lab.nets:capsule` or `./nets.py:capsule`.
"""

import ast
import importlib
import re
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kerasapp.blame import blaming
from kerasapp.own_code import imported, located
from kerasapp.sources import (
    HERE,
    Argument,
    Source,
    UnknownComponent,
    argument_of,
    arguments_of_layer,
    read_class,
    read_literal,
    refused_at,
)
from kerasapp.types import Spec

FACTS = re.compile(r"^    FACTS\b[^=\n]*= (\([^)]*\))", re.MULTILINE)
ENTRY = {"models": "build", "data": "load", "losses": "loss", "ops": "apply"}
BELONGS = {  # entries of steps, and what a recipe names them in
    "apply": "is no random step, and belongs in preprocessing",
    "augment": "is a random step, and belongs in augmentation",
    "mix": "mixes examples and their labels, and belongs in mixing",
}


@dataclass(frozen=True)
class Signature:
    """What a component takes, and what else is read from its file."""

    source: Source
    arguments: list[Argument]
    literals: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """Of its arguments."""
        return {argument.name for argument in self.arguments}


def names(kind: str, entry: str | None = None) -> list[str]:
    """The stock components of a kind; of `ops` those that have the entry (`apply`, `augment`, `mix` or `learn`), of
    `layers` those whose file holds a class of its name.
    """
    found = sorted(path.stem for path in (HERE / kind).glob("*.py") if path.name[0] != "_")
    if kind not in ("ops", "layers"):
        return found
    texts = {name: (HERE / kind / f"{name}.py").read_text(encoding="utf-8") for name in found}
    if kind == "ops":
        return [name for name in found if f"\ndef {entry}(" in texts[name]]
    return [name for name in found if f"\nclass {_camel(name)}(" in texts[name]]


def find(kind: str, name: str, entry: str | None = None, folder: Path | None = None) -> Source:
    """The code behind a name; `folder` is the recipe's, for `./file.py:name`. Raises UnknownComponent."""
    if ":" in name:
        return _own(name, folder or Path())
    if name not in names(kind, entry):
        other = next((word for word in BELONGS if kind == "ops" and name in names(kind, word)), None)
        if other and entry in BELONGS:
            raise UnknownComponent(f'"{name}" {BELONGS[other]}', [])
        raise UnknownComponent(f'unknown {_SINGULAR.get(kind, kind)} "{name}"', names(kind, entry))
    word = entry or ENTRY.get(kind) or _camel(name)
    return Source(HERE / kind / f"{name}.py", word, f"kerasapp.{kind}.{name}")


def signature(kind: str, name: str, entry: str | None = None, folder: Path | None = None) -> Signature:
    """What a component takes: keyword-only arguments of a function, those of a layer's `__init__`, fields of a Task
    class and its bases.

    Its literals are the constants of the class; of a model the TRAIN of its file.
    """
    source = find(kind, name, entry, folder)
    if source.own:
        _check_form(kind, entry, source)
    literals: dict[str, Any] = {}
    if isinstance(source.node, ast.FunctionDef):
        pairs = zip(source.node.args.kwonlyargs, source.node.args.kw_defaults, strict=True)
        found = [argument_of(arg.arg, arg.annotation, default) for arg, default in pairs]
        for item in source.tree.body if kind == "models" else ():
            if isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "TRAIN":
                read_literal("TRAIN", item.value, literals)
        return Signature(source, found, literals)
    if kind == "layers":
        return Signature(source, arguments_of_layer(source.node), literals)
    arguments: dict[str, Argument] = {}
    read_class(source, arguments, literals)
    return Signature(source, list(arguments.values()), literals)


def function(kind: str, name: str, entry: str | None = None, folder: Path | None = None) -> Any:
    """Imports the component: its function or class."""
    source = find(kind, name, entry, folder)
    with _blaming(source):
        module = imported(source.own) if source.own else importlib.import_module(source.module)
        return getattr(module, source.entry)


def create(kind: str, spec: Spec, *, folder: Path | None = None, **facts: Any) -> Any:
    """Makes the component of a Spec; of `facts` it gets those that its signature asks for.

    What a user's own component raises is an OwnCodeError.
    """
    given = {key: value for key, value in spec.items() if key != "name"}
    told = signature(kind, spec["name"], folder=folder)
    given |= {key: value for key, value in facts.items() if key in told.names}
    made = function(kind, spec["name"], folder=folder)
    with _blaming(told.source):
        return made(**given)


def absolute(name: str, folder: Path) -> str:
    """The name of a user's own component as it is found from any folder."""
    where, _, entry = name.rpartition(":")
    module = _own(name, folder).own
    if module.installed:
        return name
    return f"{module.path if where.endswith('.py') else module.root / module.name}:{entry}"


def in_graph(name: str, folder: Path | None = None) -> bool:
    """Whether a step of preprocessing is made of TensorFlow ops: its file does not say `GRAPH = False`."""
    told: dict[str, Any] = {}
    for node in find("ops", name, "apply", folder).tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "GRAPH":
            read_literal("GRAPH", node.value, told)
    return told.get("GRAPH") is not False


def facts() -> set[str]:
    """Every fact that some stock task offers: such a name is never a recipe key."""
    texts = (path.read_text(encoding="utf-8") for path in (HERE / "tasks").glob("*.py"))
    return {name for text in texts for row in FACTS.findall(text) for name in ast.literal_eval(row)}


def _camel(name: str) -> str:
    return name.title().replace("_", "")


_SINGULAR = {"models": "model", "tasks": "task", "data": "data source", "losses": "loss", "ops": "step"}
_FORM = {
    "models": "*, image_shape, num_classes, ...",
    "tasks": "ImageClassification",
    "data": "*, path, ...",
    "apply": "images, *, ...",
    "augment": "images, keys, *, ...",
    "mix": "images, targets, keys, *, ...",
}


def _own(name: str, folder: Path) -> Source:
    where, _, entry = name.rpartition(":")
    try:
        module = located(where, folder)
    except LookupError as error:
        raise UnknownComponent(str(error), []) from None
    return Source(module.path, entry, own=module)


def _blaming(source: Source) -> Any:
    return blaming(source.path, source.entry, source.node.lineno) if source.own else nullcontext()


def _check_form(kind: str, entry: str | None, source: Source) -> None:
    """Raises SyntaxError where a user's component is not of the form that its kind has."""
    node, shape = source.node, _FORM.get(entry or kind, _FORM["models"])
    if isinstance(node, ast.ClassDef):
        if kind != "tasks":
            raise refused_at(
                node, f"{node.name} is a class, and a {_SINGULAR[kind]} is a function: def {node.name}({shape})"
            )
        if not node.bases:
            raise refused_at(node, f"{node.name} is no task: derive it from one, class {node.name}({shape})")
        fields = [item for item in node.body if isinstance(item, ast.AnnAssign) and "ClassVar" not in ast.unparse(item)]
        if fields and not any("dataclass" in ast.unparse(one) for one in node.decorator_list):
            told = f"{node.name} has arguments of its own and is no dataclass"
            raise refused_at(fields[0], f"{told}: write @dataclass(frozen=True, kw_only=True) above it")
        return
    if kind == "tasks":
        raise refused_at(node, f"{node.name} is a function, and a task is a class, such as class {node.name}({shape})")
    before = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    wanted = shape.partition("*")[0].count(",")
    if len(before) - len(node.args.defaults) > wanted or (len(before) != wanted and not node.args.vararg):
        told = f"{node.name} takes {', '.join(before)} by position"
        told = told if before else f"{node.name} takes nothing by position"
        raise refused_at(node, f"{told}, and a {_SINGULAR[kind]} is called by name: def {node.name}({shape})")
