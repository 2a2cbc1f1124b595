"""A user's own code, `./nets.py:tower` or `my_lab.nets:capsule`: where it is, what it is made of, importing it.

It is imported as a package of its own, named by a hash of its place and content: two files of one name, or one before
and after a change, never mix. In it `import blocks`, `from .blocks import x` and `from my_lab.blocks import x` reach
the files beside it and those of its package, as Python finds them for a script. What is installed (site-packages) is
no code of one's own: it is imported by its name as ever. Left out: modules named by a string (`import_module("x")`).
"""

import ast
import builtins
import hashlib
import importlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

PREFIX = "kerasapp_own_"


@dataclass(frozen=True)
class OwnModule:
    """A file of the user's: `root` is the folder in which its absolute imports begin, `name` is dotted from there."""

    root: Path
    name: str
    path: Path

    @property
    def installed(self) -> bool:
        """Whether it belongs to Python or to a package that pip put there."""
        libraries = {"site-packages", "dist-packages"} & {*self.root.parts}
        return bool(libraries) or str(self.root) == sysconfig.get_path("stdlib")

    @property
    def package(self) -> str:
        """The package that its relative imports begin in; empty where it stands in none."""
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    def files(self) -> dict[str, Path]:
        """Path below `root` -> file: itself, its package, and of the user's files whatever these import."""
        found: dict[str, Path] = {}
        waiting = [self, *_of_package(self)]
        while waiting:
            module = waiting.pop()
            key = module.path.relative_to(self.root).as_posix()
            if key not in found:
                found[key] = module.path
                waiting += _imported_by(module)
        return dict(sorted(found.items()))


def located(where: str, folder: Path) -> OwnModule:
    """The module behind `./nets.py`, `my_lab.nets`, or `./code/my_lab.nets`: a folder and a module in it.

    A file is looked for in `folder`, a module also in the current directory and on Python's path. Raises LookupError.
    """
    if where.endswith(".py"):
        if not _is_file(folder / where):
            raise LookupError(f"no file {where} beside the recipe")
        return _of_file((folder / where).resolve())
    place, _, dotted = where.rpartition("/")
    if not all(part.isidentifier() for part in dotted.split(".")):
        raise LookupError(f'"{where}" is neither a file (./nets.py) nor a module (my_lab.nets)')
    for base in [folder / place] if place else [Path(), folder, *map(Path, sys.path)]:
        path = _file(base, dotted)
        if path:
            return OwnModule(base.resolve(), dotted, path.resolve())
    raise LookupError(f"no module {where} can be found")


def imported(module: OwnModule) -> ModuleType:
    """Imports it; what it raises, it raises."""
    if module.installed:
        return importlib.import_module(module.name)
    name = f"{_package(module)}.{module.name}"
    importlib.import_module(name.rpartition(".")[0])
    if name not in sys.modules:
        spec = _spec(name, module.path)
        sys.modules[name] = made = module_from_spec(spec)
        try:
            spec.loader.exec_module(made)
        except BaseException:
            sys.modules.pop(name, None)
            raise
    return sys.modules[name]


def beside(module: OwnModule, name: str, level: int = 0) -> OwnModule | None:
    """The user's own module that `from ..name import x` (two dots: level 2) means in `module`; None: none of these."""
    if level:
        parts = module.package.split(".") if module.package else []
        above = parts[: len(parts) - level + 1]
        dotted = ".".join([*above, name]).strip(".") if level <= len(parts) + 1 else ""
    else:
        dotted = _own_name(module.root, module.package, name) or ""
    path = _file(module.root, dotted) if dotted else None
    return OwnModule(module.root, dotted, path) if path else None


def is_own(name: str | None) -> bool:
    """Whether a module's `__name__` is one that this file gave."""
    return bool(name) and name.startswith(PREFIX)


def _of_file(path: Path) -> OwnModule:
    """The module of a file: its root is the first folder above that is no package."""
    root = path.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    names = [*path.parent.relative_to(root).parts, path.stem.replace(".", "_")]
    if path.name == "__init__.py" and len(names) > 1:
        names.pop()
    return OwnModule(root, ".".join(names), path)


def _of_package(module: OwnModule) -> Iterator[OwnModule]:
    """Every file of the package that a module stands in, whether imported or not."""
    top, dot, _ = module.name.partition(".")
    if not dot and module.path.name != "__init__.py":
        return
    for folder, folders, names in os.walk(module.root / top):
        folders[:] = [name for name in folders if name.isidentifier() and _is_file(Path(folder, name, "__init__.py"))]
        for name in names:
            stem, dot, suffix = name.partition(".")
            if suffix == "py":
                parts = Path(folder).relative_to(module.root).parts
                dotted = ".".join(parts if stem == "__init__" else (*parts, stem))
                yield OwnModule(module.root, dotted, Path(folder, name))


def _imported_by(module: OwnModule) -> Iterator[OwnModule]:
    """The user's own modules that a file names in its import statements, and the packages that these stand in."""
    try:
        tree = ast.parse(module.path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, OSError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name, 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(f"{node.module or ''}.{alias.name}".strip("."), node.level) for alias in node.names]
            names.append((node.module or "", node.level))
        else:
            continue
        for name, level in names:
            parts = name.split(".")
            above = (beside(module, ".".join(parts[:length]), level) for length in range(1, len(parts) + 1))
            yield from (found for found in above if found)


def _own_name(root: Path, package: str, name: str) -> str | None:
    """The dotted name below `root` of an absolute import; None where it is none of the user's files."""
    head = name.partition(".")[0]
    if not head or head in sys.stdlib_module_names or head == "kerasapp":
        return None
    if _file(root, head) or head == package.partition(".")[0]:
        return name
    return f"{package}.{name}" if package and _file(root, f"{package}.{head}") else None


def _file(base: Path, dotted: str) -> Path | None:
    parts = dotted.split(".")
    choices = base.joinpath(*parts, "__init__.py"), base.joinpath(*parts[:-1], f"{parts[-1]}.py")
    return next((path for path in choices if _is_file(path)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long, a zero byte
        return False


def _package(module: OwnModule) -> str:
    """Makes the package that a root is imported as; gives its name."""
    digest = hashlib.sha256(str(module.root).encode())
    for key, path in module.files().items():
        digest.update(f"\0{key}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    name = PREFIX + digest.hexdigest()[:16]
    if name not in sys.modules:
        sys.modules[name] = made = ModuleType(name)
        made.__path__ = [str(module.root)]
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    return name


class _Finder:
    """Finds the modules below the packages that `_package` made."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        package, _, dotted = name.partition(".")
        if not is_own(package) or not dotted or package not in sys.modules:
            return None
        root = Path(sys.modules[package].__path__[0])
        if file := _file(root, dotted):
            return _spec(name, file)
        folder = root.joinpath(*dotted.split("."))
        if not folder.is_dir():
            return None
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
        return spec


class _Loader(SourceFileLoader):
    """Compiles anew each time, so that no file that Python keeps is older than the source, and finds what is beside."""

    def get_code(self, fullname: str) -> Any:
        return self.source_to_code(self.get_data(self.path), self.path)

    def exec_module(self, module: ModuleType) -> None:
        find = partial(_import, *module.__package__.partition(".")[::2])
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": find}
        super().exec_module(module)


def _spec(name: str, path: Path) -> ModuleSpec:
    inside = [str(path.parent)] if path.name == "__init__.py" else None
    return spec_from_file_location(name, path, loader=_Loader(name, str(path)), submodule_search_locations=inside)


def _import(
    package: str,
    inner: str,
    name: str,
    globals: dict | None = None,
    locals: dict | None = None,
    fromlist: tuple = (),
    level: int = 0,
) -> Any:
    """`__import__` of a user's module: an absolute name of one of the user's files is that file."""
    own = None if level else _own_name(Path(sys.modules[package].__path__[0]), inner, name)
    if own is None:
        return builtins.__import__(name, globals, locals, fromlist, level)
    found = builtins.__import__(f"{package}.{own}", globals, locals, fromlist or ("",), 0)
    head = f"{package}.{own.removesuffix(name)}{name.partition('.')[0]}"
    return found if fromlist else sys.modules[head]
