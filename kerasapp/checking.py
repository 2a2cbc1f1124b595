"""Holds a recipe's tree against the signatures of what it names, fault by fault, and fills in the defaults."""

import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, get_origin

from pydantic import TypeAdapter, ValidationError

from kerasapp import components, keras_names, types
from kerasapp.annotations import Slot, inner_spec, is_frame, keras_slot, marker, options, slots_of, type_of
from kerasapp.errors import Fault
from kerasapp.names import meant
from kerasapp.paths import as_node, filled
from kerasapp.reading import Node
from kerasapp.wording import complaint, shown

INPUTS = (Slot("inputs", str | list[str] | None, False),)
"""What a layer of `model: graph` takes besides its own arguments."""
OF_LAYERS = (Slot("trainable", bool, False, True), Slot("dtype", str | None, False))
"""What a layer of `layers/` takes besides what its file says."""
OWN = {"keras.losses": "losses", "keras.layers": "layers"}
"""Parts of Keras beside which a recipe may name a file of ours."""
OWN_DEFAULTS = ("model", "task")
"""What has defaults of `train`: those of the model stand over those of the task."""
GUESSES = 100  # faults of one recipe that say what may have been meant


class Checker:
    """Collects the faults of one recipe; each method gives the resolved value, or None after noting why not."""

    def __init__(self, folder: Path, facts: set[str], offered: tuple[str, ...] = ()):
        self.folder, self.facts, self.offered = folder, facts, offered
        self.faults: list[Fault] = []
        self._slots: dict[tuple, list[Slot] | Exception] = {}
        self._signatures: dict[tuple, components.Signature] = {}
        self._adapters: dict[int, tuple[Any, TypeAdapter]] = {}

    def spec(
        self,
        kind: str,
        node: Node,
        path: str,
        *,
        entry: str | None = None,
        fallback: str | None = None,
        extra: tuple[Slot, ...] = (),
    ) -> dict | None:
        """A component's Spec, complete: `cnn` or `{name: cnn, ...}`."""
        name_node, items = (node, {}) if isinstance(node.value, str) else (None, node.value)
        if not isinstance(items, dict):
            return self.note(
                node,
                path,
                f"expected a {_NOUN.get(kind, 'name')} (a name, or a mapping with a name), got {shown(node.value)}",
            )
        name_node = name_node or items.get("name")
        name = fallback if name_node is None else name_node.value
        if not isinstance(name, str):
            return self.note(name_node or node, path, f"which {_NOUN.get(kind, 'one')}? Give its name")
        try:
            slots = self.slots(kind, name, entry)
        except components.UnknownComponent as unknown:
            return self.note(name_node, _join(path, "name"), f"{unknown}{self.meant(name, unknown.names)}")
        except SyntaxError as error:
            return self.note(
                name_node, _join(path, "name"), f"{name.rpartition(':')[0]} line {error.lineno}: {error.msg}"
            )
        plain = {key: item for key, item in items.items() if key != "name"}
        place = Node(plain, node.file, (name_node or node).line, (name_node or node).column, node.keys)
        noun = f'argument "{{}}" of {name}'
        if kind == "ops" and ":" in name:  # a task that calls it does not know the recipe's folder
            name = components.absolute(name, self.folder)
        return {"name": name, **self.mapping([*slots, *extra], place, path, noun, name, self.hidden(kind))}

    def mapping(
        self, slots: list[Slot], node: Node, path: str, noun: str, owner: str, hidden: Collection[str] = ()
    ) -> dict:
        """The values of a mapping's slots, defaults filled in, unknown and missing keys noted."""
        known = {slot.name: slot for slot in slots}
        for key in node.value:
            if key not in known:
                learned = f'"{key}" is learned from the data and never set in a recipe'
                unknown = f"unknown {noun.replace('{}', key)}{self.meant(key, list(known))}"
                told = learned if key in hidden else unknown
                self.note(node.keys.get(key, node), _join(path, key), told)
        found = {}
        for slot in slots:
            if slot.name in node.value:
                found[slot.name] = self.value(slot.type, node.value[slot.name], _join(path, slot.name), slot.default)
            elif slot.required:
                self.note(node, path, f'{owner} needs "{slot.name}"')
            else:
                found[slot.name] = self.default(slot, node, path)
        return found

    def value(self, kind: Any, node: Node, path: str, default: Any = None) -> Any:
        """One value of a type; specs and frames within it are followed, everything else is pydantic's."""
        choices = options(kind)
        if node.value is None and type(None) in choices:
            return None
        if isinstance(node.value, str) and node.value.startswith("$") and ".layers." in f".{path}.":
            return self.fact(node, path)
        for choice in choices:
            found = marker(choice, types.Component)
            if found and (isinstance(node.value, dict) or set(choices) <= {choice, type(None)}):
                fallback = (
                    default.get("name") if isinstance(default, dict) else default if isinstance(default, str) else None
                )
                extra = INPUTS if found.kind == "keras.layers" and ".layers." in path else ()
                return self.spec(found.kind, node, path, entry=found.entry, fallback=fallback, extra=extra)
            if is_frame(choice):
                return self.frame(choice, node, path)
            inner = inner_spec(choice)
            if inner is not None:
                return self.several(choice, inner, node, path)
        return self.scalar(kind, node, path)

    def several(self, option: Any, inner: Any, node: Node, path: str) -> Any:
        """A list of specs, or a mapping of names to specs."""
        wanted = get_origin(option)
        if not isinstance(node.value, wanted):
            return self.note(
                node,
                path,
                f"{_key(path)}: expected a {'list' if wanted is list else 'mapping'}, got {shown(node.value)}",
            )
        if wanted is list:
            return [self.value(inner, item, _join(path, str(number))) for number, item in enumerate(node.value)]
        return {key: self.value(inner, item, _join(path, key)) for key, item in node.value.items()}

    def frame(self, cls: Any, node: Node, path: str) -> dict | None:
        """A mapping described by a dataclass of the recipe's own frame, or one whose keys are known."""
        if not isinstance(node.value, dict):
            return self.note(node, path, f"{_key(path)}: expected a mapping, got {shown(node.value)}")
        return self.mapping(slots_of(cls), node, path, f'key "{{}}" of {path}', path)

    def scalar(self, kind: Any, node: Node, path: str) -> Any:
        """A value that is neither a component nor a frame."""
        plain, choices = node.plain(), options(kind)
        for choice in choices:
            name = marker(choice, types.KerasName)
            if name and isinstance(plain, str):
                there = list(keras_names.names(name.part))
                if plain in there:
                    return plain
                return self.note(node, path, f'unknown {name.part[:-1]} "{plain}"{self.meant(plain, there)}')
        try:
            value = self.adapter(kind).validate_json(json.dumps(plain), strict=True)
        except ValidationError as error:
            for steps, errors in _by_place(node, error.errors()).items():
                place, inner = _at(node, steps), ".".join((path, *map(str, steps)))
                self.note(place, inner, f"{_key(path)}: {complaint(errors, kind, place.plain())}")
            return None
        paths = [found for choice in choices if (found := marker(choice, types.IsPath))]
        if isinstance(plain, str) and paths and all(plain not in found.words for found in paths):
            return os.path.abspath(os.path.expanduser(value))
        return plain if value is not None and not isinstance(value, float) else value

    def fact(self, node: Node, path: str) -> str | None:
        name = node.value[1:]
        if name in self.offered:
            return node.value
        return self.note(node, path, f'the task has no fact "{name}"{self.meant(name, list(self.offered))}')

    def default(self, slot: Slot, node: Node, path: str) -> Any:
        """A default, with the specs in it completed."""
        if slot.plain:
            return as_node(slot.default, node).plain()
        return self.value(slot.type, as_node(slot.default, node), _join(path, slot.name))

    def slots(self, kind: str, name: str, entry: str | None = None) -> list[Slot]:
        """What a component takes from a recipe: its arguments less the facts. Read once, however often it is named."""
        hidden = self.hidden(kind)
        key = (*self._key(kind, name, entry), frozenset(hidden))
        if key not in self._slots:
            try:
                self._slots[key] = self._read_slots(kind, name, entry, hidden)
            except (components.UnknownComponent, SyntaxError) as error:
                self._slots[key] = error
        if isinstance(self._slots[key], Exception):
            raise self._slots[key]
        return self._slots[key]

    def _read_slots(self, kind: str, name: str, entry: str | None, hidden: set[str]) -> list[Slot]:
        if kind in OWN and name in components.names(OWN[kind]):
            kind = OWN[kind]
        if kind.startswith("keras."):
            return self.keras_slots(kind.removeprefix("keras."), name)
        arguments = self.signature(kind, name, entry).arguments
        found = [Slot(a.name, type_of(a.annotation), a.required, a.default) for a in arguments if a.name not in hidden]
        return [*found, *OF_LAYERS] if kind == "layers" else found

    def signature(self, kind: str, name: str, entry: str | None = None) -> components.Signature:
        """What a component's file says that it takes, read once."""
        key = self._key(kind, name, entry)
        if key not in self._signatures:
            self._signatures[key] = components.signature(kind, name, entry, self.folder)
        return self._signatures[key]

    def literals(self, kind: str, node: Node | None) -> dict[str, Any]:
        """What is read from the file of the component that a recipe names; nothing where that itself is at fault."""
        if node is None:
            return {}
        name = node.value["name"].value if isinstance(node.value, dict) and "name" in node.value else node.value
        try:
            return self.signature(kind, name).literals
        except (components.UnknownComponent, SyntaxError, TypeError, ValueError):
            return {}

    def with_defaults(self, train: Node, tree: Node, keys: Sequence[str] = OWN_DEFAULTS) -> Node:
        """`train` with what it lacks of the TRAIN of the recipe's model, and then of its task's."""
        for key in keys:
            train = filled(train, self.literals(f"{key}s", tree.value.get(key)).get("TRAIN", {}))
        return train

    def _key(self, kind: str, name: str, entry: str | None) -> tuple:
        """A user's own component is found from the recipe's folder."""
        return kind, name, entry, self.folder if ":" in name else None

    def hidden(self, kind: str) -> set[str]:
        """Arguments that a recipe never sets: what a model is told of the data."""
        return self.facts | set(self.offered) if kind == "models" else set()

    @staticmethod
    def keras_slots(part: str, name: str) -> list[Slot]:
        there = offered("keras." + part)
        if part in ("initializers", "regularizers"):
            name = next((known for known in there if known.lower() == name.replace("_", "").lower()), name)
        if name not in there:
            raise components.UnknownComponent(f'unknown {_NOUN.get("keras." + part, part)} "{name}"', there)
        return [keras_slot(argument) for argument in keras_names.arguments(part, name)]

    def adapter(self, kind: Any) -> TypeAdapter:
        """Pydantic's reader of a type, made once: a graph of 300 layers asks for the same few all over."""
        if id(kind) not in self._adapters:
            self._adapters[id(kind)] = kind, TypeAdapter(kind)  # kept beside it, so that the id stays its own
        return self._adapters[id(kind)][1]

    def meant(self, word: str, there: list[str]) -> str:
        """What may have been meant, for the first faults of many: looking for it takes its time."""
        return meant(word, there) if len(self.faults) < GUESSES else ""

    def apart(self, *, offered: tuple[str, ...] | None = None, folder: Path | None = None) -> "Checker":
        """Another, for a form of the same recipe or for one in another folder, that has read the same files and has no
        faults yet.
        """
        made = Checker(folder or self.folder, self.facts, self.offered if offered is None else offered)
        made._signatures, made._adapters, made._slots = self._signatures, self._adapters, self._slots
        return made

    def note(self, node: Node, path: str, message: str) -> None:
        self.faults.append(node.fault(path, message))


def offered(kind: str, entry: str | None = None) -> list[str]:
    """The names of a kind that a recipe may give: stock components, or Keras's, with ours where there are such."""
    if not kind.startswith("keras."):
        return components.names(kind, entry)
    return [*keras_names.names(kind.removeprefix("keras.")), *(components.names(OWN[kind]) if kind in OWN else ())]


_NOUN = {
    "models": "model",
    "tasks": "task",
    "data": "data source",
    "ops": "step",
    "keras.optimizers": "optimizer",
    "keras.optimizers.schedules": "schedule",
    "keras.losses": "loss",
    "keras.layers": "layer",
    "keras.initializers": "initializer",
    "keras.regularizers": "regularizer",
}


def _by_place(node: Node, errors: list[dict[str, Any]]) -> dict[tuple, list[dict[str, Any]]]:
    """Pydantic's errors by the steps to the value at fault; only the innermost, as the others come of a union."""
    found: dict[tuple, list[dict[str, Any]]] = {}
    for error in errors:
        found.setdefault(_steps(node, error["loc"]), []).append(error)
    return {
        steps: told
        for steps, told in found.items()
        if not any(len(other) > len(steps) and other[: len(steps)] == steps for other in found)
    }


def _steps(node: Node, location: tuple) -> tuple:
    """The part of pydantic's location that leads through the tree: it names the types of a union too."""
    steps = []
    for step in location:
        if (isinstance(node.value, list) and isinstance(step, int) and step < len(node.value)) or (
            isinstance(node.value, dict) and step in node.value
        ):
            node = node.value[step]
            steps.append(step)
    return tuple(steps)


def _at(node: Node, steps: tuple) -> Node:
    for step in steps:
        node = node.value[step]
    return node


def _key(path: str) -> str:
    """The last key of a path that is no number: `augmentation` of `task.augmentation.0`."""
    return next(step for step in reversed(path.split(".")) if not step.isdigit())


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
