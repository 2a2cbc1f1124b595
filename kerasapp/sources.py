"""A component's file as a syntax tree: what the function or class in it takes, read without importing it."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from kerasapp import keras_names
from kerasapp.errors import first_line
from kerasapp.own_code import OwnModule, beside

HERE = Path(__file__).parent


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
    own: OwnModule | None = None
    """A user's own file; else it is the module `module`."""

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.path.read_bytes() if self.own else self._read())
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            if getattr(error, "lineno", None):
                raise
            raise SyntaxError(first_line(error), ("", 1, 1, None)) from None  # a zero byte, brackets in brackets
        except OSError as error:
            raise UnknownComponent(f"{self.path}: {(error.strerror or str(error)).lower()}", []) from None

    def _read(self) -> str:
        """Of a stock function's file its head and the function: the parts below it say nothing of what it takes."""
        text = self.path.read_text(encoding="utf-8")
        head, *parts = keras_names.TOP.split(text)
        return next((head + part for part in parts if part.startswith(f"def {self.entry}(")), text)

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
        raise UnknownComponent(f'{self.path.name} has no function or class "{self.entry}"', there)

    @property
    def doc(self) -> str:
        """The first line of the component's docstring, or of its file's."""
        text = ast.get_docstring(self.tree) or ast.get_docstring(self.node) or ""
        return text.splitlines()[0] if text else ""


def read_class(source: Source, arguments: dict[str, Argument], literals: dict[str, Any]) -> None:
    """Fields and literals of a class, the bases' first, as dataclasses order them."""
    for base in source.node.bases:
        parent = _base(source, base)
        if parent:
            read_class(parent, arguments, literals)
    for item in source.node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            name = item.target.id
            if "ClassVar" in ast.unparse(item.annotation):
                read_literal(name, item.value, literals)
            elif not _is_learned(item.value):
                arguments[name] = argument_of(name, item.annotation, item.value)
        elif isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name) and item.targets[0].id.isupper():
            read_literal(item.targets[0].id, item.value, literals)


def arguments_of_layer(node: ast.ClassDef) -> list[Argument]:
    """The arguments of a layer's `__init__`, in order."""
    made = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
    if made is None:
        return []
    given = made.args.args[1:]
    defaults = [*[None] * (len(given) - len(made.args.defaults)), *made.args.defaults]
    pairs = [*zip(given, defaults, strict=True), *zip(made.args.kwonlyargs, made.args.kw_defaults, strict=True)]
    return [argument_of(each.arg, each.annotation, default) for each, default in pairs]


def read_literal(name: str, value: ast.expr | None, literals: dict[str, Any]) -> None:
    """Constants that are no literals are the class's own affair, but for those that are read without an import."""
    if value is None:
        return
    try:
        found = ast.literal_eval(value)
    except ValueError:
        found = None
    if name in ("FACTS", "METRICS") and not (isinstance(found, tuple) and all(isinstance(word, str) for word in found)):
        raise refused_at(value, f"{name} is a tuple of words, written out: it is read without running the file")
    if name == "TRAIN" and not isinstance(found, dict):
        raise refused_at(value, f"{name} is a mapping, written out: it is read without running the file")
    literals[name] = found


def _base(source: Source, base: ast.expr) -> Source | None:
    """The base class: in the same file, or in one of kerasapp's or of the user's that the file imports it from."""
    word = ast.unparse(base)
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node.name == word and node is not source.node:
            return Source(source.path, word, own=source.own)
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        module, level = (node.module or "", node.level) if isinstance(node, ast.ImportFrom) else ("", 0)
        for alias in node.names:
            local, dotted = alias.asname or alias.name, f"{module}.{alias.name}".strip(".")
            if local == word:
                return _source(source, module, level, alias.name)
            if word.rpartition(".")[0] == local:
                return _source(source, dotted, level, word.rpartition(".")[2])
    return None


def _source(importing: Source, module: str, level: int, entry: str) -> Source | None:
    """What `from module import entry` means in a component's file; None: nothing of kerasapp's or the user's."""
    if not level and module.startswith("kerasapp."):
        return Source(HERE.parent.joinpath(*module.split(".")).with_suffix(".py"), entry)
    found = importing.own and beside(importing.own, module, level)
    return Source(found.path, entry, own=found) if found else None


def _is_learned(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and any(keyword.arg == "init" for keyword in value.keywords)


def argument_of(name: str, annotation: ast.expr | None, default: ast.expr | None) -> Argument:
    """Raises SyntaxError for a default that is no literal."""
    try:
        return Argument(name, annotation, default is None, None if default is None else ast.literal_eval(default))
    except ValueError:
        raise refused_at(
            default, f"the default of {name} is no literal, and is read without running the file"
        ) from None


def refused_at(node: ast.AST, message: str) -> SyntaxError:
    """The error of what a file says there."""
    return SyntaxError(message, ("", node.lineno, node.col_offset + 1, None))
