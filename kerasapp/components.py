"""File name -> component: what there is, what each takes (read with `ast`, nothing imported), and making one.

`models/resnet.py` is `resnet`. A user's own is `my_lab.nets:capsule` or `./nets.py:capsule`.
"""

import ast
import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from kerasapp.types import Spec

HERE = Path(__file__).parent
FACTS = re.compile(r"^    FACTS\b[^=\n]*= (\([^)]*\))", re.MULTILINE)
ENTRY = {"models": "build", "data": "load", "ops": "apply"}


class UnknownComponent(LookupError):
    """No component of that name; `.names` are those there are."""

    def __init__(self, message: str, names: list[str]):
        super().__init__(message)
        self.names = names


@dataclass(frozen=True)
class Argument:
    """One keyword-only argument: its annotation as written, and its default where it has one."""

    name: str
    annotation: ast.expr | None
    required: bool
    default: Any = None


@dataclass(frozen=True)
class Source:
    """Where a component's code is: a file, and the function or class in it."""

    path: Path
    entry: str
    module: str | None = None

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_bytes())

    @cached_property
    def node(self) -> ast.FunctionDef | ast.ClassDef:
        for node in self.tree.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == self.entry:
                return node
        there = [
            node.name
            for node in self.tree.body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"
        ]
        raise UnknownComponent(f"{self.path.name} has no {self.entry}", there)

    @property
    def doc(self) -> str:
        """The first line of the component's docstring, or of its file's."""
        text = ast.get_docstring(self.tree) or ast.get_docstring(self.node) or ""
        return text.splitlines()[0] if text else ""


@dataclass(frozen=True)
class Signature:
    """What a component takes, and what else is read from its file."""

    source: Source
    arguments: list[Argument]
    literals: dict[str, Any] = field(default_factory=dict)


def names(kind: str, entry: str | None = None) -> list[str]:
    """The stock components of a kind; of `ops` those that have the entry (`apply` or `augment`)."""
    found = sorted(path.stem for path in (HERE / kind).glob("*.py") if path.name[0] != "_")
    if kind != "ops":
        return found
    return [name for name in found if f"\ndef {entry}(" in (HERE / kind / f"{name}.py").read_text(encoding="utf-8")]


def find(kind: str, name: str, entry: str | None = None, folder: Path | None = None) -> Source:
    """The code behind a name; `folder` is the recipe's, for `./file.py:name`. Raises UnknownComponent."""
    if ":" in name:
        return _own(name, folder or Path())
    if name not in names(kind, entry):
        raise UnknownComponent(f'unknown {_SINGULAR.get(kind, kind)} "{name}"', names(kind, entry))
    word = entry or ENTRY.get(kind) or name.title().replace("_", "")
    return Source(HERE / kind / f"{name}.py", word, f"kerasapp.{kind}.{name}")


def signature(kind: str, name: str, entry: str | None = None, folder: Path | None = None) -> Signature:
    """What a component takes: keyword-only arguments of a function, fields of a Task class and its bases."""
    source = find(kind, name, entry, folder)
    if isinstance(source.node, ast.FunctionDef):
        pairs = zip(source.node.args.kwonlyargs, source.node.args.kw_defaults, strict=True)
        return Signature(source, [_argument(arg.arg, arg.annotation, default) for arg, default in pairs])
    arguments: dict[str, Argument] = {}
    literals: dict[str, Any] = {}
    _read_class(source, arguments, literals)
    return Signature(source, list(arguments.values()), literals)


def function(kind: str, name: str, entry: str | None = None, folder: Path | None = None) -> Any:
    """Imports the component: its function or class."""
    source = find(kind, name, entry, folder)
    if source.module:
        return getattr(importlib.import_module(source.module), source.entry)
    content = hash((source.path.resolve(), source.path.read_bytes()))  # an edited file is another module
    unique = f"kerasapp_own_{source.path.stem}_{abs(content)}"
    if unique not in sys.modules:
        spec = importlib.util.spec_from_file_location(unique, source.path)
        sys.modules[unique] = module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[unique]
            raise
    return getattr(sys.modules[unique], source.entry)


def create(kind: str, spec: Spec, *, folder: Path | None = None, **facts: Any) -> Any:
    """Makes the component of a Spec; of `facts` it gets those that its signature asks for."""
    given = {key: value for key, value in spec.items() if key != "name"}
    asked = {argument.name for argument in signature(kind, spec["name"], folder=folder).arguments}
    given |= {key: value for key, value in facts.items() if key in asked}
    return function(kind, spec["name"], folder=folder)(**given)


def facts() -> set[str]:
    """Every fact that some stock task offers: such a name is never a recipe key."""
    texts = (path.read_text(encoding="utf-8") for path in (HERE / "tasks").glob("*.py"))
    return {name for text in texts for row in FACTS.findall(text) for name in ast.literal_eval(row)}


_SINGULAR = {"models": "model", "tasks": "task", "data": "data source", "ops": "step"}


def _own(name: str, folder: Path) -> Source:
    where, _, entry = name.rpartition(":")
    if where.endswith(".py"):
        path = folder / where
        if not path.is_file():
            raise UnknownComponent(f"no file {where} beside the recipe", [])
        return Source(path, entry)
    parts = where.split(".")
    for base in [Path(), folder, *map(Path, sys.path)]:
        for path in (base.joinpath(*parts).with_suffix(".py"), base.joinpath(*parts, "__init__.py")):
            if path.is_file():
                return Source(path, entry, where)
    raise UnknownComponent(f"no module {where} can be found", [])


def _read_class(source: Source, arguments: dict[str, Argument], literals: dict[str, Any]) -> None:
    """Fields and literals of a class, the bases' first, as dataclasses order them."""
    for base in source.node.bases:
        parent = _base(source, base)
        if parent:
            _read_class(parent, arguments, literals)
    for item in source.node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            name = item.target.id
            if "ClassVar" in ast.unparse(item.annotation):
                if item.value is not None:
                    literals[name] = ast.literal_eval(item.value)
            elif not _is_learned(item.value):
                arguments[name] = _argument(name, item.annotation, item.value)
        elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name) and item.targets[0].id.isupper():
            literals[item.targets[0].id] = ast.literal_eval(item.value)


def _base(source: Source, base: ast.expr) -> Source | None:
    """The base class, in the same file or in a kerasapp module that the file imports it from."""
    if not isinstance(base, ast.Name):
        return None
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == base.id:
            return Source(source.path, base.id)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kerasapp."):
            for alias in node.names:
                if (alias.asname or alias.name) == base.id:
                    return Source(HERE.parent.joinpath(*node.module.split(".")).with_suffix(".py"), alias.name)
    return None


def _is_learned(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and any(keyword.arg == "init" for keyword in value.keywords)


def _argument(name: str, annotation: ast.expr | None, default: ast.expr | None) -> Argument:
    try:
        return Argument(name, annotation, default is None, None if default is None else ast.literal_eval(default))
    except ValueError:
        told = f"the default of {name} is no literal, and is read without running the file"
        raise SyntaxError(told, ("", default.lineno, default.col_offset + 1, None)) from None
